package eventstoretest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// after returns c with a commit that has to be written first.
func after(first, c eventstore.Commit) eventstore.Commit {
	c.First = &first
	return c
}

// firstThere appends to two streams, then with a stale head of either, and then commits that are
// not allowed.
func firstThere(t *testing.T, l Ledger) {
	var claim, head eventstore.Head
	for i, n := range []int{1, 3, 1} {
		got, err := l.Store.Append(t.Context(), after(commit(matter(2), claim, fact(100+i)), commit(matter(1), head, facts(10*i, n)...)))
		if err != nil {
			t.Fatal(err)
		}
		stale := after(commit(matter(2), claim, fact(7)), commit(matter(3), eventstore.Head{}, facts(0, n)...))
		if _, err := l.Store.Append(t.Context(), stale); !errors.Is(err, eventstore.ErrConflict) {
			t.Fatalf("with a stale claim: %v, want a conflict", err)
		}
		claim, head = headOf(read(t, l.Store, matter(2))), headOf(read(t, l.Store, matter(1)))
		if got != head || claim.Seq >= head.Seq || claim.Version != uint64(i+1) {
			t.Fatalf("append said %v, read says %v after %v", got, head, claim)
		}
	}
	stale := after(commit(matter(4), eventstore.Head{}, fact(7)), commit(matter(1), eventstore.Head{}, fact(8)))
	if _, err := l.Store.Append(t.Context(), stale); !errors.Is(err, eventstore.ErrConflict) {
		t.Fatalf("with a stale stream: %v, want a conflict", err)
	}
	mixed := []domain.Event{fact(0), fact(10), fact(11), fact(12), fact(20)}
	again := l.Reopen(t)
	if got := events(read(t, again, matter(1))); !reflect.DeepEqual(got, mixed) || headOf(read(t, again, matter(2))) != claim || len(read(t, again, matter(3))) != 0 {
		t.Fatalf("after reopening: %v", got)
	}
	for name, c := range map[string]eventstore.Commit{
		"the same stream": after(commit(matter(5), eventstore.Head{}, fact(1)), commit(matter(5), eventstore.Head{}, fact(2))),
		"no event":        after(commit(matter(5), eventstore.Head{}), commit(matter(6), eventstore.Head{}, fact(2))),
		"too many":        after(commit(matter(5), eventstore.Head{}, fact(1)), commit(matter(6), eventstore.Head{}, facts(0, eventstore.MaxEvents)...)),
	} {
		if _, err := again.Append(t.Context(), c); err == nil || errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrTooLarge) != (name == "too many") {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

// firstOfFirst appends to three streams at once, then with a stale head of each.
func firstOfFirst(t *testing.T, l Ledger) {
	heads := map[int]eventstore.Head{}

	for i, n := range []int{1, 1, 2} {
		all := after(after(commit(matter(3), heads[3], fact(30+i)), commit(matter(2), heads[2], facts(20+2*i, n)...)), commit(matter(1), heads[1], fact(10+i)))
		got, err := l.Store.Append(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		for s := range 3 {
			heads[s+1] = headOf(read(t, l.Store, matter(s+1)))
		}
		if got != heads[1] || heads[3].Seq >= heads[2].Seq || heads[2].Seq >= heads[1].Seq {
			t.Fatalf("append said %v, and the streams end at %v", got, heads)
		}
		for stale := 2; stale <= 3; stale++ {
			again := after(after(commit(matter(3), heads[3], fact(7)), commit(matter(2), heads[2], fact(8))), commit(matter(4), eventstore.Head{}, fact(9)))
			behind := again.First
			if stale == 3 {
				behind = behind.First
			}
			behind.Last = eventstore.Head{}
			if _, err := l.Store.Append(t.Context(), again); !errors.Is(err, eventstore.ErrConflict) || len(read(t, l.Store, matter(4))) != 0 {
				t.Fatalf("with stream %d stale: %v", stale, err)
			}
			heads[3] = headOf(read(t, l.Store, matter(3))) // what comes first may have been written
		}
	}
	twice := after(after(commit(matter(5), eventstore.Head{}, fact(1)), commit(matter(6), eventstore.Head{}, fact(2))), commit(matter(5), eventstore.Head{}, fact(3)))
	if _, err := l.Store.Append(t.Context(), twice); err == nil || errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("one stream twice: %v, want a refusal", err)
	}
}

// sameClaim lets many writers, each with its own stream, claim the same other stream.
func sameClaim(t *testing.T, l Ledger) {
	const writers = 40
	var won atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			_, err := l.Store.Append(t.Context(), after(commit(matter(99), eventstore.Head{}, fact(w)), commit(matter(w), eventstore.Head{}, facts(10*w, 1+w%2)...)))
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, eventstore.ErrConflict):
				t.Errorf("writer %d: %v", w, err)
			}
		})
	}
	wg.Wait()
	var there []int
	for w := range writers {
		if n := len(read(t, l.Store, matter(w))); n == 1+w%2 {
			there = append(there, w)
		} else if n != 0 {
			t.Errorf("writer %d left %d events of %d", w, n, 1+w%2)
		}
	}
	claims := events(read(t, l.Store, matter(99)))
	if won.Load() != 1 || len(there) != 1 || !reflect.DeepEqual(claims, facts(there[0], 1)) {
		t.Fatalf("%d won, %v are there, and the claims are %v", won.Load(), there, claims)
	}
}

// executeAfter guesses at first that the other stream is empty, and decides again if it is not.
func executeAfter(t *testing.T, l Ledger) {
	var asked []bool
	first := func(_ context.Context, again bool) (*eventstore.Commit, error) {
		asked = append(asked, again)
		var head eventstore.Head
		if again {
			head = headOf(read(t, l.Store, matter(2)))
		}
		c := commit(matter(2), head, fact(len(asked)))
		return &c, nil
	}
	for n := range 2 {
		a, head, err := eventstore.ExecuteAfter(t.Context(), l.Store, clock, matter(1),
			func(a tally) ([]domain.Event, error) { return facts(a.count, 1), nil }, first)
		if err != nil || a.count != n+1 || head != headOf(read(t, l.Store, matter(1))) {
			t.Fatalf("execute gave %v at %v, %v", a, head, err)
		}
	}
	if got := events(read(t, l.Store, matter(2))); !reflect.DeepEqual(asked, []bool{false, false, true}) || !reflect.DeepEqual(got, []domain.Event{fact(1), fact(3)}) {
		t.Fatalf("asked %v, the claims are %v", asked, got)
	}
	refusal := errors.New("no")
	_, _, err := eventstore.ExecuteAfter(t.Context(), l.Store, clock, matter(1), func(tally) ([]domain.Event, error) { return facts(9, 1), nil },
		func(context.Context, bool) (*eventstore.Commit, error) { return nil, refusal })
	if got := read(t, l.Store, matter(1)); !errors.Is(err, refusal) || len(got) != 2 {
		t.Fatalf("refused by %v, and %d events are there", err, len(got))
	}
}
