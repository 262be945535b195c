package eventstore_test

import (
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/eventstore/eventstoretest"
)

func TestBolt(t *testing.T) {
	t.Parallel()
	eventstoretest.Run(t, func(t *testing.T) eventstoretest.Ledger {
		path := filepath.Join(t.TempDir(), "ledger.db")
		store := openBolt(t, path)
		return eventstoretest.Ledger{
			Store: store,
			Reopen: func(t *testing.T) eventstore.Store {
				closeStore(t, store)
				return openBolt(t, path)
			},
		}
	})
}

// openBolt opens a ledger that is closed with the test at the latest.
func openBolt(t testing.TB, path string) *eventstore.Bolt {
	t.Helper()
	store, err := eventstore.OpenBolt(path, eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, store) })
	return store
}

func closeStore(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBoltThatIsCompacted keeps every promise while its file is replaced all the time.
func TestBoltThatIsCompacted(t *testing.T) {
	eventstoretest.Run(t, func(t *testing.T) eventstoretest.Ledger {
		path := filepath.Join(t.TempDir(), "ledger.db")
		var work sync.WaitGroup
		open := func() *eventstore.Bolt {
			store := openBolt(t, path)
			work.Go(func() {
				for store.Compact(t.Context()) == nil {
					runtime.Gosched()
				}
			})
			t.Cleanup(work.Wait) // its context has ended by then
			return store
		}
		store := open()
		return eventstoretest.Ledger{
			Store: store,
			Reopen: func(t *testing.T) eventstore.Store {
				closeStore(t, store)
				return open()
			},
		}
	})
}
