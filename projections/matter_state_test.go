package projections_test

import (
	"fmt"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

func unmapped() domain.Failure { return domain.Failure{Code: domain.CodeMatterTypeUnmapped} }

// TestMatterCounts: each matter counts in one state, those that wait or failed by their causes,
// those that wait for a mapping by what it is for, and none of another firm's.
func TestMatterCounts(t *testing.T) {
	l := newLedger()
	for i, tell := range []func(id domain.SyncID) []domain.Event{
		func(id domain.SyncID) []domain.Event { return nil },
		func(id domain.SyncID) []domain.Event { return []domain.Event{requested(id, domain.TriggerManual)} },
		func(id domain.SyncID) []domain.Event {
			return []domain.Event{requested(id, domain.TriggerManual), begun(id, 1), domain.SyncDeferred{Sync: id, Failure: unmapped()}}
		},
		func(id domain.SyncID) []domain.Event {
			return []domain.Event{requested(id, domain.TriggerManual), begun(id, 1), domain.SyncDeferred{Sync: id, Failure: unmapped()}}
		},
		func(id domain.SyncID) []domain.Event {
			return []domain.Event{requested(id, domain.TriggerManual), begun(id, 1), domain.SyncFailed{Sync: id, Failure: domain.Failure{Code: domain.CodeSmokeballRefused}}}
		},
		func(id domain.SyncID) []domain.Event {
			return []domain.Event{requested(id, domain.TriggerManual), begun(id, 1), domain.SyncDeferred{Sync: id, Failure: unmapped()}, domain.SyncReleased{Sync: id},
				begun(id, 2), domain.SyncCancelled{Sync: id}}
		},
	} {
		d := rivera(1)
		d.ID, d.CaseType = domain.MatterID(fmt.Sprintf("m_%d", i)), fmt.Sprintf("Type %d", i/3)
		l.tell(t, domain.MatterStream(oak, d.ID), append([]domain.Event{domain.MatterCreated{Origin: ref(fmt.Sprint(i)), Matter: d}}, tell(domain.SyncID(fmt.Sprintf("s_%d", i)))...)...)
	}
	l.tell(t, domain.MatterStream(elm, "m_9"), domain.MatterCreated{Origin: ref("e-9"), Matter: rivera(1)})
	v := folded(t, l)
	n, err := v.Matters.MatterCounts(oak)
	if err != nil || n.All() != 6 || n.States[projections.MatterWaiting] != 2 || n.States[projections.MatterFailed] != 1 || n.States[projections.MatterAtWork] != 2 || n.States[projections.MatterOnlyHere] != 1 {
		t.Errorf("the matters count as %+v, %v", n, err)
	}
	if len(n.Causes) != 3 {
		t.Fatalf("the causes are %+v, want two types without a mapping and a refusal", n.Causes)
	}
	for _, c := range n.Causes {
		rows, err := v.Matters.MattersOf(oak, c, 10)
		if err != nil || len(rows) != 1 || rows[0].State() != c.State || rows[0].Failure.Code != c.Code {
			t.Errorf("the matters of %+v are %+v, %v", c, rows, err)
		}
	}
	waiting, _, err := v.Matters.Matters(oak, projections.MatterQuery{State: projections.MatterWaiting})
	if err != nil || len(waiting) != 2 || waiting[0].ID != "m_3" {
		t.Errorf("those that wait are %+v, %v", waiting, err)
	}
	types, err := v.Matters.CaseTypes(oak)
	if err != nil || len(types) != 2 {
		t.Fatalf("the case types are %+v, %v", types, err)
	}
	for i, want := range []domain.MatterID{"m_5", "m_2"} {
		if n := types[i]; n.Newest.ID != want || n.Number != 3 || n.Waiting != 1 {
			t.Errorf("%d matters, of which %d wait for a type, are of the type of %s; want 3, 1, %s", n.Number, n.Waiting, n.Newest.ID, want)
		}
	}
}

// TestADecisionLeftByABulkSyncIsKnown until the matter is linked, or a later bulk sync finds that
// Smokeball does not have it.
func TestADecisionLeftByABulkSyncIsKnown(t *testing.T) {
	undecided := domain.BulkAdvanced{Outcomes: []domain.BulkOutcome{{ID: matterOfMaria, Outcome: domain.BulkUndecided, Candidates: []domain.SmokeballID{sbMatter}}}}
	for name, then := range map[string][]domain.Event{
		"undecided": nil,
		"linked":    {domain.MatterLinked{Matter: sbMatter, How: domain.LinkedByHand, By: "u_1"}},
	} {
		l := newLedger()
		l.tell(t, domain.MatterStream(oak, matterOfMaria), created())
		l.tell(t, domain.BulkStream(oak, "b_1"), undecided)
		if len(then) > 0 {
			l.tell(t, domain.MatterStream(oak, matterOfMaria), then...)
		}
		n, err := folded(t, l).Matters.MatterCounts(oak)
		if want := map[bool]int{true: 1}[len(then) == 0]; err != nil || n.States[projections.MatterUndecided] != want {
			t.Errorf("%s: the matters count as %+v, %v", name, n, err)
		}
	}
	l := newLedger()
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created())
	l.tell(t, domain.BulkStream(oak, "b_1"), undecided)
	l.tell(t, domain.BulkStream(oak, "b_2"), domain.BulkAdvanced{Outcomes: []domain.BulkOutcome{{ID: matterOfMaria, Outcome: domain.BulkNotThere}}})
	if n, err := folded(t, l).Matters.MatterCounts(oak); err != nil || n.States[projections.MatterOnlyHere] != 1 {
		t.Errorf("after a bulk sync that found nothing the matters count as %+v, %v", n, err)
	}
}

// TestPeopleAreCalledByName: whoever did something under their name; firm admins are those who
// did last what only they may do.
func TestPeopleAreCalledByName(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.ConnectionStream(oak), domain.ConnectionAuthorized{By: "u_1", ByName: "Folasade Osei"}, domain.SettingsChanged{By: "u_3"})
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual, By: "u_5", ByName: "Ben Lindqvist", Proof: domain.AskedByToken, Origin: domain.EventRef{Source: domain.APISource, ID: "1"}})
	v := folded(t, l)
	for subject, want := range map[string]string{"u_1": "Folasade Osei", "u_5": "Ben Lindqvist", "u_3": "", "u_9": ""} {
		if name, err := v.People.Name(oak, subject); err != nil || name != want {
			t.Errorf("%s is called %q, %v, want %q", subject, name, err, want)
		}
	}
	if name, err := v.People.Name(elm, "u_1"); err != nil || name != "" {
		t.Errorf("another firm calls u_1 %q, %v", name, err)
	}
	admins, err := v.People.Admins(oak, 5)
	if err != nil || len(admins) != 1 || admins[0].Name != "Folasade Osei" {
		t.Errorf("the admins are %+v, %v", admins, err)
	}
	l.tell(t, domain.ConnectionStream(oak), domain.RequestRefused{Actor: "u_1", Role: domain.StandardUser, Action: domain.ActionChangeSettings, Code: domain.CodeForbidden})
	caughtUp(t, v, l)
	if admins, err := v.People.Admins(oak, 5); err != nil || len(admins) != 0 {
		t.Errorf("the admins after one became a user are %+v, %v", admins, err)
	}
}

// TestASearchOfTheHistoryFindsTheClient: by the name that the matter had then.
func TestASearchOfTheHistoryFindsTheClient(t *testing.T) {
	l := newLedger()
	asked := requested("s_1", domain.TriggerManual)
	asked.Client = "Joan Whitfield"
	l.tell(t, domain.MatterStream(oak, matterOfMaria), created(), asked)
	v := folded(t, l)
	for text, want := range map[string]int{"joan whit": 1, "Samuel": 0} {
		if page, err := v.Syncs.History(oak, projections.HistoryQuery{Text: text}); err != nil || len(page.Entries) != want {
			t.Errorf("the search for %q finds %+v, %v", text, page.Entries, err)
		}
	}
}
