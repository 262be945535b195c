package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// pace is how many messages and bytes a tenant may send of one kind. A tenant that is ahead of
// it waits, as long as few of its messages wait; one that sends on all the same is refused and
// told when to retry.
type pace struct {
	messages, bytes *rate.Limiter // nil: as many as are answered
	waits           int           // messages that may wait in the queue; 0: as many as it holds
}

// asks is the pace of what is asked of JetStream's API.
func asks() pace { return pace{messages: rate.NewLimiter(200, 1000)} }

// tells is the pace of events. What one firm's tenant sends must not keep the intake busy for
// all others, nor fill the disk.
func (g tenant) tells() pace {
	if g.firm == "" {
		return pace{} // each firm's events wait in a queue of their own: see [firmQueues]
	}
	return pace{messages: rate.NewLimiter(100, 2_000), bytes: rate.NewLimiter(256<<10, 64<<20), waits: 4_096}
}

// puts is the pace of documents, by their bytes: what was confirmed leaves the store after a
// week.
func (g tenant) puts() pace {
	if g.firm == "" {
		return pace{}
	}
	return pace{bytes: rate.NewLimiter(1<<20, 4<<30), waits: 64}
}

// longestWait is how long a single message may wait for its bytes.
const longestWait = 2 * time.Second

// tooMuch begins a refusal for which coming again helps.
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
