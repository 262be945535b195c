package eventstore_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// reads counts the facts of a stream, and by folded how often one is folded.
type reads struct{ facts int }

var folded atomic.Int64

func (r reads) Apply(domain.Event, time.Time) reads {
	folded.Add(1)
	return reads{r.facts + 1}
}

// TestALongStreamIsFoldedOnce: who decides on a stream of thousands of facts folds only those
// that came since somebody did before, and sees all of them.
func TestALongStreamIsFoldedOnce(t *testing.T) {
	s, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	appendFacts(t, s, 2000)
	idle := func(want, fresh int64) {
		t.Helper()
		folded.Store(0)
		a, head, err := eventstore.Execute(t.Context(), s, time.Now, one, func(reads) ([]domain.Event, error) { return nil, nil })
		if err != nil || int64(a.facts) != want || head.Version != uint64(want) || folded.Load() != fresh {
			t.Fatalf("Execute saw %d facts at version %d and folded %d, %v; want %d facts, and %d folded", a.facts, head.Version, folded.Load(), err, want, fresh)
		}
	}
	idle(2000, 2000)
	idle(2000, 0)
	appendFacts(t, s, 3)
	idle(2003, 3)
}

// appendFacts appends facts to the stream one, past Execute.
func appendFacts(t *testing.T, s eventstore.Store, n int) {
	t.Helper()
	_, head, err := eventstore.Load[counter](t.Context(), s, one)
	if err != nil {
		t.Fatal(err)
	}
	for n > 0 {
		list := make([]domain.Event, min(n, eventstore.MaxEvents))
		for i := range list {
			list[i] = domain.SyncReleased{Sync: "s"}
		}
		if head, err = s.Append(t.Context(), eventstore.Commit{Stream: one, Last: head, At: time.Now(), Events: list}); err != nil {
			t.Fatal(err)
		}
		n -= len(list)
	}
}

// TestAShortStreamIsFoldedOnce: of the streams that were used last nothing is folded twice.
func TestAShortStreamIsFoldedOnce(t *testing.T) {
	s, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, facts := range []int{2, 5} { // two are the fewest that are remembered
		appendFacts(t, s, facts)
		for i, want := range []int64{int64(facts), 0} {
			folded.Store(0)
			a, head, err := eventstore.Load[reads](t.Context(), s, one)
			if err != nil || uint64(a.facts) != head.Version || folded.Load() != want {
				t.Fatalf("load %d saw %d facts and folded %d, %v; want %d, and %d folded", i, a.facts, folded.Load(), err, head.Version, want)
			}
		}
	}
}
