package projections_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

const (
	oak = domain.FirmID("f_oak")
	elm = domain.FirmID("f_elm")

	matterOfMaria = domain.MatterID("m_1001")

	sbMatter  = domain.SmokeballID("8f14e45f-0000-4000-8000-00000000000a")
	sbContact = domain.SmokeballID("8f14e45f-0000-4000-8000-00000000000b")
	sbFile    = domain.SmokeballID("8f14e45f-0000-4000-8000-00000000000c")
)

// keys are those of the tests' files, by their path: a file that is opened again finds its own.
var keys sync.Map

func keysOf(path string) *projections.MemoryKeys {
	k, _ := keys.LoadOrStore(path, &projections.MemoryKeys{})
	return k.(*projections.MemoryKeys)
}

// open opens views in a file of the test, closed at its end.
func open(t *testing.T, path string) *projections.Views {
	t.Helper()
	v, err := projections.Open(path, keysOf(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// run folds the ledger into v until stop is called or the test ends.
func run(t *testing.T, v *projections.Views, l eventstore.Store) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx, l) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// caughtUp waits until v includes everything that l holds.
func caughtUp(t *testing.T, v *projections.Views, l *ledger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := v.Wait(ctx, l.last()); err != nil {
		t.Fatal(err)
	}
}

// folded are the views of a ledger, caught up.
func folded(t *testing.T, l *ledger) *projections.Views {
	t.Helper()
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	v.Careless()
	run(t, v, l)
	caughtUp(t, v, l)
	return v
}

func ptr[T any](v T) *T { return &v }

func ref(id string) domain.EventRef { return domain.EventRef{Source: "casehug/matters", ID: id} }

func rivera(version int) domain.MatterData {
	return domain.MatterData{ID: matterOfMaria, Version: version, Title: "Rivera v. Apex Freight", CaseNumber: "CH-2026-0142", CaseType: "Auto Accident",
		PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active",
		Client: domain.ClientData{ID: "c_77", Version: 1, FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"}}
}

func created() domain.Event { return domain.MatterCreated{Origin: ref("e-1"), Matter: rivera(1)} }

func approved() domain.Event {
	return domain.DocumentApproved{Origin: ref("e-2"), Document: domain.DocumentData{ID: "d_9", Matter: matterOfMaria, FileName: "Signed retainer.pdf"}}
}

func requested(id domain.SyncID, why domain.Trigger) domain.SyncRequested {
	return domain.SyncRequested{Sync: id, Trigger: why, Title: rivera(1).Title, CaseNumber: rivera(1).CaseNumber}
}

func begun(id domain.SyncID, attempt int) domain.Event {
	return domain.SyncStarted{Sync: id, Attempt: attempt, Title: rivera(1).Title, CaseNumber: rivera(1).CaseNumber}
}

func sent() domain.MatterDraft {
	return domain.MatterDraft{ExternalID: string(matterOfMaria), Number: "CH-2026-0142", Description: "Rivera v. Apex Freight", MatterTypeID: "t_IL",
		ClientIDs: []domain.SmokeballID{sbContact}, Status: "Open"}
}

// wholeSync is a sync of a new matter with a new client and a document, to its end.
func wholeSync(id domain.SyncID) []domain.Event {
	r := requested(id, domain.TriggerDocumentApproved)
	r.Origin = ref("e-2")
	return []domain.Event{
		r, begun(id, 1),
		domain.MatterTypeResolved{Sync: id, CaseType: "Auto Accident", TypeID: "t_IL", TypeName: "Motor Vehicle Accident", DurationMS: 12,
			Warning: &domain.Warning{Code: "matter_type_normalised", Message: "Case type \"Auto Accident\" was taken for Smokeball's matter type \"Motor Vehicle Accident\""}},
		domain.ContactResolved{Sync: id, Client: "c_77", Contact: sbContact, Key: "k_1", Outcome: domain.OutcomeAccepted, Request: "r-contact", Pending: true, DurationMS: 210},
		domain.MatterCreationStarted{Sync: id, Request: "r-matter"},
		domain.MatterAccepted{Sync: id, Matter: sbMatter, Request: "r-matter", Sent: sent(), DurationMS: 180},
		domain.FileCreationStarted{Sync: id, Document: "d_9", Request: "r-file"},
		domain.FileAccepted{Sync: id, Document: "d_9", File: sbFile, Request: "r-file"},
		domain.DocumentUploaded{Sync: id, Document: "d_9", File: sbFile, FileName: "Signed retainer.pdf", SHA256: "aa11", SizeBytes: 48213, DurationMS: 640},
		domain.SyncConfirming{Sync: id},
		domain.MatterConfirmed{Sync: id, Matter: sbMatter, By: domain.ByWebhook, Request: "r-matter", DurationMS: 1450},
		domain.ContactSeen{Sync: id, Contact: sbContact, By: domain.ByWebhook, DurationMS: 900},
		domain.DocumentConfirmed{Sync: id, Document: "d_9", File: sbFile, By: domain.ByRead, DurationMS: 1100},
		domain.SyncSucceeded{Sync: id, Warnings: []domain.Warning{{Code: "matter_type_normalised", Message: "Case type \"Auto Accident\" was taken for Smokeball's matter type \"Motor Vehicle Accident\""}}},
	}
}

var notConnected = domain.Failure{Code: domain.CodeNotConnected, Message: "The firm is not connected to Smokeball",
	Remedy: "A firm admin connects it under Settings → Integrations."}

var unavailable = domain.Failure{Code: domain.CodeSmokeballUnavailable, Message: "Smokeball does not answer", Remedy: "Nothing: it is retried."}

var smokeballRefused = domain.Failure{Code: domain.CodeSmokeballRefused, Message: "Smokeball refused the matter: the matter type is not valid",
	Remedy:    "Correct the case type in CaseHug, then click Retry.",
	Smokeball: &domain.Refusal{Status: 400, Title: "Bad Request", Errors: []string{"matterTypeId: not valid"}, RequestID: "r-matter"}}
