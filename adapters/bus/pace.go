package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// pace is the rate of messages and bytes of one kind at which a tenant may send. The messages of
// a faster tenant wait; beyond a number of waiting messages they are refused, and the tenant is
// told when to retry.
type pace struct {
	messages, bytes *rate.Limiter // nil: as many as are answered
	waits           int           // messages that may wait in the queue; 0: as many as it holds
}

// asks is the pace of requests to JetStream's API.
func asks() pace { return pace{messages: rate.NewLimiter(200, 1000)} }

// tells is the pace of events. One firm's tenant must neither occupy the intake for all others
// nor fill the disk.
func (g tenant) tells() pace {
	if g.firm == "" {
		return pace{} // each firm's events wait in a queue of their own: see [firmQueues]
	}
	return pace{messages: rate.NewLimiter(100, 2_000), bytes: rate.NewLimiter(256<<10, 64<<20), waits: 4_096}
}

// puts is the pace of documents, by their bytes: the store keeps a confirmed document for a week.
func (g tenant) puts() pace {
	if g.firm == "" {
		return pace{}
	}
	return pace{bytes: rate.NewLimiter(1<<20, 4<<30), waits: 64}
}

// longestWait is how long a message may wait for the limiter of bytes.
const longestWait = 2 * time.Second

// tooMuch begins a refusal after which a retry helps.
const tooMuch = "these are more messages, or more bytes, than the engine accepts at once"

// take waits until the message is within the pace, or refuses it.
func (p pace) take(ctx context.Context, m *nats.Msg) error {
	now := time.Now()
	var wait time.Duration
	var taken []*rate.Reservation
	reserve := func(limit *rate.Limiter, n int) {
		if limit != nil {
			r := limit.ReserveN(now, n)
			taken, wait = append(taken, r), max(wait, r.DelayFrom(now))
		}
	}
	reserve(p.messages, 1)
	reserve(p.bytes, len(m.Data))
	if wait == 0 {
		return nil
	}
	queued, _, err := m.Sub.Pending()
	if err == nil && p.waits > 0 && (queued > p.waits || wait > longestWait) {
		for _, r := range taken {
			r.CancelAt(now)
		}
		return refusal(fmt.Sprintf("%s; try again in %d seconds", tooMuch, 1+int(wait/time.Second)))
	}
	return retry.Wait(ctx, wait)
}
