package inbound

import (
	"context"
	"errors"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// Groups publishes the webhooks of one firm and type that wait at the same time as one message,
// so that they share a flush to disk: while a message is being written, those that arrive form
// the next one. A webhook that comes alone is published at once, alone.
type Groups struct {
	// Publish publishes webhooks of one firm and type as one message, and returns when it is on
	// disk.
	Publish func(ctx context.Context, list []domain.WebhookDelivery) error

	turns keyed.Mutex[groupKey] // who writes
	mu    sync.Mutex
	open  map[groupKey]*group // what the next writer takes
}

var errNotPublished = errors.New("the webhook was not published")

type groupKey struct {
	firm domain.FirmID
	kind string
}

// groupBytes limits the bodies of one message: a dead letter of it holds about the whole.
const groupBytes = keptOfBody / 4 * 3

// group is the webhooks of one message.
type group struct {
	list []domain.WebhookDelivery
	size int // of their bodies, in bytes
	done chan struct{}
	err  error // once done is closed
}

// Add publishes a webhook, with others that wait, and returns when it is on disk.
func (g *Groups) Add(ctx context.Context, d domain.WebhookDelivery) error {
	key := groupKey{d.Firm, d.Webhook.Type}
	mine, leads := g.join(key, d)
	if leads {
		g.write(context.WithoutCancel(ctx), key, mine) // the others' callers wait for it too
		return mine.err
	}
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return ctx.Err() // it may be published
	}
}

// join adds the webhook to the key's open group. Whoever opens a group writes it.
func (g *Groups) join(key groupKey, d domain.WebhookDelivery) (mine *group, leads bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	mine = g.open[key]
	if mine == nil || mine.size+len(d.Body) > groupBytes {
		if g.open == nil {
			g.open = map[groupKey]*group{}
		}
		mine, leads = &group{done: make(chan struct{})}, true
		g.open[key] = mine
	}
	mine.list, mine.size = append(mine.list, d), mine.size+len(d.Body)
	return mine, leads
}

// write waits until the key's messages before are on disk, and publishes the group.
func (g *Groups) write(ctx context.Context, key groupKey, mine *group) {
	defer close(mine.done)
	leave, err := g.turns.Lock(ctx, key)
	if err != nil {
		mine.err = err
		return
	}
	defer leave()
	mine.err = errNotPublished // for the others, if Publish panics
	mine.err = g.Publish(ctx, g.shut(key, mine))
}

// shut lets no other webhook join the group, and returns those that did.
func (g *Groups) shut(key groupKey, mine *group) []domain.WebhookDelivery {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[key] == mine {
		delete(g.open, key)
	}
	return mine.list
}
