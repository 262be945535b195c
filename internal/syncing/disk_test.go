package syncing_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestOnDisk tells the story of a day with the ledger that an engine has on one machine,
// closed and opened again on the way.
func TestOnDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 1})
		path := filepath.Join(t.TempDir(), "ledger.db")
		open := func() *eventstore.Bolt {
			b, err := eventstore.OpenBolt(path, eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
			o.must(err)
			o.ledger, o.last = b, func() uint64 {
				at, err := b.Last(t.Context())
				o.must(err)
				return uint64(at)
			}
			return b
		}
		b := open()
		t.Cleanup(func() { o.stop(); _ = b.Close() })
		o.start()
		o.connect()
		for _, e := range o.day() {
			o.tell(e)
			o.stop()
			o.must(b.Close())
			b = open()
			o.start()
			o.tell(e)
		}
		o.rest()
		for _, e := range o.entries("m_accident") {
			if e.Status != domain.Succeeded && e.Status != domain.Skipped {
				t.Errorf("sync %s is %s: %s", e.ID, e.Status, told(e.Error))
			}
		}
		o.wantsOneOfEach()
	})
}
