package eventstoretest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"pgregory.net/rapid"
)

// world is the model: streams as slices, and the log of all of them.
type world struct {
	store   eventstore.Store
	start   eventstore.Seq // where the log ended after the last world that passed
	first   int            // its streams are matter(first), matter(first+1) …
	next    int            // the next fact
	streams map[domain.Stream][]domain.Event
	heads   map[domain.Stream][]eventstore.Head // of all versions, 0 first
	log     []domain.Event
}

// model compares the store with a map of slices through random histories. They share one ledger,
// each with its own streams.
func model(t *testing.T, l Ledger) {
	const streams = 3
	var end eventstore.Seq
	first := 0
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{store: l.Store, start: end, first: first,
			streams: map[domain.Stream][]domain.Event{}, heads: map[domain.Stream][]eventstore.Head{}}
		first += streams
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			w.step(rt, matter(w.first+rapid.IntRange(0, streams-1).Draw(rt, "stream")))
		}
		end = w.check(rt)
	})
}

// step appends to a head, the newest one more often than not.
func (w *world) step(t *rapid.T, s domain.Stream) {
	known := append([]eventstore.Head{{}}, w.heads[s]...)
	newest := len(known) - 1
	at := newest
	if rapid.IntRange(0, 3).Draw(t, "luck") == 0 {
		at = rapid.IntRange(0, newest).Draw(t, "head")
	}
	list := facts(w.next, rapid.IntRange(1, 4).Draw(t, "events"))
	w.next += len(list)
	head, err := w.store.Append(t.Context(), commit(s, known[at], list...))
	if at != newest {
		if !errors.Is(err, eventstore.ErrConflict) {
			t.Fatalf("append to an old head: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("append to the newest head: %v", err)
	}
	if want := uint64(len(w.streams[s]) + len(list)); head.Version != want {
		t.Fatalf("append says version %d, want %d", head.Version, want)
	}
	w.streams[s] = append(w.streams[s], list...)
	w.heads[s] = append(w.heads[s], head)
	w.log = append(w.log, list...)
}

// check compares every stream and the log, and returns where the log ends.
func (w *world) check(t *rapid.T) eventstore.Seq {
	for s, want := range w.streams {
		got := read(t, w.store, s)
		if !reflect.DeepEqual(events(got), want) || headOf(got) != w.heads[s][len(w.heads[s])-1] {
			t.Fatalf("%s: read %v, want %v", s, events(got), want)
		}
	}
	if len(w.log) == 0 {
		return w.start
	}
	got := w.replay(t)
	if !reflect.DeepEqual(events(got), w.log) {
		t.Fatalf("tail brings %v, want %v", events(got), w.log)
	}
	return headOf(got).Seq
}

// replay returns this world's part of the log. It skips the events of failed worlds, so that rapid
// can shrink a failure.
func (w *world) replay(t *rapid.T) (own []eventstore.Envelope) {
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for env, err := range w.store.Tail(ctx, w.start) {
		if err != nil {
			t.Fatalf("tail after %d: %v", w.start, err)
		}
		if _, ok := w.streams[env.Stream]; ok {
			own = append(own, env)
		}
		if len(own) == len(w.log) {
			break
		}
	}
	return own
}
