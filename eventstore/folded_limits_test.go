package eventstore

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// versions counts the events of a stream.
type versions uint64

func (v versions) Apply(domain.Event, time.Time) versions { return v + 1 }

func streamOf(i int) domain.Stream {
	return domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", i)))
}

// keep remembers a stream at a version.
func keep(f *folds, i int, version uint64) {
	remember(f, f.now(), streamOf(i), versions(version), Head{Seq: Seq(version), Version: version})
}

// kept is the version at which a stream is remembered; 0: it is not.
func kept(f *folds, i int) uint64 {
	a, head := recall[versions](f, streamOf(i))
	if uint64(a) != head.Version {
		panic("the aggregate is not of its head")
	}
	return head.Version
}

// TestWhatIsRemembered: the newest of each stream, of the short ones the last few hundred, of the long ones
// as many as have so many events together, and always the last.
func TestWhatIsRemembered(t *testing.T) {
	var f folds
	keep(&f, 0, 1)
	if kept(&f, 0) != 0 {
		t.Error("a stream of one event is remembered")
	}
	for _, version := range []uint64{2, 5, 3, 7} {
		keep(&f, 0, version)
	}
	if got := kept(&f, 0); got != 7 {
		t.Errorf("it is remembered at version %d, want 7", got)
	}
	for v := range uint64(longStream - 10) { // the same stream again takes no other's place
		keep(&f, 1, v+2)
	}
	for i := range recentLimit - 2 {
		keep(&f, i+2, 2)
	}
	if kept(&f, 0) != 7 || kept(&f, 1) == 0 {
		t.Error("a short stream is forgotten within the limit")
	}
	for i := range recentLimit {
		keep(&f, recentLimit+i, longStream-1)
	}
	if kept(&f, 0) != 0 || kept(&f, recentLimit) != longStream-1 {
		t.Error("the streams that were used last are not those that are remembered")
	}
	const long, most = 10_000, foldedLimit / longStream
	for i := range most {
		keep(&f, long+i, longStream)
	}
	if kept(&f, long) != longStream || kept(&f, long+most-1) != longStream {
		t.Error("a long stream is forgotten within the limit")
	}
	keep(&f, long+most, longStream)
	if kept(&f, long+1) != 0 {
		t.Error("more is remembered than the limit")
	}
	keep(&f, 1, foldedLimit+1)
	if kept(&f, 1) != foldedLimit+1 || kept(&f, long+most) != 0 {
		t.Error("of a stream longer than the limit not it alone is remembered")
	}
}

// TestWhatWasForgottenStaysSo: a load that began before remembers nothing.
func TestWhatWasForgottenStaysSo(t *testing.T) {
	var f folds
	keep(&f, 0, 5)
	era := f.now()
	f.forget()
	remember(&f, era, streamOf(1), versions(5), Head{Seq: 5, Version: 5})
	if kept(&f, 0) != 0 || kept(&f, 1) != 0 {
		t.Error("it is remembered")
	}
}

// lagging is a ledger whose reads after a head say that the stream does not go on from it.
type lagging struct {
	*Bolt
	fails bool // also from the beginning
}

func (l lagging) readAfter(ctx context.Context, s domain.Stream, after Head) iter.Seq2[Envelope, error] {
	if after == (Head{}) && !l.fails {
		return l.Read(ctx, s)
	}
	return func(yield func(Envelope, error) bool) { yield(Envelope{}, damaged(after.Seq, "it is not there")) }
}

// TestAStreamThatDoesNotGoOnIsReadFromItsBeginning, because a node may lag behind what is remembered. One
// that can't be read from there either is damaged.
func TestAStreamThatDoesNotGoOnIsReadFromItsBeginning(t *testing.T) {
	b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	events := make([]domain.Event, 5)
	for i := range events {
		events[i] = domain.SyncReleased{Sync: "s_1"}
	}
	if _, err := b.Append(t.Context(), Commit{Stream: streamOf(0), At: time.Unix(1, 0), Events: events}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if a, head, err := Load[versions](t.Context(), lagging{Bolt: b}, streamOf(0)); err != nil || a != 5 || head.Version != 5 {
			t.Errorf("it has %d events at version %d, %v", a, head.Version, err)
		}
	}
	b.folds().forget()
	if _, _, err := Load[versions](t.Context(), lagging{b, true}, streamOf(0)); err == nil {
		t.Error("a damaged stream is read without a word")
	}
}
