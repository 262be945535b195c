// Package eventstoretest is the suite that every implementation of eventstore.Store has to pass.
// Behaviour that it does not test is not promised.
package eventstoretest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// waitLimit bounds every wait of the suite.
const waitLimit = 30 * time.Second

// Ledger is one empty ledger under test.
type Ledger struct {
	Store eventstore.Store
	// Reopen closes the store and opens the same ledger again, as after a restart.
	Reopen func(*testing.T) eventstore.Store
}

// Run checks every promise of eventstore.Store. open gives an empty ledger each time
// and cleans up with t.Cleanup.
func Run(t *testing.T, open func(*testing.T) Ledger) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Ledger)
	}{
		{"a stream without events is empty", emptyRead},
		{"what is appended can be read", appendAndRead},
		{"streams do not mix", separateStreams},
		{"a kind of a firm is read alone and whole", readsKind},
		{"a stale head conflicts and writes nothing", staleHead},
		{"a commit is written all or none", allOrNone},
		{"what comes first is there before the commit", firstThere},
		{"what comes first may have something before it", firstOfFirst},
		{"of many that claim the same first exactly one wins", sameClaim},
		{"the largest commit goes in", largestCommit},
		{"what can never be stored is refused", refusals},
		{"an ended context writes nothing", endedContext},
		{"of two writers exactly one wins", race},
		{"many writers do not disturb each other", manyWriters},
		{"long streams are read whole", longStream},
		{"a reader may stop early", stopEarly},
		{"tail replays in order", tailReplays},
		{"tail waits for more and ends with its context", tailWaits},
		{"tail sees what is appended while it replays", tailCatchesUp},
		{"tail refuses a position that the log has not reached", tailAhead},
		{"reopening keeps everything", reopen},
		{"execute applies what it appends", executeApplies},
		{"execute writes nothing without a decision", executeIdle},
		{"execute decides again on conflict", executeRetries},
		{"execute gives up when it never wins", executeStarves},
		{"execute by many counts every one", executeMany},
		{"execute claims first, or decides again", executeAfter},
		{"it behaves as a map of slices", model},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
	t.Run("what was signed can't be rewritten unnoticed", func(t *testing.T) { rewritten(t, open) })
}

// tester is the part of testing.T that the suite uses; rapid.T has it too.
type tester interface {
	Helper()
	Context() context.Context
	Fatal(...any)
	Fatalf(string, ...any)
}

// when is the time of the suite's first commit. It has nanoseconds, to reveal a store that rounds.
var when = time.Date(2026, 11, 2, 15, 4, 5, 678901234, time.UTC)

// matter is the stream of the suite's n-th matter.
func matter(n int) domain.Stream {
	return domain.MatterStream("f_1", domain.MatterID(fmt.Sprintf("m_%d", n)))
}

// facts are n events that can be distinguished.
func facts(from, n int) []domain.Event {
	events := make([]domain.Event, n)
	for i := range events {
		events[i] = fact(from + i)
	}
	return events
}

func fact(n int) domain.Event {
	return domain.SyncReleased{Sync: domain.SyncID(fmt.Sprintf("s_%d", n)), Reason: domain.ReleaseReason("naïve \"test\"\n" + fmt.Sprint(n))}
}

// put appends after the head that the caller knows, and fails the test if that does not succeed.
func put(t tester, s eventstore.Store, stream domain.Stream, last eventstore.Head, events ...domain.Event) eventstore.Head {
	t.Helper()
	head, err := s.Append(t.Context(), commit(stream, last, events...))
	if err != nil {
		t.Fatalf("append to %s after version %d: %v", stream, last.Version, err)
	}
	return head
}

func commit(stream domain.Stream, last eventstore.Head, events ...domain.Event) eventstore.Commit {
	at := when.Add(time.Duration(last.Version) * time.Second)
	return eventstore.Commit{Stream: stream, Last: last, At: at, Events: events}
}

// read returns the whole stream, after checkStream.
func read(t tester, s eventstore.Store, stream domain.Stream) []eventstore.Envelope {
	t.Helper()
	envelopes, err := collect(s, t.Context(), stream)
	if err != nil {
		t.Fatalf("read %s: %v", stream, err)
	}
	checkStream(t, stream, envelopes)
	return envelopes
}

func collect(s eventstore.Store, ctx context.Context, stream domain.Stream) ([]eventstore.Envelope, error) {
	var envelopes []eventstore.Envelope
	for env, err := range s.Read(ctx, stream) {
		if err != nil {
			return envelopes, err
		}
		envelopes = append(envelopes, env)
	}
	return envelopes, nil
}

// checkStream compares versions, positions and hashes with the promises of Store.
func checkStream(t tester, stream domain.Stream, envelopes []eventstore.Envelope) {
	t.Helper()
	var last eventstore.Head
	for _, env := range envelopes {
		name, data, err := domain.Marshal(env.Event)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case env.Stream != stream:
			t.Fatalf("an event of %s in %s", env.Stream, stream)
		case env.Version != last.Version+1:
			t.Fatalf("%s: version %d after %d", stream, env.Version, last.Version)
		case env.Seq <= last.Seq:
			t.Fatalf("%s: position %d after %d", stream, env.Seq, last.Seq)
		case env.At.Location() != time.UTC:
			t.Fatalf("%s: time %v is not UTC", stream, env.At)
		case env.Hash != eventstore.Chain(last.Hash, env.Version, env.At, name, data):
			t.Fatalf("%s: version %d has the wrong hash", stream, env.Version)
		}
		last = env.Head()
	}
}

// events are the events of envelopes.
func events(envelopes []eventstore.Envelope) []domain.Event {
	list := make([]domain.Event, 0, len(envelopes))
	for _, env := range envelopes {
		list = append(list, env.Event)
	}
	return list
}

// headOf returns the head of a stream with these envelopes.
func headOf(envelopes []eventstore.Envelope) eventstore.Head {
	if len(envelopes) == 0 {
		return eventstore.Head{}
	}
	return envelopes[len(envelopes)-1].Head()
}
