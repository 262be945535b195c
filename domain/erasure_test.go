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
	for _, c := range "09azAZ_-" {
		if domain.Tells("m_1"+string(c), []string{"m_1"}) || domain.Tells(string(c)+"m_1", []string{"m_1"}) {
			t.Errorf("%c ends a word", c)
		}
	}
	for _, c := range "/:@[`{" {
		if !domain.Tells("m_1"+string(c), []string{"m_1"}) {
			t.Errorf("%c goes on with a word", c)
		}
	}
	if domain.Tells("anything", []string{""}) {
		t.Error("nothing is a word")
	}
}

// TestAListedErasure has a firm, its own id, and somebody whose data it destroys.
func TestAListedErasure(t *testing.T) {
	valid := func() domain.ErasureEntry {
		s := domain.EraseSubject{Client: "c_1"}
		return domain.ErasureEntry{Firm: "f_1", ID: domain.EraseIDOf("f_1", s), Erasure: domain.Erasure{Subject: s, Found: &domain.EraseFound{Clients: []domain.ClientID{"c_1"}}}}
	}
	for name, c := range map[string]struct {
		change func(*domain.ErasureEntry)
		want   bool
	}{
		"a client's": {func(*domain.ErasureEntry) {}, true},
		"a matter's": {func(e *domain.ErasureEntry) { e.Found = &domain.EraseFound{Matters: []domain.MatterID{"m_1"}} }, true},
		"no firm's":  {func(e *domain.ErasureEntry) { e.Firm = ""; e.ID = domain.EraseIDOf("", e.Subject) }, false},
		"of nobody": {func(e *domain.ErasureEntry) {
			e.Subject = domain.EraseSubject{}
			e.ID = domain.EraseIDOf("f_1", e.Subject)
		}, false},
		"under another's id":   {func(e *domain.ErasureEntry) { e.ID = "er_1" }, false},
		"nothing looked for":   {func(e *domain.ErasureEntry) { e.Found = nil }, false},
		"nobody's data found":  {func(e *domain.ErasureEntry) { e.Found = &domain.EraseFound{} }, false},
		"a matter and clients": {func(e *domain.ErasureEntry) { e.Found.Matters = []domain.MatterID{"m_1"} }, true},
	} {
		e := valid()
		if c.change(&e); e.Valid() != c.want {
			t.Errorf("%s: valid is %v", name, e.Valid())
		}
	}
}

// TestBackupsHoldWhatWasErasedAfterThem: those that began before the keys were destroyed, or before now.
func TestBackupsHoldWhatWasErasedAfterThem(t *testing.T) {
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	kept := domain.Backups{Made: []domain.BackupTime{{Begun: at(1), Until: at(99)}, {Begun: at(3), Until: at(99)}}}
	erased := domain.Erasure{Done: map[domain.EraseStep]time.Time{domain.EraseKeys: at(2)}}
	if got := erased.In(kept, at(4)).Backups; len(got) != 1 || !got[0].Begun.Equal(at(1)) {
		t.Errorf("what was erased is in %v", got)
	}
	if got := (domain.Erasure{}).In(kept, at(4)).Backups; len(got) != 2 {
		t.Errorf("what is not erased yet is in %v", got)
	}
}

func TestAClientIsErasedOnce(t *testing.T) {
	then(t, given[domain.Client]().Erase("er_1"), domain.ClientErased{Erase: "er_1"})
	then(t, given[domain.Client](domain.ClientErased{Erase: "er_1"}).Erase("er_1"))
}

// TestWhatAnErasureWouldDestroy: of a matter's documents those count as being in Smokeball whose file is there.
func TestWhatAnErasureWouldDestroy(t *testing.T) {
	unsent := retainer()
	unsent.ID = "d_10"
	m := there().Apply(approved(7, unsent), start)
	if p := m.Planned(matterA); p.Documents != 2 || p.InSmokeball != 1 {
		t.Errorf("of %d documents Smokeball has %d", p.Documents, p.InSmokeball)
	}
	gone := m.Apply(domain.DocumentRemoved{Document: docA, File: sbF}, start)
	if p := gone.Planned(matterA); p.InSmokeball != 0 {
		t.Errorf("Smokeball has %d documents that people removed", p.InSmokeball)
	}
	plan := domain.ErasePlan{Clients: []domain.PlannedClient{{ID: "c_1", Name: "Ana"}}, Staying: []domain.PlannedClient{{ID: "c_2", Name: "Luis"}}}
	for id, name := range map[domain.ClientID]string{"c_1": "Ana", "c_2": "Luis", "c_3": ""} {
		if c, ok := plan.Of(id); c.Name != name || ok != (name != "") {
			t.Errorf("%s is %+v, %v", id, c, ok)
		}
	}
}
