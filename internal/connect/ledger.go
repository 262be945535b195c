package connect

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// ledger reads and appends the facts of firms' connections. Its locks allow one change of a
// firm's connection at a time in this engine.
type ledger struct {
	store eventstore.Store
	now   func() time.Time
	locks keyed.Mutex[domain.FirmID]
}

func (l *ledger) append(ctx context.Context, f domain.FirmID, decide func(domain.Connection) []domain.Event) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, l.store, l.now, domain.ConnectionStream(f),
		func(c domain.Connection) ([]domain.Event, error) { return decide(c), nil })
	return uint64(head.Seq), err
}

func (l *ledger) load(ctx context.Context, f domain.FirmID) (domain.Connection, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, l.store, domain.ConnectionStream(f))
	return c, err
}

// position is the ledger position of the connection's newest fact.
func (l *ledger) position(ctx context.Context, f domain.FirmID) (uint64, error) {
	_, head, err := eventstore.Load[domain.Connection](ctx, l.store, domain.ConnectionStream(f))
	return uint64(head.Seq), err
}

func (l *ledger) decide(ctx context.Context, f domain.FirmID, decide func(domain.Connection) []domain.Event) error {
	_, err := l.append(ctx, f, decide)
	return err
}

func (l *ledger) exclusively(ctx context.Context, f domain.FirmID, do func() error) error {
	done, err := l.locks.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	return do()
}

// fail ends an attempt without a connection.
func (l *ledger) fail(ctx context.Context, a attempt, id string, r *domain.Rejection) error {
	_, err := l.append(ctx, a.Firm, func(domain.Connection) []domain.Event {
		return []domain.Event{domain.AuthorizationFailed{Attempt: id, Failure: r.Failure, By: a.By, ByName: a.ByName}}
	})
	if err != nil {
		return errors.Join(r, err)
	}
	return r
}
