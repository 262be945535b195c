package eventstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

func openToCompact(t testing.TB, path string, o BoltOptions) *Bolt {
	t.Helper()
	b, err := OpenBolt(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// fillLedger appends one event to each of many streams, in no order of their names, many at a time.
func fillLedger(t testing.TB, b *Bolt, from, to int) {
	t.Helper()
	var all sync.WaitGroup
	next := make(chan int)
	for range boltGroup {
		all.Go(func() {
			for i := range next {
				s := domain.MatterStream("f_1", domain.MatterID(fmt.Sprintf("m_%d", i*7919%to)))
				e := domain.SyncReleased{Sync: "s_1", Reason: domain.ReleaseReason(strings.Repeat("x", i%300))}
				if _, err := b.Append(t.Context(), Commit{Stream: s, At: time.Unix(int64(i), 0), Events: []domain.Event{e}}); err != nil && !errors.Is(err, ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	for i := from; i < to; i++ {
		next <- i
	}
	close(next)
	all.Wait()
}

// everything is what a ledger holds, as text.
func everything(t testing.TB, b *Bolt) (list []string) {
	t.Helper()
	last, err := b.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for env, err := range b.Tail(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%d %s %d %x %v %v", env.Seq, env.Stream, env.Version, env.Hash, env.At, env.Event))
		if env.Seq == last {
			break
		}
	}
	losses, err := b.Losses(t.Context())
	if err != nil || len(losses) > 0 {
		t.Fatalf("%v: %v", losses, err)
	}
	return list
}

// TestACompactedLedgerIsTheSame: each event is what and where it was, streams go on, and the file is smaller.
func TestACompactedLedgerIsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	b := openToCompact(t, path, BoltOptions{})
	fillLedger(t, b, 0, 4000)
	before, large := everything(t, b), b.compacts.size()
	if err := b.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := compactedUpTo(b); int(at) != len(before) {
		t.Errorf("%d events were compacted of %d", at, len(before))
	}
	fillLedger(t, b, 4000, 4100)
	if small := b.compacts.size(); small > large*9/10 {
		t.Errorf("%d bytes of %d are left", small, large)
	}
	now := everything(t, b)
	if strings.Join(now[:len(before)], "\n") != strings.Join(before, "\n") {
		t.Error("the events differ")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if again := everything(t, openToCompact(t, path, BoltOptions{})); strings.Join(again, "\n") != strings.Join(now, "\n") {
		t.Error("another start finds other events")
	}
}

// TestKilledWhileItIsCompacted: at each step of a compaction the files are those of a ledger with everything
// that was acknowledged until then.
func TestKilledWhileItIsCompacted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.db")
	b := openToCompact(t, path, BoltOptions{})
	fillLedger(t, b, 0, 1000)
	killed := func(step string) {
		t.Helper()
		want := everything(t, b)
		other := t.TempDir()
		if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		restarted := openToCompact(t, filepath.Join(other, "ledger.db"), BoltOptions{})
		if got := everything(t, restarted); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("killed after %s: %d events instead of %d", step, len(got), len(want))
		}
		if _, err := os.Stat(compactionPath(filepath.Join(other, "ledger.db"))); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("killed after %s: the copy is left: %v", step, err)
		}
	}
	c, err := newCompaction(b)
	if err != nil {
		t.Fatal(err)
	}
	killed("the copy was begun")
	if err := c.copyHeads(t.Context()); err != nil {
		t.Fatal(err)
	}
	killed("the heads were copied")
	fillLedger(t, b, 1000, 1100)
	if err := c.page(t.Context()); err != nil {
		t.Fatal(err)
	}
	killed("a page was copied")
	if _, err := c.advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	fillLedger(t, b, 1100, 1200)
	killed("the log was copied")
	if err := b.queue.between(t.Context(), func() error { return c.replace(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	killed("the copy replaced the ledger")
	fillLedger(t, b, 1200, 1300)
	killed("the ledger went on")
}

// TestALedgerCompactsItself when it has grown, and not on a disk that has too little room for a copy.
func TestALedgerCompactsItself(t *testing.T) {
	for _, room := range []uint64{0, 1 << 40} {
		b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{Room: func(string) (uint64, error) { return room, nil }})
		b.compacts.next.Store(900)
		fillLedger(t, b, 0, 1000)
		for ends := time.Now().Add(time.Minute); b.compacts.next.Load() == 900 && time.Now().Before(ends); {
			time.Sleep(time.Millisecond)
		}
		if next := b.compacts.next.Load(); room == 0 && (next < leastCompact+900 || next > leastCompact+1000) || room > 0 && (next < 1800 || next > 2000) {
			t.Errorf("%d bytes of room: the next one is due at %d events", room, next)
		}
		if done := compactedUpTo(b) > 0; done != (room > 0) {
			t.Errorf("%d bytes of room: compacted is %v", room, done)
		}
	}
}

// TestALedgerWhoseNameIsInDoubtTakesNothing: when the folder can't be written to the disk after the new
// file got its name, an event would be lost with a power cut.
func TestALedgerWhoseNameIsInDoubtTakesNothing(t *testing.T) {
	b := openToCompact(t, filepath.Join(t.TempDir(), "ledger.db"), BoltOptions{})
	fillLedger(t, b, 0, 1)
	doubt := errors.New("the disk failed")
	b.compacts.refuse(doubt)
	_, err := b.Append(t.Context(), Commit{Stream: domain.ConnectionStream("f"), At: time.Unix(1, 0), Events: []domain.Event{domain.Disconnected{}}})
	if !errors.Is(err, doubt) {
		t.Errorf("an append: %v", err)
	}
	if last, err := b.Last(t.Context()); err != nil || last != 1 {
		t.Errorf("the ledger ends at %d: %v", last, err)
	}
}

// BenchmarkAppendWhileCompacting appends while the file is compacted again and again; the longest append
// shows for how long writers wait.
func BenchmarkAppendWhileCompacting(b *testing.B) {
	ledger := openToCompact(b, filepath.Join(b.TempDir(), "ledger.db"), BoltOptions{})
	fillLedger(b, ledger, 0, 100_000)
	before := ledger.compacts.size()
	for _, compacting := range []bool{false, true} {
		b.Run(fmt.Sprintf("compacting=%v", compacting), func(b *testing.B) {
			ctx, stop := context.WithCancel(b.Context())
			var work sync.WaitGroup
			times := 0
			if compacting {
				work.Go(func() {
					for ctx.Err() == nil {
						if err := ledger.Compact(ctx); err == nil {
							times++
						}
					}
				})
			}
			var head Head
			var longest time.Duration
			stream := domain.MatterStream("f_2", domain.MatterID(fmt.Sprintf("m_%v_%d", compacting, time.Now().UnixNano())))
			for b.Loop() {
				began := time.Now()
				var err error
				if head, err = ledger.Append(b.Context(), Commit{Stream: stream, Last: head, At: began, Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}}); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(began))
			}
			stop()
			work.Wait()
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
			b.ReportMetric(float64(times), "compactions")
			b.ReportMetric(float64(ledger.compacts.size())/float64(before), "of-the-size")
		})
	}
}

// TestACompactionIsDueFromAnEventOn, and asked for once until it is begun.
func TestACompactionIsDueFromAnEventOn(t *testing.T) {
	c := &compactor{due: make(chan struct{}, 1)}
	c.next.Store(5)
	if c.reach(4); len(c.due) != 0 {
		t.Error("it is due before")
	}
	for _, last := range []Seq{5, 6} {
		if c.reach(last); len(c.due) != 1 {
			t.Errorf("after event %d it is due %d times", last, len(c.due))
		}
	}
}

// TestWhatIsInTheWayOfACompactionIsTold.
func TestWhatIsInTheWayOfACompactionIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	b := openToCompact(t, path, BoltOptions{})
	if err := os.MkdirAll(filepath.Join(compactionPath(path), "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.Compact(t.Context()); err == nil || !strings.Contains(err.Error(), "remove "+compactionPath(path)) {
		t.Errorf("it is answered %v", err)
	}
	fillLedger(t, b, 0, 1)
	if b.compacts.compact(t.Context()); b.compacts.next.Load() != leastCompact+1 {
		t.Errorf("after one that failed the next one is due at %d events", b.compacts.next.Load())
	}
}

// TestACompactionNeedsTwiceTheFilesSize, and no more.
func TestACompactionNeedsTwiceTheFilesSize(t *testing.T) {
	for room, lacks := range map[uint64]bool{199: true, 200: false} {
		c := &compactor{of: &Bolt{path: "ledger.db"}, room: func(string) (uint64, error) { return room, nil }}
		if c.lacksRoom(100) != lacks {
			t.Errorf("with %d bytes there is too little room: %v", room, !lacks)
		}
	}
}
