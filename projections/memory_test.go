package projections_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// TestWaitingSyncsTakeLittleMemory: what is kept in memory of a sync that waits, beside its rows
// in the file, for whoever follows due work.
func TestWaitingSyncsTakeLittleMemory(t *testing.T) {
	const syncs, ceiling = 6_000, 250
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	v.Careless()
	next, stop := v.Work.FollowDue()
	defer stop()
	before := liveHeap()
	waiting(t, v, syncs)
	all(next)
	if err := v.Forget(); err != nil {
		t.Fatal(err)
	}
	each := (liveHeap() - before) / syncs
	t.Logf("%d bytes a sync", each)
	if each > ceiling {
		t.Errorf("a sync that waits takes %d bytes of memory, want at most %d", each, ceiling)
	}
	runtime.KeepAlive(v)
}

// TestWrittenRowsLeaveMemory: of a batch that is larger than what is kept in memory of rows, nothing stays there once
// it is written.
func TestWrittenRowsLeaveMemory(t *testing.T) {
	const size = 8 << 20 // of a title, which stands in the rows of several views
	l := newLedger()
	asked := requested("s_1", domain.TriggerManual)
	asked.Title = strings.Repeat("Long ", size/len("Long "))
	l.tell(t, domain.MatterStream(oak, matterOfMaria), asked)
	v := open(t, filepath.Join(t.TempDir(), "views.db"))
	before := liveHeap()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx, l) }()
	if err := v.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	held := liveHeap() - before
	for end := time.Now().Add(time.Minute); held > size/2 && time.Now().Before(end); held = liveHeap() - before {
		time.Sleep(20 * time.Millisecond) // no signal says that memory was given up
	}
	t.Logf("%.1f MB", float64(held)/1e6)
	if held > size/2 {
		t.Errorf("views hold %d bytes once a row of %d bytes is written, want at most half of it", held, size)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(v)
	runtime.KeepAlive(l)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// waiting folds so many syncs of 20 firms that wait for their firm's connection.
func waiting(t testing.TB, v interface {
	Take([]eventstore.Envelope) error
}, n int) {
	t.Helper()
	for part := range slices.Chunk(slices.Collect(func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}), 1000) {
		var list []eventstore.Envelope
		for _, i := range part {
			stream := domain.MatterStream(domain.FirmID(fmt.Sprintf("f_%d", i%20)), domain.MatterID(fmt.Sprintf("m_%d", i)))
			for version, e := range waitingMatter(i) {
				list = append(list, eventstore.Envelope{Seq: eventstore.Seq(i*5 + version + 1), Stream: stream, Version: uint64(version + 1),
					At: start.Add(time.Duration(i) * time.Second), Event: e})
			}
		}
		if err := v.Take(list); err != nil {
			t.Fatal(err)
		}
	}
}
