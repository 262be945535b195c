package domain_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// start is when every story begins; each of its events happens a second later.
var start = time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)

type aggregate[A any] interface {
	Apply(domain.Event, time.Time) A
}

// given folds the events that a story begins with.
func given[A aggregate[A]](events ...domain.Event) A {
	var a A
	for i, e := range events {
		a = a.Apply(e, start.Add(time.Duration(i)*time.Second))
	}
	return a
}

// then compares what a command decided with what it should have.
func then(t *testing.T, got []domain.Event, want ...domain.Event) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 || reflect.DeepEqual(got, want) {
		return
	}
	t.Errorf("decided\n%swant\n%s", told(got), told(want))
}

// thenError compares the error of a command, and checks that it decided nothing.
func thenError(t *testing.T, got []domain.Event, err, want error) {
	t.Helper()
	if err != want || len(got) != 0 {
		t.Errorf("decided\n%swith error %v, want nothing and %v", told(got), err, want)
	}
}

// must is for commands that are expected to go through.
func must(t *testing.T, facts []domain.Event, err error) []domain.Event {
	t.Helper()
	if err != nil {
		t.Fatalf("the command failed: %v", err)
	}
	return facts
}

func told(events []domain.Event) string {
	if len(events) == 0 {
		return "  nothing\n"
	}
	var text string
	for _, e := range events {
		data, err := json.Marshal(e)
		if err != nil {
			data = []byte(err.Error())
		}
		text += "  " + e.EventName() + " " + string(data) + "\n"
	}
	return text
}

func list(events ...domain.Event) []domain.Event { return events }

// and is a story with more events.
func and(events []domain.Event, more ...domain.Event) []domain.Event {
	return append(append([]domain.Event(nil), events...), more...)
}

const (
	firm    domain.FirmID      = "f_oak"
	matterA domain.MatterID    = "m_1001"
	clientA domain.ClientID    = "c_77"
	docA    domain.DocumentID  = "d_9"
	sbM     domain.SmokeballID = "8f14e45f-0000-4000-8000-00000000000a"
	sbC     domain.SmokeballID = "8f14e45f-0000-4000-8000-00000000000b"
	sbF     domain.SmokeballID = "8f14e45f-0000-4000-8000-00000000000c"
)

// ref is the identity of CaseHug's n-th event.
func ref(n int) domain.EventRef {
	return domain.EventRef{Source: "casehug/matters", ID: "e-" + strconv.Itoa(n)}
}

// syncFor is the id of the sync that CaseHug's n-th event asks for.
func syncFor(n int) domain.SyncID { return domain.SyncIDFor(firm, matterA, ref(n)) }

func ptr[T any](v T) *T { return &v }

func maria() domain.ClientData {
	return domain.ClientData{ID: clientA, Version: 1, FirstName: "Maria", LastName: "Rivera",
		Email: "maria@example.com", Phone: "+1 312 555 0142"}
}

func rivera(version int) domain.MatterData {
	return domain.MatterData{ID: matterA, Version: version, Title: "Rivera v. Apex Freight", CaseNumber: "CH-2026-0142",
		CaseType: "Auto Accident", PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active", Client: maria()}
}

func retainer() domain.DocumentData {
	return domain.DocumentData{ID: docA, Matter: matterA, FileName: "Signed retainer.pdf", SHA256: "aa11",
		Content: domain.Content{Object: "casehug-documents/d_9"}}
}

// casehug is CaseHug's n-th event, about nothing yet.
func casehug(n int, kind string) domain.CaseHugEvent {
	return domain.CaseHugEvent{Origin: ref(n), Type: kind, Firm: firm, Time: start}
}

func createdEvent(n, version int) domain.CaseHugEvent {
	e := casehug(n, domain.TypeMatterCreated)
	e.Matter = ptr(rivera(version))
	return e
}

func updatedEvent(n, version int) domain.CaseHugEvent {
	e := casehug(n, domain.TypeMatterUpdated)
	e.Matter = ptr(rivera(version))
	return e
}

func approvedEvent(n int, docs ...domain.DocumentData) domain.CaseHugEvent {
	e := casehug(n, domain.TypeDocumentApproved)
	e.Documents = docs
	return e
}

func requestedEvent(n int) domain.CaseHugEvent {
	e := casehug(n, domain.TypeMatterSyncRequested)
	e.RequestedBy = "u_5"
	return e
}

// The facts that stories are told with.

func created(n int) domain.Event {
	return domain.MatterCreated{Origin: ref(n), Matter: rivera(1)}
}

func updated(n, version int) domain.Event {
	return domain.MatterUpdated{Origin: ref(n), Matter: rivera(version)}
}

func approved(n int, d domain.DocumentData) domain.Event {
	return domain.DocumentApproved{Origin: ref(n), Document: d}
}

// asked is the sync that CaseHug's n-th event asks for, of a matter that is known.
func asked(n int, why domain.Trigger) domain.SyncRequested {
	return domain.SyncRequested{Sync: syncFor(n), Trigger: why, Origin: ref(n), Title: rivera(1).Title, CaseNumber: rivera(1).CaseNumber, Client: "Maria Rivera"}
}

func started(n, attempt int) domain.Event {
	return domain.SyncStarted{Sync: syncFor(n), Attempt: attempt, Title: rivera(1).Title, CaseNumber: rivera(1).CaseNumber, Client: "Maria Rivera"}
}

func deferred(n int, code domain.Code, until time.Time) domain.Event {
	return domain.SyncDeferred{Sync: syncFor(n), Failure: domain.Failure{Code: code, Message: "it has to wait"}, Until: until}
}

func succeeded(n int) domain.Event { return domain.SyncSucceeded{Sync: syncFor(n)} }

func sent() domain.MatterDraft {
	return domain.MatterDraft{ExternalID: string(matterA), Number: "CH-2026-0142", Description: "Rivera v. Apex Freight",
		MatterTypeID: "t_IL", ClientIDs: []domain.SmokeballID{sbC}, Status: "Open"}
}

func accepted(n int) domain.Event {
	return domain.MatterAccepted{Sync: syncFor(n), Matter: sbM, Request: "r-create", Sent: sent()}
}

func confirmed(n int) domain.Event {
	return domain.MatterConfirmed{Sync: syncFor(n), Matter: sbM, By: domain.ByRead, Request: "r-create"}
}

// linked is the story of a matter that Smokeball has; its next event is the third.
func linked() []domain.Event {
	return list(created(1), asked(2, domain.TriggerManual), started(2, 1), accepted(2), confirmed(2), succeeded(2))
}
