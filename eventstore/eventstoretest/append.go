package eventstoretest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

func emptyRead(t *testing.T, l Ledger) {
	if got := read(t, l.Store, matter(1)); len(got) != 0 {
		t.Fatalf("read %d events of a stream that nobody wrote", len(got))
	}
}

func appendAndRead(t *testing.T, l Ledger) {
	first := put(t, l.Store, matter(1), eventstore.Head{}, facts(1, 1)...)
	second := put(t, l.Store, matter(1), first, facts(2, 2)...)
	got := read(t, l.Store, matter(1))
	if !reflect.DeepEqual(events(got), facts(1, 3)) {
		t.Fatalf("read %v", events(got))
	}
	if got[0].Head() != first || got[2].Head() != second {
		t.Fatalf("append said %v and %v, read says %v and %v", first, second, got[0].Head(), got[2].Head())
	}
	if !got[0].At.Equal(when) || !got[2].At.Equal(when.Add(time.Second)) {
		t.Fatalf("times %v and %v", got[0].At, got[2].At)
	}
}

// readsKind has more events of the kind than one page, and names that begin alike.
func readsKind(t *testing.T, l Ledger) {
	ledger := l.Store.(eventstore.KindReader)
	if got := kind(t, ledger, domain.KindMatter, "f_1"); len(got) != 0 {
		t.Fatalf("an empty ledger has %v", got)
	}
	want := map[domain.Stream][]eventstore.Envelope{}
	for _, s := range []domain.Stream{matter(1), matter(10), domain.MatterStream("f_10", "m_1"), domain.ClientStream("f_1", "m_1"), domain.ConnectionStream("f_1"), matter(2)} {
		head := put(t, l.Store, s, eventstore.Head{}, facts(1, 200)...)
		put(t, l.Store, s, head, facts(201, 3)...)
		if s.Kind == domain.KindMatter && s.Firm == "f_1" {
			want[s] = read(t, l.Store, s)
		}
	}
	if got := kind(t, ledger, domain.KindMatter, "f_1"); !reflect.DeepEqual(got, want) {
		t.Fatalf("read %v, want %v", got, want)
	}
	for range ledger.ReadKind(t.Context(), domain.KindMatter, "f_1") {
		break // a reader may stop early
	}
}

// kind reads all streams of a kind of a firm.
func kind(t *testing.T, l eventstore.KindReader, k domain.Kind, f domain.FirmID) map[domain.Stream][]eventstore.Envelope {
	t.Helper()
	got := map[domain.Stream][]eventstore.Envelope{}
	for env, err := range l.ReadKind(t.Context(), k, f) {
		if err != nil {
			t.Fatal(err)
		}
		got[env.Stream] = append(got[env.Stream], env)
	}
	return got
}

// separateStreams uses names of which one is a prefix of another, and a stream without id.
func separateStreams(t *testing.T, l Ledger) {
	streams := []domain.Stream{
		domain.MatterStream("f_1", "m_1"), domain.MatterStream("f_1", "m_10"), domain.MatterStream("f_10", "m_1"),
		domain.ClientStream("f_1", "m_1"), domain.ConnectionStream("f_1"), domain.ConnectionStream("f_10"),
	}
	for i, s := range streams {
		put(t, l.Store, s, eventstore.Head{}, facts(10*i, i+1)...)
	}
	for i, s := range streams {
		if got := events(read(t, l.Store, s)); !reflect.DeepEqual(got, facts(10*i, i+1)) {
			t.Fatalf("%s: read %v", s, got)
		}
	}
}

func staleHead(t *testing.T, l Ledger) {
	first := put(t, l.Store, matter(1), eventstore.Head{}, fact(1))
	second := put(t, l.Store, matter(1), first, fact(2))
	other := put(t, l.Store, matter(2), eventstore.Head{}, fact(3))
	ahead := second
	ahead.Seq, ahead.Version = ahead.Seq+100, ahead.Version+1
	for name, last := range map[string]eventstore.Head{
		"none": {}, "an older one": first, "another stream's": other, "one that is not there": ahead,
	} {
		_, err := l.Store.Append(t.Context(), commit(matter(1), last, facts(7, 2)...))
		if !errors.Is(err, eventstore.ErrConflict) {
			t.Errorf("append to head %q: %v, want a conflict", name, err)
		}
	}
	if got := read(t, l.Store, matter(1)); headOf(got) != second {
		t.Fatalf("conflicts left %v", events(got))
	}
	put(t, l.Store, matter(1), second, fact(4))
}

// allOrNone loses and wins commits of several events: none is ever written in part.
func allOrNone(t *testing.T, l Ledger) {
	var head eventstore.Head
	for i := range 5 {
		stale := head
		head = put(t, l.Store, matter(1), head, facts(10*i, 4)...)
		if _, err := l.Store.Append(t.Context(), commit(matter(1), stale, facts(900, 4)...)); !errors.Is(err, eventstore.ErrConflict) {
			t.Fatalf("stale commit: %v", err)
		}
		got := read(t, l.Store, matter(1))
		if len(got) != 4*(i+1) || headOf(got) != head {
			t.Fatalf("after %d commits of 4 events: %d events", i+1, len(got))
		}
	}
}

func largestCommit(t *testing.T, l Ledger) {
	head := put(t, l.Store, matter(1), eventstore.Head{}, facts(0, eventstore.MaxEvents)...)
	big := domain.SyncReleased{Sync: "s_big", Reason: domain.ReleaseReason(strings.Repeat("x", eventstore.MaxEventSize-100))}
	head = put(t, l.Store, matter(1), head, big)
	got := read(t, l.Store, matter(1))
	if len(got) != eventstore.MaxEvents+1 || headOf(got) != head || got[len(got)-1].Event != domain.Event(big) {
		t.Fatalf("read %d events", len(got))
	}
}

func refusals(t *testing.T, l Ledger) {
	huge := domain.SyncReleased{Reason: domain.ReleaseReason(strings.Repeat("x", eventstore.MaxEventSize))}
	timeless := commit(matter(1), eventstore.Head{}, fact(1))
	timeless.At = time.Time{}
	for name, c := range map[string]eventstore.Commit{
		"no event":        commit(matter(1), eventstore.Head{}),
		"too many events": commit(matter(1), eventstore.Head{}, facts(0, eventstore.MaxEvents+1)...),
		"too large":       commit(matter(1), eventstore.Head{}, fact(1), huge),
		"unknown event":   commit(matter(1), eventstore.Head{}, fact(1), unknown{}),
		"no time":         timeless,
		"bad stream":      commit(domain.MatterStream("f_1", "m.*"), eventstore.Head{}, fact(1)),
		"no stream":       commit(domain.Stream{}, eventstore.Head{}, fact(1)),
	} {
		_, err := l.Store.Append(t.Context(), c)
		if err == nil || errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrTooLarge) != strings.HasPrefix(name, "too ") {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if got := read(t, l.Store, matter(1)); len(got) != 0 {
		t.Fatalf("refusals left %v", events(got))
	}
}

// unknown is an event that the domain does not declare.
type unknown struct{}

func (unknown) EventName() string { return "suite.unknown.v1" }

func endedContext(t *testing.T, l Ledger) {
	put(t, l.Store, matter(1), eventstore.Head{}, fact(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Store.Append(ctx, commit(matter(2), eventstore.Head{}, fact(2))); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v, want the context's error", err)
	}
	if _, err := collect(l.Store, ctx, matter(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v, want the context's error", err)
	}
	for _, err := range l.Store.Tail(ctx, 0) {
		t.Errorf("tail went on: %v", err)
	}
	if got := read(t, l.Store, matter(2)); len(got) != 0 {
		t.Fatalf("an ended context left %v", events(got))
	}
}

// race lets two writers append to the same head, again and again.
func race(t *testing.T, l Ledger) {
	var head eventstore.Head
	for round := range 20 {
		var heads [2]eventstore.Head
		var errs [2]error
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				heads[i], errs[i] = l.Store.Append(t.Context(), commit(matter(1), head, facts(10*round, i+1)...))
			})
		}
		wg.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		if errs[won] != nil || !errors.Is(errs[1-won], eventstore.ErrConflict) {
			t.Fatalf("round %d: %v and %v, want one winner and one conflict", round, errs[0], errs[1])
		}
		head = heads[won]
	}
	if got := read(t, l.Store, matter(1)); headOf(got) != head {
		t.Fatalf("the stream ends at %v, the last winner was told %v", headOf(got), head)
	}
}

func manyWriters(t *testing.T, l Ledger) {
	const writers, rounds = 64, 4
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			var head eventstore.Head
			for r := range rounds {
				next, err := l.Store.Append(t.Context(), commit(matter(w), head, facts(100*w+10*r, 1+w%3)...))
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				head = next
			}
		})
	}
	wg.Wait()
	seen := map[eventstore.Seq]bool{}
	for w := range writers {
		got := read(t, l.Store, matter(w))
		if len(got) != rounds*(1+w%3) {
			t.Errorf("writer %d: %d events", w, len(got))
		}
		for _, env := range got {
			if seen[env.Seq] {
				t.Fatalf("position %d is there twice", env.Seq)
			}
			seen[env.Seq] = true
		}
	}
}

func longStream(t *testing.T, l Ledger) {
	var head eventstore.Head
	for i := range 3 {
		head = put(t, l.Store, matter(1), head, facts(i*eventstore.MaxEvents, eventstore.MaxEvents)...)
		put(t, l.Store, matter(2), headOf(read(t, l.Store, matter(2))), fact(i))
	}
	if got := read(t, l.Store, matter(1)); !reflect.DeepEqual(events(got), facts(0, 3*eventstore.MaxEvents)) {
		t.Fatalf("read %d events", len(got))
	}
}

func stopEarly(t *testing.T, l Ledger) {
	put(t, l.Store, matter(1), eventstore.Head{}, facts(0, 10)...)
	for _, seq := range []func(func(eventstore.Envelope, error) bool){
		l.Store.Read(t.Context(), matter(1)), l.Store.Tail(t.Context(), 0),
	} {
		n := 0
		for range seq {
			if n++; n == 3 {
				break
			}
		}
		if n != 3 {
			t.Fatalf("stopped at event %d", n)
		}
	}
}

func reopen(t *testing.T, l Ledger) {
	head := put(t, l.Store, matter(1), eventstore.Head{}, facts(1, 3)...)
	put(t, l.Store, matter(2), eventstore.Head{}, facts(4, 2)...)
	before := replay(t, l.Store, 0, 5)
	again := l.Reopen(t)
	if after := replay(t, again, 0, 5); !reflect.DeepEqual(before, after) {
		t.Fatalf("before:\n%v\nafter:\n%v", before, after)
	}
	put(t, again, matter(1), head, fact(6))
	if got := events(read(t, again, matter(1))); !reflect.DeepEqual(got, append(facts(1, 3), fact(6))) {
		t.Fatalf("read %v", got)
	}
}
