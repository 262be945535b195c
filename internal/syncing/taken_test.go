package syncing_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// under is e as if it had the id, with the digest of what it says.
func under(id string, e domain.CaseHugEvent) domain.CaseHugEvent {
	e.Origin.ID = id
	e.Digest = digest(fmt.Sprintf("%s %+v %+v %+v", e.Type, e.Matter, e.Client, e.Documents))[:32]
	return e
}

// TestOneEventByFirmSourceAndID sends others under the id of an event that was taken in.
func TestOneEventByFirmSourceAndID(t *testing.T) {
	first := under("e1", created(numbered(1, maria())))
	other := func(change func(*domain.CaseHugEvent)) domain.CaseHugEvent {
		e := under("e1", created(numbered(2, maria())))
		change(&e)
		return e
	}
	for name, c := range map[string]struct {
		event   domain.CaseHugEvent
		refused bool
	}{
		"itself":                         {first, false},
		"about another matter":           {other(func(*domain.CaseHugEvent) {}), true},
		"about the matter, of other say": {under("e1", updated(accident(func(m *domain.MatterData) { m.ID, m.Version = "m_1", 2 }))), true},
		"about a client":                 {under("e1", clientUpdated(maria())), true},
		"with documents for two appends": {under("e1", manyDocuments("m_2", 600)), true},
		"of another source":              {other(func(e *domain.CaseHugEvent) { e.Origin.Source = "/casehug/else" }), false},
		"of another firm":                {other(func(e *domain.CaseHugEvent) { e.Firm = "f_elm" }), false},
		"under another id":               {other(func(e *domain.CaseHugEvent) { e.Origin.ID = "e2" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			intake := syncing.Intake{Ledger: l, Now: time.Now}
			if err := intake.TakeIn(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			had := l.size()
			for range 2 { // and again
				for _, err := range []error{intake.Check(t.Context(), c.event), intake.TakeIn(t.Context(), c.event)} {
					var unprocessable *domain.Unprocessable
					if errors.As(err, &unprocessable) != c.refused || c.refused != (err != nil) {
						t.Errorf("answered by %v", err)
					}
					if c.refused && unprocessable.Code != domain.CodeEventIDUsed {
						t.Errorf("refused as %s", unprocessable.Code)
					}
				}
			}
			if c.refused && l.size() != had {
				t.Errorf("it left %d facts", l.size()-had)
			}
		})
	}
}

func manyDocuments(m domain.MatterID, n int) domain.CaseHugEvent {
	e := event(domain.TypeMatterSyncRequested, "many")
	data := accident(func(d *domain.MatterData) { d.ID = m })
	e.Matter = &data
	for i := range n {
		e.Documents = append(e.Documents, domain.DocumentData{ID: domain.DocumentID(fmt.Sprint("d_", i)), Matter: m, FileName: fmt.Sprintf("%d.txt", i), Content: domain.Content{Object: "casehug-documents/x"}})
	}
	return e
}

// TestALargeEventIsTakenInUnderItsID has an event that takes two appends.
func TestALargeEventIsTakenInUnderItsID(t *testing.T) {
	l := newLedger()
	intake := syncing.Intake{Ledger: l, Now: time.Now}
	e := under("e1", manyDocuments("m_1", 600))
	for range 2 {
		if err := intake.TakeIn(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if m := matterIn(t, l, "m_1"); len(m.Documents) != 600 || len(l.stream(domain.EventStream(oak, e.Origin))) != 1 {
		t.Errorf("%d documents are known", len(m.Documents))
	}
}

func matterIn(t *testing.T, l eventstore.Store, id domain.MatterID) domain.Matter {
	t.Helper()
	m, _, err := eventstore.Load[domain.Matter](t.Context(), l, domain.MatterStream(oak, id))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestKilledBetweenAnIDAndItsEvent has an engine that claimed the id and died: the event comes
// again, and no other takes its id.
func TestKilledBetweenAnIDAndItsEvent(t *testing.T) {
	l := newLedger()
	e := under("e1", created(numbered(1, maria())))
	facts, err := domain.Taken{}.Take(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), eventstore.Commit{Stream: domain.EventStream(oak, e.Origin), At: time.Now(), Events: facts}); err != nil {
		t.Fatal(err)
	}
	intake := syncing.Intake{Ledger: l, Now: time.Now}
	var unprocessable *domain.Unprocessable
	if err := intake.TakeIn(t.Context(), under("e1", created(numbered(2, maria())))); !errors.As(err, &unprocessable) {
		t.Errorf("another event is answered by %v", err)
	}
	for range 2 {
		if err := intake.TakeIn(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if m := matterIn(t, l, "m_1"); !m.Known || len(l.stream(domain.MatterStream(oak, "m_1"))) != 1 {
		t.Errorf("the event left %d facts", len(l.stream(domain.MatterStream(oak, "m_1"))))
	}
}

// TestAnOlderLedgerKnowsItsEvents has an event from before ids were noted come again.
func TestAnOlderLedgerKnowsItsEvents(t *testing.T) {
	l := newLedger()
	intake := syncing.Intake{Ledger: l, Now: time.Now}
	e := under("e1", created(numbered(1, maria())))
	old := e
	old.Digest = ""
	for _, e := range []domain.CaseHugEvent{old, e} {
		if err := intake.TakeIn(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if l.size() != 1 {
		t.Errorf("the ledger holds %d facts, want 1", l.size())
	}
}

// TestEnginesAtOnceTakeInOneEvent lets engines take in events of one id at the same time.
func TestEnginesAtOnceTakeInOneEvent(t *testing.T) {
	l, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const rounds, engines = 5, 8
	for round := range rounds {
		id := fmt.Sprint("e", round)
		errs := make([]error, engines)
		var wg sync.WaitGroup
		for n := range engines {
			wg.Go(func() {
				intake := syncing.Intake{Ledger: l, Now: time.Now}
				errs[n] = intake.TakeIn(t.Context(), under(id, created(numbered(engines*round+n, maria()))))
			})
		}
		wg.Wait()
		taken := 0
		for n, err := range errs {
			var unprocessable *domain.Unprocessable
			known := matterIn(t, l, domain.MatterID(fmt.Sprintf("m_%d", engines*round+n))).Known
			if known {
				taken++
			}
			if known != (err == nil) || err != nil && !errors.As(err, &unprocessable) {
				t.Errorf("matter %d is known: %v, and its event is answered by %v", n, known, err)
			}
		}
		if taken != 1 {
			t.Errorf("of %d events with one id %d were taken in", engines, taken)
		}
	}
}
