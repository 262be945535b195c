package syncing

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Outbox tells CaseHug what came of syncs and of the connection, event by event in
// the order of the ledger, each at least once and always under the same id.
type Outbox struct {
	Ledger eventstore.Store
	Mark   interface {
		// Load is the ledger position that was told last, 0 at first.
		Load(ctx context.Context) (uint64, error)
		Save(ctx context.Context, position uint64) error
	}
	// Entry is the history entry of a sync as the views have it at or after position.
	Entry func(ctx context.Context, f domain.FirmID, id domain.SyncID, position uint64) (json.RawMessage, error)
	// Connection is the connection status as the views have it at or after position.
	Connection func(ctx context.Context, f domain.FirmID, position uint64) (json.RawMessage, error)
	// Publish puts an event on the bus and returns when it is on disk there.
	Publish func(ctx context.Context, t Told) error
}

// Told is one event for CaseHug.
type Told struct {
	ID       string // the same for the same fact, always
	Firm     domain.FirmID
	Name     string // the end of its subject: matter.synced, matter.sync_failed, connection.changed
	Position uint64
	Envelope eventstore.Envelope
	Data     json.RawMessage
}

// Run tells until ctx ends, and returns nil then.
func (o Outbox) Run(ctx context.Context) error {
	after, err := o.Mark.Load(ctx)
	if err != nil {
		return fmt.Errorf("read the outbox position: %w", err)
	}
	for env, err := range o.Ledger.Tail(ctx, eventstore.Seq(after)) {
		if err == nil {
			err = o.tell(ctx, env)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("tell CaseHug of the event at %d: %w", env.Seq, err)
		}
	}
	return nil
}

// tell publishes what an event means for CaseHug, if anything, then moves the mark.
func (o Outbox) tell(ctx context.Context, env eventstore.Envelope) error {
	name := news(env.Event)
	if name == "" {
		return nil
	}
	t := Told{ID: "sync-" + strconv.FormatUint(uint64(env.Seq), 10), Firm: env.Stream.Firm, Name: name, Position: uint64(env.Seq), Envelope: env}
	var err error
	if name == connectionChanged {
		t.Data, err = o.Connection(ctx, t.Firm, t.Position)
	} else {
		t.Data, err = o.Entry(ctx, t.Firm, ended(env.Event), t.Position)
	}
	if err != nil {
		return err
	}
	if err := o.Publish(ctx, t); err != nil {
		return err
	}
	return o.Mark.Save(ctx, t.Position)
}

const connectionChanged = "connection.changed"

// news is the name under which CaseHug is told of an event; "" for the engine's own.
func news(e domain.Event) string {
	switch e.(type) {
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
