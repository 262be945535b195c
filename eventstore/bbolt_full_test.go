//go:build linux

package eventstore_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// A disk without room, here a limit on the size of files, refuses what waits and
// nothing else: the store goes on by itself when there is room again.
func TestBoltFullDisk(t *testing.T) {
	if !inItsOwnProcess(t) {
		return
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	store := openBolt(t, path)
	grow(t, store, 5)

	restore := limitFileSize(t, 1<<20)
	failures := appendLarge(t, store, 8)
	if failures == 0 {
		t.Fatal("the limit was not reached")
	}
	n, head, err := eventstore.Load[counter](t.Context(), store, one)
	if err != nil || n != 5 {
		t.Fatalf("while the disk is full: %d events, %v", n, err)
	}
	restore()

	grow(t, store, 1)
	closeStore(t, store)
	store = openBolt(t, path)
	n, last, err := eventstore.Load[counter](t.Context(), store, one)
	if err != nil || n != 6 || last.Version != head.Version+1 {
		t.Fatalf("after the disk was full: %d events, %v", n, err)
	}
	if err := replayAll(store); err != nil {
		t.Fatal(err)
	}
}

// appendLarge lets n writers append large events to streams of their own at once and
// counts who fails.
func appendLarge(t *testing.T, store eventstore.Store, n int) (failures int) {
	t.Helper()
	large := domain.SyncReleased{Reason: domain.ReleaseReason(strings.Repeat("x", 800_000))}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = store.Append(t.Context(), eventstore.Commit{
				Stream: domain.WebhookStream("f_1", "r_"+string(rune('a'+i))), At: t0, Events: []domain.Event{large}})
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			continue
		}
		failures++
		if errors.Is(err, eventstore.ErrConflict) || !strings.Contains(err.Error(), "write ledger") {
			t.Errorf("append to a full disk: %v", err)
		}
	}
	return failures
}

// inItsOwnProcess says whether a test runs in a process of its own. If not, it runs the test in one: a limit of the
// process would refuse the files of the other tests too, and the log that go test keeps of what they open.
func inItsOwnProcess(t *testing.T) bool {
	t.Helper()
	const alone = "EVENTSTORE_TEST_ALONE"
	if os.Getenv(alone) == t.Name() {
		return true
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), alone+"="+t.Name())
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v:\n%s", err, out)
	}
	return false
}

// limitFileSize lets no file of this process grow beyond size until restore.
func limitFileSize(t *testing.T, size uint64) (restore func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	set := func(l syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
			t.Error(err)
		}
	}
	set(syscall.Rlimit{Cur: size, Max: was.Max})
	restore = sync.OnceFunc(func() { set(was) })
	t.Cleanup(restore)
	return restore
}

// TestACompactionWithoutRoomLeavesNothing: neither one that finds no room for its first bytes nor one that ends
// in its middle leaves a file, and the ledger is what it was.
func TestACompactionWithoutRoomLeavesNothing(t *testing.T) {
	if !inItsOwnProcess(t) {
		return
	}
	for _, room := range []uint64{100, 20_000, 300_000} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		store := openBolt(t, path)
		if failures := appendLarge(t, store, 4); failures > 0 {
			t.Fatal("the ledger was not filled")
		}
		restore := limitFileSize(t, room)
		err := store.Compact(t.Context())
		restore()
		if err == nil {
			t.Errorf("%d bytes of room: it was compacted", room)
		}
		if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%d bytes of room: the beginning of a copy is left: %v", room, err)
		}
		if err := replayAll(store); err != nil {
			t.Error(err)
		}
		if err := store.Compact(t.Context()); err != nil {
			t.Errorf("with room again: %v", err)
		}
	}
}
