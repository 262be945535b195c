package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestOnlyTheFileThatStillCountsIsAbandoned: where another one has taken its place, or none is known, nothing is.
func TestOnlyTheFileThatStillCountsIsAbandoned(t *testing.T) {
	announced := list(approved(3, retainer()), domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"})
	for name, c := range map[string]struct {
		given []domain.Event
		file  domain.SmokeballID
		want  []domain.Event
	}{
		"it is the document's":       {announced, sbF, list(domain.FileCreationAbandoned{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f", Reason: domain.AbandonedDeleted})},
		"another one is":             {announced, sbM, nil},
		"none was announced":         {list(approved(3, retainer())), "", nil},
		"the document was not known": {nil, sbF, nil},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Matter](running(c.given...)...).AbandonFile(turn, docA, c.file, domain.AbandonedDeleted)
			then(t, must(t, facts, err), c.want...)
		})
	}
}

// TestAContactThatIsNotExpectedAnyMore: only the intent of that very request is abandoned, and what
// Smokeball has shown is not missed.
func TestAContactThatIsNotExpectedAnyMore(t *testing.T) {
	asked := given[domain.Contact](contactIntent)
	then(t, asked.Abandon("r-contact", domain.AbandonedNotSeen), domain.ContactCreationAbandoned{Request: "r-contact", Reason: domain.AbandonedNotSeen})
	then(t, asked.Abandon("r-other", domain.AbandonedNotSeen))
	then(t, given[domain.Contact](contactAccepted).Abandon("r-contact", domain.AbandonedNotSeen))

	accepted, was := given[domain.Contact](contactAccepted), maria().ContactDraft()
	then(t, accepted.Miss(sbC), domain.ContactMissed{Contact: sbC})
	then(t, accepted.Miss(sbF))
	seen := given[domain.Contact](contactAccepted, contactSeen)
	then(t, seen.Miss(sbC))
	changed := seen.Apply(domain.ContactChangeAccepted{Client: clientA, Sent: was, Change: phoneChange("1"), Was: was}, start)
	then(t, changed.Miss(sbC), domain.ContactChangeMissed{Client: clientA, Was: was})
}
