package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// inOak is the matter, accepted and seen in the account oak, with one sent document.
func inOak(trigger domain.Trigger) []domain.Event {
	made := accepted(2).(domain.MatterAccepted)
	made.Account = "oak"
	events := list(created(1), asked(2, trigger), started(2, 1), pending, made, confirmed(2))
	events = append(events, announced("r-file")...)
	return append(events, domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF},
		domain.FolderResolved{Sync: syncFor(2), Path: "Intake", Folder: sbF}, domain.MatterTagged{Sync: syncFor(2), Matter: sbM, Tags: []string{"intake"}})
}

// TestLeave tells that a matter of another account is unlinked, once, and what is not known
// to be of another one is not.
func TestLeave(t *testing.T) {
	left := domain.MatterUnlinked{Sync: syncFor(2), Matter: sbM, Account: "oak", Reason: domain.UnlinkedAccount}
	for name, c := range map[string]struct {
		given   []domain.Event
		account string
		then    []domain.Event
	}{
		"another account":      {inOak(domain.TriggerDocumentApproved), "elm", list(left)},
		"it once":              {append(inOak(domain.TriggerDocumentApproved), left), "elm", nil},
		"the same account":     {inOak(domain.TriggerDocumentApproved), "oak", nil},
		"no account on record": {running(accepted(2)), "elm", nil},
		"nothing in Smokeball": {running(), "elm", nil},
		"an intent in the other": {running(domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-create", Account: "oak"}), "elm",
			list(domain.MatterUnlinked{Sync: syncFor(2), Account: "oak", Reason: domain.UnlinkedAccount})},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).Leave(domain.Attempt{Sync: syncFor(2), Number: 1}, c.account)
			then(t, must(t, facts, err), c.then...)
		})
	}
}

// TestLose tells that a matter which is gone is told of once, and made again for a person.
func TestLose(t *testing.T) {
	gone := domain.MatterGone{Sync: syncFor(2), Matter: sbM}
	for name, c := range map[string]struct{ given, then []domain.Event }{
		"an event":  {inOak(domain.TriggerDocumentApproved), list(gone)},
		"it once":   {append(inOak(domain.TriggerDocumentApproved), gone), nil},
		"a retry":   {append(inOak(domain.TriggerRetry), gone), nil},
		"by hand":   {append(inOak(domain.TriggerManual), gone), list(domain.MatterUnlinked{Sync: syncFor(2), Matter: sbM, Account: "oak", Reason: domain.UnlinkedGone})},
		"by hand 1": {inOak(domain.TriggerManual), list(domain.MatterUnlinked{Sync: syncFor(2), Matter: sbM, Account: "oak", Reason: domain.UnlinkedGone})},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).Lose(domain.Attempt{Sync: syncFor(2), Number: 1}, sbM)
			then(t, must(t, facts, err), c.then...)
		})
	}
}

// TestAnUnlinkedMatterIsSentWhole tells what is left of a matter that is unlinked.
func TestAnUnlinkedMatterIsSentWhole(t *testing.T) {
	for reason, contacts := range map[domain.Unlinking]int{domain.UnlinkedGone: 1, domain.UnlinkedAccount: 0} {
		m := given[domain.Matter](append(inOak(domain.TriggerManual), domain.MatterUnlinked{Sync: syncFor(2), Matter: sbM, Account: "oak", Reason: reason})...)
		d, _ := m.Document(docA)
		if m.Smokeball.ID != "" || len(m.Unsent()) != 1 || d.File != "" || d.Uploaded || !d.Moved || len(m.Folders)+len(m.Tags) != 0 {
			t.Errorf("%s: the matter is %+v", reason, m)
		}
		if f := m.Former["oak"]; f.ID != sbM || f.Gone != (reason == domain.UnlinkedGone) {
			t.Errorf("%s: formerly it was %+v", reason, m.Former)
		}
		if len(m.Contacts) != contacts || len(m.Current.Contacts) != contacts {
			t.Errorf("%s: its contacts are %v, pending %v", reason, m.Contacts, m.Current.Contacts)
		}
	}
}

// TestADocumentThatWasSentBeforeIsLookedFor tells that a firm which comes back to an account finds
// the document there, whatever became of its file in the account between.
func TestADocumentThatWasSentBeforeIsLookedFor(t *testing.T) {
	start := domain.FileCreationStarted{Sync: syncFor(2), Document: docA, FileName: "retainer.pdf", Request: "r-elm"}
	accepted := domain.FileAccepted{Sync: syncFor(2), Document: docA, File: "f-elm", Request: "r-elm"}
	for name, elm := range map[string][]domain.Event{
		"nothing was done":       nil,
		"a call was not sent":    {start, domain.FileCreationAbandoned{Sync: syncFor(2), Document: docA, Request: "r-elm", Reason: domain.AbandonedNotSent}},
		"a call was refused":     {start, domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-elm"}},
		"a file was refused":     {start, accepted, domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-elm"}},
		"a refused one is again": {start, accepted, domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-elm"}, start},
		"it was sent":            {start, accepted},
	} {
		given := given[domain.Matter](append(inOak(domain.TriggerManual), domain.MatterUnlinked{Sync: syncFor(2), Matter: sbM, Account: "oak", Reason: domain.UnlinkedAccount})...)
		for _, e := range append(elm, domain.MatterUnlinked{Sync: syncFor(2), Matter: "sb-elm", Account: "elm", Reason: domain.UnlinkedAccount}) {
			given = given.Apply(e, time.Unix(1, 0))
		}
		if d, _ := given.Document(docA); !d.Moved || d.File != "" {
			t.Errorf("%s: the document is %+v", name, d)
		}
	}
}

// TestContactLeave tells that a contact, or the intent to make one, of another account is
// left there and remembered.
func TestContactLeave(t *testing.T) {
	made := contactMatched
	made.Account = "oak"
	c := given[domain.Contact](made)
	then(t, c.Leave("oak"))
	then(t, given[domain.Contact](contactMatched).Leave("elm"))
	then(t, given[domain.Contact](domain.ContactCreationStarted{Client: clientA, Request: "r-1", Account: "oak"}).Leave("elm"), domain.ContactLost{Account: "oak"})
	left := domain.ContactLost{Contact: sbC, Account: "oak"}
	then(t, c.Leave("elm"), left)
	if c = given[domain.Contact](made, left, contactGone); c.ID != "" || c.Former["oak"] != sbC {
		t.Errorf("the contact is %+v", c)
	}
}
