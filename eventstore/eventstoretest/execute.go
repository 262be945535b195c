package eventstoretest

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// tally is the suite's aggregate: it counts and remembers.
type tally struct {
	count int
	last  domain.Event
	at    time.Time
}

func (a tally) Apply(e domain.Event, at time.Time) tally {
	return tally{count: a.count + 1, last: e, at: at}
}

func clock() time.Time { return when }

func executeApplies(t *testing.T, l Ledger) {
	var seen []int
	decide := func(a tally) ([]domain.Event, error) {
		seen = append(seen, a.count)
		return facts(a.count, 2), nil
	}
	for want := 2; want <= 4; want += 2 {
		a, head, err := eventstore.Execute(t.Context(), l.Store, clock, matter(1), decide)
		if err != nil {
			t.Fatal(err)
		}
		loaded, stored, err := eventstore.Load[tally](t.Context(), l.Store, matter(1))
		if err != nil || a.count != want || a.last != fact(want-1) || !a.at.Equal(when) {
			t.Fatalf("execute gave %v, %v", a, err)
		}
		if head != stored || loaded.count != a.count || loaded.last != a.last || !loaded.at.Equal(a.at) {
			t.Fatalf("execute gave %v at %v, load %v at %v", a, head, loaded, stored)
		}
	}
	if !reflect.DeepEqual(seen, []int{0, 2}) {
		t.Fatalf("decide saw %v", seen)
	}
}

func executeIdle(t *testing.T, l Ledger) {
	head := put(t, l.Store, matter(1), eventstore.Head{}, fact(1))
	refusal := errors.New("no")
	for _, want := range []error{nil, refusal} {
		a, got, err := eventstore.Execute(t.Context(), l.Store, clock, matter(1),
			func(tally) ([]domain.Event, error) { return nil, want })
		if !errors.Is(err, want) || a.count != 1 || got != head {
			t.Fatalf("execute gave %v at %v, %v; want error %v", a, got, err, want)
		}
	}
	if got := read(t, l.Store, matter(1)); headOf(got) != head {
		t.Fatalf("execute wrote %v", events(got))
	}
}

// executeRetries lets another writer append between Execute's read and its append.
func executeRetries(t *testing.T, l Ledger) {
	calls := 0
	a, head, err := eventstore.Execute(t.Context(), l.Store, clock, matter(1), func(a tally) ([]domain.Event, error) {
		if calls++; calls <= 3 {
			put(t, l.Store, matter(1), headOf(read(t, l.Store, matter(1))), fact(calls))
		}
		return facts(100+a.count, 1), nil
	})
	if err != nil || calls != 4 || a.count != 4 {
		t.Fatalf("after %d decisions: %v, %v", calls, a, err)
	}
	got := read(t, l.Store, matter(1))
	if want := append(facts(1, 3), fact(103)); !reflect.DeepEqual(events(got), want) || headOf(got) != head {
		t.Fatalf("read %v, want %v", events(got), want)
	}
}

func executeStarves(t *testing.T, l Ledger) {
	rival := func(a tally) ([]domain.Event, error) {
		put(t, l.Store, matter(1), headOf(read(t, l.Store, matter(1))), fact(a.count))
		return facts(1000, 1), nil
	}
	_, _, err := eventstore.Execute(t.Context(), l.Store, clock, matter(1), rival)
	if !errors.Is(err, eventstore.ErrConflict) {
		t.Fatalf("execute: %v, want a conflict after the last try", err)
	}
}

func executeMany(t *testing.T, l Ledger) {
	const writers, rounds = 4, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range rounds {
				_, _, err := eventstore.Execute(t.Context(), l.Store, clock, matter(1),
					func(a tally) ([]domain.Event, error) { return facts(a.count, 1), nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := events(read(t, l.Store, matter(1))); !reflect.DeepEqual(got, facts(0, writers*rounds)) {
		t.Fatalf("%d writers with %d rounds left %d events", writers, rounds, len(got))
	}
}
