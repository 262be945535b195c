package eventstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

var t0 = time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)

// counter counts events.
type counter int

func (c counter) Apply(domain.Event, time.Time) counter { return c + 1 }

func TestBoltIsForOneEngine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	openBolt(t, path)
	for name, open := range opens {
		_, err := open(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "another engine") {
			t.Errorf("%s while an engine runs: %v", name, err)
		}
	}
}

func TestBoltFileIsPrivate(t *testing.T) {
	path := fiveEvents(t)
	for _, p := range []string{path, mark(path)} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
	}
}

func TestBoltReadOnly(t *testing.T) {
	path := fiveEvents(t)
	for range 2 { // side by side
		store, err := eventstore.OpenBoltReadOnly(path, eventstore.BoltOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer closeStore(t, store)
		n, head, err := eventstore.Load[counter](t.Context(), store, one)
		if err != nil || n != 5 {
			t.Fatalf("load %d events: %v", n, err)
		}
		if err := replayAll(store); err != nil {
			t.Fatal(err)
		}
		_, err = store.Append(t.Context(), eventstore.Commit{Stream: one, Last: head, At: t0, Events: []domain.Event{domain.SyncReleased{}}})
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("append: %v", err)
		}
	}
}

func TestBoltOpenFaults(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(other, []byte(strings.Repeat("not a ledger\n", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "missing", "ledger.db"), other, dir} {
		for name, open := range opens {
			if _, err := open(path); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s %s: %v", name, path, err)
			}
		}
	}
	if _, err := eventstore.OpenBoltReadOnly(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open for reading what is not there: %v", err)
	}
}

// A closed ledger says so to everyone, and ends those who wait.
func TestBoltClosed(t *testing.T) {
	store := openBolt(t, filepath.Join(t.TempDir(), "ledger.db"))
	grow(t, store, 1)
	ended := make(chan error, 1)
	reached := make(chan struct{})
	go func() {
		for _, err := range store.Tail(context.Background(), 0) {
			if err != nil {
				ended <- err
				return
			}
			close(reached)
		}
		ended <- nil
	}()
	<-reached
	closeStore(t, store)
	if err := <-ended; !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("tail: %v", err)
	}
	if err := readAll(store); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	_, err := store.Append(t.Context(), eventstore.Commit{Stream: one, At: t0, Events: []domain.Event{domain.SyncReleased{}}})
	if !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("append: %v", err)
	}
	closeStore(t, store)
}
