package sealing

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// What the ledger remembers of a matter goes with its key, also what a decision that was under way
// has read before.
func TestNothingIsRememberedOfADestroyedKey(t *testing.T) {
	dir := t.TempDir()
	keys := openKeys(t, dir)
	store, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Seals: &Sealer{Keys: keys}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = store.Close(), keys.Close() })
	facts := []domain.Event{domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Version: 1, Title: "Rivera v. Apex"}}, domain.SyncRequested{Sync: "s_1"}}
	if _, err := store.Append(t.Context(), eventstore.Commit{Stream: somewhere, At: time.Now(), Events: facts}); err != nil {
		t.Fatal(err)
	}
	title := func() string {
		m, _, err := eventstore.Load[domain.Matter](t.Context(), store, somewhere)
		if err != nil {
			t.Fatal(err)
		}
		return m.Data.Title
	}
	if got := title(); got != "Rivera v. Apex" {
		t.Fatalf("its title is %q", got)
	}
	_, _, err = eventstore.Execute(t.Context(), store, time.Now, somewhere, func(domain.Matter) ([]domain.Event, error) {
		if err := keys.Destroy(somewhere.String()); err != nil {
			return nil, err
		}
		store.Forget()
		return []domain.Event{domain.MatterErased{Erase: "er_1"}}, nil
	})
	if got := title(); err != nil || got == "Rivera v. Apex" {
		t.Errorf("after the erasure its title is %q, %v", got, err)
	}
}
