package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/casehug/smokeball-sync/domain"
)

// commitOf is a pending commit with a number of events in each of some streams.
func commitOf(events int, streams ...string) *pending {
	p := &pending{done: make(chan outcome, 1)}
	for _, s := range streams {
		p.parts = append(p.parts, part{stream: s, records: make([]record, events)})
	}
	return p
}

func groupOf(n int, of func(i int) *pending) (group []*pending) {
	for i := range n {
		group = append(group, of(i))
	}
	return group
}

// TestWhenABatchIsWorthIt: for many commits, or where more than one needs a batch of its own anyway.
func TestWhenABatchIsWorthIt(t *testing.T) {
	single := func(int) *pending { return commitOf(1, "a") }
	double := func(int) *pending { return commitOf(2, "a") }
	for name, c := range map[string]struct {
		group []*pending
		want  bool
	}{
		"one":                {groupOf(1, single), false},
		"one below the most": {groupOf(batchFrom-1, single), false},
		"many":               {groupOf(batchFrom, single), true},
		"one of two events":  {append(groupOf(3, single), double(0)), false},
		"two of two events":  {append(groupOf(3, single), double(0), double(1)), true},
	} {
		if got := worthBatch(c.group); got != c.want {
			t.Errorf("%s: worth a batch is %v", name, got)
		}
	}
}

// TestAGroupIsWrittenStreamByStream: a batch states one condition for each stream, and has so many events.
func TestAGroupIsWrittenStreamByStream(t *testing.T) {
	a, b, ab, c, bc := commitOf(1, "a"), commitOf(1, "b"), commitOf(1, "a", "b"), commitOf(1, "c"), commitOf(1, "b", "c")
	first, again := onePerStream([]*pending{a, b, ab, c, bc})
	if !slices.Equal(first, []*pending{a, b, c}) || !slices.Equal(again, []*pending{ab, bc}) {
		t.Errorf("first %v, then %v", first, again)
	}
	for name, x := range map[string]struct{ events, commits, batches int }{
		"full":           {batchEvents / 5, 5, 1},
		"one too many":   {batchEvents / 5, 6, 2},
		"large ones":     {batchEvents, 3, 3},
		"some and some":  {batchEvents/2 + 1, 3, 3},
		"a few":          {1, 7, 1},
		"three of halfs": {batchEvents / 2, 3, 2},
	} {
		all := batches(groupOf(x.commits, func(i int) *pending { return commitOf(x.events, fmt.Sprint(i)) }))
		commits := 0
		for _, one := range all {
			events := 0
			for _, p := range one {
				events += p.size()
			}
			if commits += len(one); events > batchEvents {
				t.Errorf("%s: a batch has %d events", name, events)
			}
		}
		if len(all) != x.batches || commits != x.commits {
			t.Errorf("%s: %d commits in %d batches", name, commits, len(all))
		}
	}
}

// TestAConflictIsItsOwnWriters: the others of its batch are written.
func TestAConflictIsItsOwnWriters(t *testing.T) {
	store, stream := twoEvents(t)
	group := groupOf(3, func(i int) *pending {
		s := domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", i+1))) // the first one has events, of which it does not know
		parts, err := seal(Commit{Stream: s, At: time.Unix(9, 0), Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return &pending{parts: parts, done: make(chan outcome, 1)}
	})
	if got := group[0].own().stream; got != stream.String() {
		t.Fatalf("the first is of %s", got)
	}
	store.writeBatch(group)
	for i, p := range group {
		if o := <-p.done; errors.Is(o.err, ErrConflict) != (i == 0) || (o.err == nil) != (i > 0) || (o.head.Version == 1) != (i > 0) {
			t.Errorf("commit %d: %+v, %v", i, o.head, o.err)
		}
	}
}

// TestWhatIsPublishedAgain: what the server refused for the moment, and wrote nothing of.
func TestWhatIsPublishedAgain(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&jetstream.APIError{ErrorCode: jetstreamext.JSErrCodeBatchPublishIncomplete}, true},
		{&jetstream.APIError{ErrorCode: jetstreamext.JSErrCodeAtomicPublishTooManyInflight}, true},
		{&jetstream.APIError{ErrorCode: jetstream.JSErrCodeStreamWrongLastSequence}, false},
		{nats.ErrNoResponders, true},
		{context.DeadlineExceeded, false},
		{nil, false},
	} {
		if got := passing(c.err); got != c.want {
			t.Errorf("%v is published again: %v", c.err, got)
		}
	}
}

// TestAnEventIsPublishedOnceThereIsAStream.
func TestAnEventIsPublishedOnceThereIsAStream(t *testing.T) {
	there := openEmbedded(t)
	if err := there.js.DeleteStream(t.Context(), LedgerStream); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(there.js.Conn(), jetstream.WithDefaultTimeout(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	store := &JetStream{js: js, log: slog.New(slog.DiscardHandler)}
	published := make(chan error, 1)
	go func() {
		_, err := store.publish([]*nats.Msg{message(sample())})
		published <- err
	}()
	if _, err := js.CreateStream(t.Context(), ledgerConfig(jetstream.StreamConfig{Name: LedgerStream}, 1)); err != nil {
		t.Fatal(err)
	}
	if err := <-published; err != nil {
		t.Error(err)
	}
}
