package projections_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// notified folds so many webhooks of a firm, after those that were.
func notified(t testing.TB, v *projections.Views, n int) {
	t.Helper()
	var list []eventstore.Envelope
	for i := range n {
		at := eventstore.Seq(v.Position()) + eventstore.Seq(i) + 1
		list = append(list, eventstore.Envelope{Seq: at, Stream: domain.WebhookStream(oak, fmt.Sprint("r_", at)), At: start.Add(time.Duration(at) * time.Millisecond),
			Event: domain.SmokeballWebhookReceived{Type: "matter.updated", Resource: domain.SmokeballID(fmt.Sprint("r_", at))}})
	}
	if err := v.Take(list); err != nil {
		t.Fatal(err)
	}
}

// TestAWebhookCostsTheSameAfterManyOthers: what one more webhook writes, and what
// the past of a firm reads, does not grow with those that came before in the same hour.
func TestAWebhookCostsTheSameAfterManyOthers(t *testing.T) {
	v := fresh(t, t.TempDir(), "views")
	defer discard(t, v)
	cost := func() (bytes int64) {
		before := v.Written()
		for range 20 {
			notified(t, v, 1)
		}
		return v.Written() - before
	}
	notified(t, v, 500)
	early := cost()
	for range 5 {
		notified(t, v, 1000)
	}
	if late := cost(); late > 2*early {
		t.Errorf("twenty webhooks wrote %d bytes after 500 others, %d after 5,500", early, late)
	}
	until := start.Add(3 * time.Second)
	p, err := v.Webhooks.WebhookTimeline(oak, until)
	if err != nil || p.Webhooks != 3000 || p.LastWebhook.Position != 3000 {
		t.Errorf("after 3 s came %d webhooks, the last at %d, %v", p.Webhooks, p.LastWebhook.Position, err)
	}
	reads := testing.AllocsPerRun(10, func() {
		if _, err := v.Webhooks.WebhookTimeline(oak, until); err != nil {
			t.Error(err)
		}
	})
	if reads > 100 {
		t.Errorf("to tell the past of a firm takes %v allocations", reads)
	}
}

// BenchmarkWebhookAfter is what the fold of one more webhook costs after others of its firm.
func BenchmarkWebhookAfter(b *testing.B) {
	for _, n := range []int{0, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			v := crowded(b, 0)
			for range n / 1000 {
				notified(b, v, 1000)
			}
			for b.Loop() {
				notified(b, v, 1)
			}
		})
	}
}
