package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAVerdictOnWhatHasChanged tells that an attempt neither waits for a fact, nor fails, nor
// ends on what CaseHug has meanwhile told otherwise: it looks again.
func TestAVerdictOnWhatHasChanged(t *testing.T) {
	unknown := deferred(2, domain.CodeMatterUnknown, time.Time{}).(domain.SyncDeferred)
	unmapped := deferred(2, domain.CodeMatterTypeUnmapped, time.Time{}).(domain.SyncDeferred)
	later := deferred(2, domain.CodeSmokeballUnavailable, start.Add(time.Hour)).(domain.SyncDeferred)
	failed := domain.SyncFailed{Sync: syncFor(2), Step: domain.StepMatter}
	defers := func(e domain.SyncDeferred) func(m, seen domain.Matter) ([]domain.Event, error) {
		return func(m, seen domain.Matter) ([]domain.Event, error) { return m.Defer(turn, seen, e) }
	}
	fails := func(m, seen domain.Matter) ([]domain.Event, error) { return m.Fail(turn, seen, failed) }
	finishes := func(m, seen domain.Matter) ([]domain.Event, error) { return m.Finish(turn, seen) }
	early := list(approved(1, retainer()), asked(2, domain.TriggerDocumentApproved), started(2, 1))
	for _, c := range []struct {
		name        string
		seen        []domain.Event
		since       []domain.Event
		verdict     func(m, seen domain.Matter) ([]domain.Event, error)
		then        domain.Event
		outdated    bool
		notTheTurns bool
	}{
		{name: "it waits for a matter that is unknown", seen: early, verdict: defers(unknown), then: unknown},
		{name: "the matter was announced", seen: early, since: list(created(3)), verdict: defers(unknown), outdated: true},
		{name: "its case type has no matter type", seen: running(), verdict: defers(unmapped), then: unmapped},
		{name: "its case type may be another one", seen: running(), since: list(updated(4, 2)), verdict: defers(unmapped), outdated: true},
		{name: "a document was approved", seen: running(), since: list(approved(4, retainer())), verdict: defers(unmapped), then: unmapped},
		{name: "a wait that time ends", seen: running(), since: list(updated(4, 2)), verdict: defers(later), then: later},
		{name: "it fails", seen: running(), verdict: fails, then: failed},
		{name: "it may be put right", seen: running(), since: list(updated(4, 2)), verdict: fails, outdated: true},
		{name: "it ends", seen: running(accepted(2), confirmed(2)), verdict: finishes, then: succeeded(2)},
		{name: "it has more to send", seen: running(accepted(2), confirmed(2)), since: list(updated(4, 2)), verdict: finishes, outdated: true},
		{name: "it is not the attempt any more", seen: running(), since: list(updated(4, 2), started(2, 2)), verdict: fails, notTheTurns: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := c.verdict(given[domain.Matter](and(c.seen, c.since...)...), given[domain.Matter](c.seen...))
			switch {
			case c.outdated:
				thenError(t, facts, err, domain.ErrOutdated)
			case c.notTheTurns:
				thenError(t, facts, err, domain.ErrNotCurrent)
			default:
				then(t, must(t, facts, err), c.then)
			}
		})
	}
}

// TestADocumentThatIsApprovedWhileItFails tells that the newer approval, be it of the same
// document, is tried before anything fails.
func TestADocumentThatIsApprovedWhileItFails(t *testing.T) {
	failed := domain.DocumentFailed{Sync: syncFor(2), Document: docA, Failure: domain.Failure{Code: domain.CodeDocumentMismatch}}
	m := given[domain.Matter](running(approved(3, retainer()))...)
	tried, _ := m.Document(docA)
	facts, err := m.FailDocument(turn, tried.Approvals, failed)
	then(t, must(t, facts, err), failed)
	facts, err = m.Apply(approved(4, retainer()), start).FailDocument(turn, tried.Approvals, failed)
	thenError(t, facts, err, domain.ErrTaken)
}

// TestMiss tells that what is shown at the last moment is not missed.
func TestMiss(t *testing.T) {
	for _, c := range []struct {
		name  string
		given []domain.Event
		then  []domain.Event
	}{
		{"a matter", running(accepted(2)), list(domain.MatterMissed{Sync: syncFor(2), Matter: sbM, Request: "r-create"})},
		{"it was shown", running(accepted(2), confirmed(2)), nil},
		{"it was refused", running(accepted(2), domain.MatterCreationRefused{Sync: syncFor(2), Request: "r-create"}), nil},
		{"a change is written again", running(accepted(2), confirmed(2), domain.MatterChangeAccepted{Sync: syncFor(2), Request: "r-create", Sent: sent()}),
			list(domain.MatterChangeMissed{Sync: syncFor(2), Request: "r-create"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).Miss(turn, "r-create")
			then(t, must(t, facts, err), c.then...)
		})
	}
	file := running(append(announced("r-file"), domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF})...)
	facts, err := given[domain.Matter](file...).MissFile(turn, docA, sbF)
	then(t, must(t, facts, err), domain.FileMissed{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-file"})
	newer := retainer()
	newer.SHA256 = "another"
	facts, err = given[domain.Matter](and(file, approved(5, newer))...).MissFile(turn, docA, sbF)
	then(t, must(t, facts, err))
}

// TestAContactThatSomebodyElseRecorded tells that neither a match nor a late answer undoes
// the intent or the contact that another worker has recorded meanwhile.
func TestAContactThatSomebodyElseRecorded(t *testing.T) {
	matched := domain.ContactMatched{Contact: sbM, Client: clientA}
	late := domain.ContactAccepted{Contact: sbM, Client: clientA, Request: "r-late"}
	facts, err := given[domain.Contact]().Match(matched)
	then(t, must(t, facts, err), matched)
	facts, err = given[domain.Contact](contactIntent).Match(matched)
	thenError(t, facts, err, domain.ErrTaken)
	facts, err = given[domain.Contact](contactIntent, contactAccepted).Match(matched)
	thenError(t, facts, err, domain.ErrTaken)
	facts, err = given[domain.Contact](contactIntent).Accept(late)
	then(t, must(t, facts, err), late)
	facts, err = given[domain.Contact](contactIntent, contactAccepted).Accept(late)
	thenError(t, facts, err, domain.ErrTaken)
}

// TestFree tells what lets a waiting sync go on, whatever was recorded first.
func TestFree(t *testing.T) {
	usable := func(f domain.FirmID) bool { return f == "f_up" }
	for _, c := range []struct {
		name string
		due  domain.Due
		want bool
	}{
		{"nothing to wait for", domain.Due{}, true},
		{"no connection", domain.Due{Firm: "f_down", WaitsOn: domain.CodeNotConnected}, false},
		{"a connection", domain.Due{Firm: "f_up", WaitsOn: domain.CodeNotConnected}, true},
		{"a new sign-in", domain.Due{Firm: "f_up", WaitsOn: domain.CodeReauthorizationRequired}, true},
		{"no mapping", domain.Due{WaitsOn: domain.CodeMatterTypeUnmapped, MappingSeen: 2, MappingNow: 2, TypesSeen: 7, TypesNow: 7}, false},
		{"a newer mapping", domain.Due{WaitsOn: domain.CodeMatterTypeUnmapped, MappingSeen: 2, MappingNow: 3}, true},
		{"newer matter types", domain.Due{WaitsOn: domain.CodeMatterTypeUnmapped, TypesSeen: 7, TypesNow: 8}, true},
		{"no matter", domain.Due{WaitsOn: domain.CodeMatterUnknown}, false},
		{"a matter", domain.Due{WaitsOn: domain.CodeMatterUnknown, Announced: true}, true},
	} {
		if got := c.due.Free(usable); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
