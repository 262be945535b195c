package bus_test

import (
	"context"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// TestAnErasureLeavesNoConsumers: a stream has room for so many, and those of a thousand erasures took it.
func TestAnErasureLeavesNoConsumers(t *testing.T) {
	b := open(t)
	count := func() (n int) {
		for _, name := range []string{bus.Inbox, bus.Outbox} {
			s, err := b.JetStream().Stream(brief(t), name)
			if err != nil {
				t.Fatal(err)
			}
			n += s.CachedInfo().State.Consumers
		}
		return n
	}
	was := count()
	for _, subject := range []string{"", "sync.f1.matter.synced"} { // of no message, and of one
		if subject != "" {
			if _, err := b.JetStream().Publish(brief(t), subject, []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "the firm's messages are read", func(ctx context.Context) bool {
			return b.EraseMessages(ctx, "f1", func([]byte) bool { return false }) == nil
		})
	}
	if n := count(); n != was {
		t.Errorf("%d consumers are left, there were %d", n, was)
	}
}
