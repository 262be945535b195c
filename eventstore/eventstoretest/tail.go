package eventstoretest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
)

// replay returns the next n events after a position, in log order.
func replay(t tester, s eventstore.Store, after eventstore.Seq, n int) []eventstore.Envelope {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	var got []eventstore.Envelope
	for env, err := range s.Tail(ctx, after) {
		if err != nil {
			t.Fatalf("tail after %d: %v", after, err)
		}
		if env.Seq <= after {
			t.Fatalf("tail yields position %d after %d", env.Seq, after)
		}
		after = env.Seq
		if got = append(got, env); len(got) == n {
			return got
		}
	}
	t.Fatalf("tail brought %d events of %d in %s", len(got), n, waitLimit)
	return nil
}

func tailReplays(t *testing.T, l Ledger) {
	var one, two eventstore.Head
	for i := range 10 {
		one = put(t, l.Store, matter(1), one, facts(10*i, 3)...)
		two = put(t, l.Store, matter(2), two, facts(1000+10*i, 2)...)
	}
	all := replay(t, l.Store, 0, 50)
	checkStream(t, matter(1), only(all, 1))
	checkStream(t, matter(2), only(all, 2))
	if headOf(only(all, 1)) != one || headOf(only(all, 2)) != two {
		t.Fatalf("the log ends at %v and %v, append said %v and %v", headOf(only(all, 1)), headOf(only(all, 2)), one, two)
	}
	for _, from := range []int{1, 25, 49} {
		if rest := replay(t, l.Store, all[from-1].Seq, 50-from); !reflect.DeepEqual(rest, all[from:]) {
			t.Fatalf("the tail after event %d differs from the whole", from)
		}
	}
}

// only keeps the events of the n-th matter.
func only(envelopes []eventstore.Envelope, n int) []eventstore.Envelope {
	var list []eventstore.Envelope
	for _, env := range envelopes {
		if env.Stream == matter(n) {
			list = append(list, env)
		}
	}
	return list
}

// follower is a Tail in its own goroutine.
type follower struct {
	got   chan eventstore.Envelope
	ended chan error
	stop  context.CancelFunc
}

func follow(t *testing.T, s eventstore.Store, after eventstore.Seq) *follower {
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{got: make(chan eventstore.Envelope, 10_000), ended: make(chan error, 1), stop: cancel}
	go func() {
		for env, err := range s.Tail(ctx, after) {
			if err != nil {
				f.ended <- err
				return
			}
			f.got <- env
		}
		f.ended <- nil
	}()
	return f
}

func (f *follower) next(t *testing.T) eventstore.Envelope {
	t.Helper()
	select {
	case env := <-f.got:
		return env
	case err := <-f.ended:
		t.Fatalf("the tail ended: %v", err)
	case <-time.After(waitLimit):
		t.Fatalf("the tail brings nothing in %s", waitLimit)
	}
	return eventstore.Envelope{}
}

// end stops the tail, and fails the test unless it ends soon and without an error.
func (f *follower) end(t *testing.T) {
	t.Helper()
	f.stop()
	select {
	case err := <-f.ended:
		if err != nil {
			t.Fatalf("the tail ended with %v", err)
		}
	case <-time.After(waitLimit):
		t.Fatalf("the tail does not end with its context in %s", waitLimit)
	}
}

func tailWaits(t *testing.T, l Ledger) {
	f := follow(t, l.Store, 0)
	var head eventstore.Head
	for i := range 5 {
		head = put(t, l.Store, matter(1), head, fact(i))
		if env := f.next(t); env.Head() != head || env.Event != fact(i) {
			t.Fatalf("tail brings %v, want %v at %v", env, fact(i), head)
		}
	}
	f.end(t)
	if len(f.got) != 0 {
		t.Fatalf("the tail brought %d events too many", len(f.got))
	}
}

func tailCatchesUp(t *testing.T, l Ledger) {
	const chunk, chunks = 100, 10
	var head eventstore.Head
	for i := range chunks / 2 {
		head = put(t, l.Store, matter(1), head, facts(chunk*i, chunk)...)
	}
	f := follow(t, l.Store, 0)
	for i := chunks / 2; i < chunks; i++ {
		head = put(t, l.Store, matter(1), head, facts(chunk*i, chunk)...)
	}
	var got []eventstore.Envelope
	for range chunk * chunks {
		got = append(got, f.next(t))
	}
	f.end(t)
	checkStream(t, matter(1), got)
	if headOf(got) != head {
		t.Fatalf("the tail ends at %v, the stream at %v", headOf(got), head)
	}
}

func tailAhead(t *testing.T, l Ledger) {
	head := put(t, l.Store, matter(1), eventstore.Head{}, facts(1, 2)...)
	f := follow(t, l.Store, head.Seq)
	put(t, l.Store, matter(2), eventstore.Head{}, fact(3))
	f.next(t)
	f.end(t)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for _, err := range l.Store.Tail(ctx, head.Seq+100) {
		if !errors.Is(err, eventstore.ErrDamaged) {
			t.Fatalf("tail after a position ahead: %v", err)
		}
		return
	}
	t.Fatal("a position ahead of the log goes unnoticed")
}
