package domain_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

var erasing = domain.CaseHugEvent{Origin: domain.EventRef{Source: "/casehug", ID: "later"}, Type: domain.TypeMatterUpdated, Firm: "f_1",
	Matter: &domain.MatterData{ID: "m_1", Version: 2, Title: "Rivera", CaseType: "Auto", Status: "active", Client: domain.ClientData{ID: "c_1", LastName: "Rivera"}}}

func folded(events ...domain.Event) (m domain.Matter) {
	for i, e := range events {
		m = m.Apply(e, time.Unix(int64(i), 0))
	}
	return m
}

func TestAnErasureEndsOpenSyncs(t *testing.T) {
	known := domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Version: 1}}
	for name, c := range map[string]struct {
		given []domain.Event
		want  []domain.Event
	}{
		"none is open": {nil, nil},
		"a queued one is cancelled": {[]domain.Event{domain.SyncRequested{Sync: "s_1"}},
			[]domain.Event{domain.SyncCancelled{Sync: "s_1", By: "u_admin"}}},
		"a waiting one is cancelled": {[]domain.Event{domain.SyncRequested{Sync: "s_1"}, domain.SyncStarted{Sync: "s_1", Attempt: 1}, domain.SyncDeferred{Sync: "s_1"}},
			[]domain.Event{domain.SyncCancelled{Sync: "s_1", By: "u_admin"}}},
		"one that is at work fails, and the next one is cancelled": {[]domain.Event{domain.SyncRequested{Sync: "s_1"}, domain.SyncStarted{Sync: "s_1", Attempt: 1}, domain.SyncRequested{Sync: "s_2"}},
			[]domain.Event{domain.SyncFailed{Sync: "s_1", Failure: domain.Failure{Code: domain.CodeErased, Fault: domain.FaultErased}}, domain.SyncCancelled{Sync: "s_2", By: "u_admin"}}},
	} {
		m := folded(append([]domain.Event{known}, c.given...)...)
		got := m.Erase("er_1", "u_admin")
		if want := append(c.want, domain.MatterErased{Erase: "er_1"}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: decided %+v", name, got)
		}
		after := m
		for _, e := range got {
			after = after.Apply(e, time.Unix(9, 0))
		}
		if after.Current != nil || after.Next != nil || len(after.Erase("er_1", "u_admin")) != 0 {
			t.Errorf("%s: after it the matter is %+v", name, after)
		}
	}
}

func TestAnErasedMatterIsRecordedAndNotSynced(t *testing.T) {
	m := folded(domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Version: 1}}, domain.MatterErased{Erase: "er_1"})
	all := domain.Settings{OnMatterCreated: true, OnMatterUpdated: true, OnDocumentApproved: true, OnClientUpdated: true}
	got := m.TakeIn(erasing, all)
	if len(got) != 1 {
		t.Fatalf("decided %+v", got)
	}
	if _, ok := got[0].(domain.MatterUpdated); !ok {
		t.Errorf("recorded is %+v", got[0])
	}
	for name, facts := range map[string][]domain.Event{"a document": m.TakeIn(domain.CaseHugEvent{Origin: erasing.Origin, Type: domain.TypeDocumentApproved, Firm: "f_1", Documents: []domain.DocumentData{{ID: "d_1", Matter: "m_1"}}}, all),
		"a request": m.RequestFor(erasing, domain.TriggerManual), "its client": m.FollowClient(erasing)} {
		for _, e := range facts {
			if _, ok := e.(domain.SyncRequested); ok {
				t.Errorf("%s asks for a sync", name)
			}
		}
	}
}

func TestStepsOfAnErasure(t *testing.T) {
	e := domain.Erasure{}
	asked := domain.EraseRequested{Subject: domain.EraseSubject{Matter: "m_1"}, By: "u_admin"}
	if !reflect.DeepEqual(e.Request(asked), []domain.Event{asked}) || e.Known() {
		t.Fatalf("decided %+v", e.Request(asked))
	}
	e = e.Apply(asked, time.Unix(1, 0)).Apply(domain.EraseFound{Matters: []domain.MatterID{"m_1"}}, time.Unix(1, 0))
	if e.Request(asked) != nil || e.Find(domain.EraseFound{}) != nil {
		t.Error("it is asked for twice")
	}
	for i, step := range domain.EraseSteps() {
		if e.Next() != step || len(e.Finish(domain.EraseTraces)) > 0 && step != domain.EraseTraces {
			t.Fatalf("after %d steps the next is %s", i, e.Next())
		}
		for _, done := range e.Finish(step) {
			e = e.Apply(done, time.Unix(int64(i+2), 0))
		}
		if e.Finish(step) != nil {
			t.Errorf("step %s is done twice", step)
		}
	}
	if e.Next() != "" || !e.Done[domain.EraseKeys].Equal(time.Unix(5, 0)) {
		t.Errorf("it ends as %+v", e)
	}
}

func TestTellsFindsWholeWords(t *testing.T) {
	for text, want := range map[string]bool{`{"matter_id":"m_1"}`: true, "m_1": true, "m_10": false, "am_1": false, "m_1-a": false, "x m_10 m_1.": true, "": false} {
		if got := domain.Tells(text, []string{"m_1"}); got != want {
			t.Errorf("%q tells of m_1: %v", text, got)
		}
	}
	if domain.Tells("anything", []string{""}) {
		t.Error("nothing is a word")
	}
}
