package syncing

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Outbox publishes the results of syncs and changes of the connection to CaseHug, in the order of
// the ledger, each at least once and always under the same id. An event that can't be published
// while one of another stream can is set aside, so that it does not block the others.
type Outbox struct {
	Ledger     eventstore.Store
	Checkpoint Checkpoint
	// Entry is the history entry of a sync as the views have it at or after position; ErrExpired:
	// it is no longer kept.
	Entry func(ctx context.Context, f domain.FirmID, id domain.SyncID, position uint64) (json.RawMessage, error)
	// Connection is the connection status as the views have it at or after position.
	Connection func(ctx context.Context, f domain.FirmID, position uint64) (json.RawMessage, error)
	// Change is what people changed in Smokeball, as CaseHug is told of it.
	Change func(env eventstore.Envelope) (json.RawMessage, error)
	// Publish puts an event on the bus and returns when it is on disk there.
	Publish func(ctx context.Context, t OutboxMessage) error
	// SetAside keeps a note of an event that could not be published, and why.
	SetAside func(ctx context.Context, t OutboxMessage, cause error) error
	Stuck    *Stuck
	// Passed is told of each position up to which CaseHug was told of everything. Nil: nobody is.
	Passed func(position uint64)
}

// ErrExpired says that an entry is no longer kept, and so that CaseHug was told of it: no earlier one
// expires.
var ErrExpired = errors.New("syncing: the entry is no longer kept")

// Stuck counts how often the outbox has failed at one event.
type Stuck struct {
	at    eventstore.Seq
	tries int
}

// asideAfter is how many attempts an event gets before the next event is tried.
const asideAfter = 5

func (s *Stuck) failed(at eventstore.Seq) (tries int) {
	if s.at != at {
		s.at, s.tries = at, 0
	}
	s.tries++
	return s.tries
}

// OutboxMessage is one event for CaseHug.
type OutboxMessage struct {
	ID       string // the same for the same fact, always
	Firm     domain.FirmID
	Name     string // the end of its subject: matter.synced, matter.sync_failed, connection.changed
	Position uint64
	Envelope eventstore.Envelope
	Data     json.RawMessage
}

// Run publishes until ctx ends, and returns nil then.
func (o Outbox) Run(ctx context.Context) error {
	after, err := o.Checkpoint.Load(ctx)
	if err != nil {
		return fmt.Errorf("read the outbox position: %w", err)
	}
	if o.Passed != nil {
		o.Passed(after)
	}
	for env, err := range o.Ledger.Tail(ctx, eventstore.Seq(after)) {
		if err == nil {
			err = o.publishOrSetAside(ctx, env)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("tell CaseHug of the event at %d: %w", env.Seq, err)
		}
		if o.Passed != nil {
			o.Passed(uint64(env.Seq))
		}
	}
	return nil
}

// publishOrSetAside publishes an event for CaseHug, if it is one, then saves the checkpoint. It
// sets aside an event that fails repeatedly while the next one does not.
func (o Outbox) publishOrSetAside(ctx context.Context, env eventstore.Envelope) error {
	if topicOf(env.Event) == "" {
		return nil
	}
	err := o.publish(ctx, env)
	if err != nil && ctx.Err() == nil && o.Stuck.failed(env.Seq) >= asideAfter && o.nextGoes(ctx, env) {
		err = o.lastTry(ctx, env)
	}
	if err != nil {
		return err
	}
	return o.Checkpoint.Save(ctx, uint64(env.Seq))
}

// lastTry publishes an event once more, now that the next one was published: the bus may have come back
// between the two. If it fails again, the cause is its own, and it is set aside.
func (o Outbox) lastTry(ctx context.Context, env eventstore.Envelope) error {
	again := o.publish(ctx, env)
	if again == nil || ctx.Err() != nil {
		return again
	}
	return o.SetAside(ctx, published(env), again)
}

// nextWithin is how long nextGoes waits for the next event for CaseHug.
const nextWithin = 2 * time.Second

// nextGoes tries to publish the first event for CaseHug after another one, of another stream: CaseHug
// hears of one matter in order. Run publishes it again later, under the same id.
func (o Outbox) nextGoes(ctx context.Context, stuck eventstore.Envelope) bool {
	ctx, cancel := context.WithTimeout(ctx, nextWithin)
	defer cancel()
	for env, err := range o.Ledger.Tail(ctx, stuck.Seq) {
		if err != nil {
			return false
		}
		if topicOf(env.Event) != "" && env.Stream != stuck.Stream {
			return o.publish(ctx, env) == nil
		}
	}
	return false
}

// published is an event for CaseHug without its data. Its id holds what the event says and all
// that its stream held before: a ledger that is restored from a backup, and goes on
// differently from there, has other ids for other events.
func published(env eventstore.Envelope) OutboxMessage {
	return OutboxMessage{ID: "sync-" + hex.EncodeToString(env.Hash[:16]), Firm: env.Stream.Firm, Name: topicOf(env.Event), Position: uint64(env.Seq), Envelope: env}
}

func (o Outbox) publish(ctx context.Context, env eventstore.Envelope) error {
	t := published(env)
	var err error
	switch t.Name {
	case connectionChanged:
		t.Data, err = o.Connection(ctx, t.Firm, t.Position)
	case matterChanged, contactChanged:
		t.Data, err = o.Change(env)
	default:
		t.Data, err = o.Entry(ctx, t.Firm, ended(env.Event), t.Position)
	}
	if errors.Is(err, ErrExpired) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.Publish(ctx, t)
}

// The topics that are not about a sync.
const (
	connectionChanged = "connection.changed"
	matterChanged     = "matter.changed_in_smokeball"
	contactChanged    = "contact.changed_in_smokeball"
)

// topicOf is the topic under which an event is published to CaseHug; "" for the engine's own.
func topicOf(e domain.Event) string {
	switch e := e.(type) {
	case domain.MatterSeen:
		if len(e.Changed) > 0 {
			return matterChanged
		}
	case domain.ClientSeen:
		if len(e.Changed) > 0 {
			return contactChanged
		}
	case domain.DifferenceAccepted:
		return matterChanged
	case domain.ClientDifferenceAccepted:
		return contactChanged
	case domain.SyncSucceeded:
		return "matter.synced"
	case domain.SyncFailed:
		return "matter.sync_failed"
	case domain.ConnectionAuthorized, domain.ReauthorizationSoon, domain.ConnectionLost, domain.ReauthorizationRequired, domain.Disconnected,
		domain.ConnectionTroubled, domain.ConnectionRecovered:
		return connectionChanged
	}
	return ""
}

func ended(e domain.Event) domain.SyncID {
	switch e := e.(type) {
	case domain.SyncSucceeded:
		return e.Sync
	case domain.SyncFailed:
		return e.Sync
	}
	return ""
}
