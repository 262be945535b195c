package syncing

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Reservations ensures that no two CaseHug matters are linked to one matter of Smokeball: a link
// reserves Smokeball's matter first, in a stream of its own.
type Reservations struct {
	Ledger eventstore.Store
	Now    func() time.Time
}

// Reserve reserves Smokeball's matter for a CaseHug matter. If another one has reserved it,
// Reserve returns that one and reserves nothing.
func (r Reservations) Reserve(ctx context.Context, f domain.FirmID, matter domain.SmokeballID, id domain.MatterID) (holder domain.MatterID, err error) {
	for {
		was, _, err := eventstore.Load[domain.Reservation](ctx, r.Ledger, domain.LinkStream(f, matter))
		if err != nil {
			return "", err
		}
		linked, err := r.isLinked(ctx, f, was.Holder, matter)
		if err != nil {
			return "", err
		}
		moved := false
		_, _, err = eventstore.Execute(ctx, r.Ledger, r.Now, domain.LinkStream(f, matter), func(now domain.Reservation) ([]domain.Event, error) {
			if moved = now.Holder != was.Holder; moved {
				return nil, domain.ErrTaken // what is said of the holder is about another one
			}
			return now.Reserve(domain.MatterReserved{Matter: matter, For: id}, linked, r.Now())
		})
		switch {
		case moved:
			continue
		case errors.Is(err, domain.ErrTaken):
			return was.Holder, nil
		}
		return "", err
	}
}

// Free ends the reservation of a CaseHug matter that is no longer linked.
func (r Reservations) Free(ctx context.Context, f domain.FirmID, matter domain.SmokeballID, id domain.MatterID) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, r.Ledger, r.Now, domain.LinkStream(f, matter),
		func(now domain.Reservation) ([]domain.Event, error) {
			return now.Free(domain.MatterFreed{Matter: matter, For: id}), nil
		})
	return uint64(head.Seq), err
}

func (r Reservations) isLinked(ctx context.Context, f domain.FirmID, id domain.MatterID, matter domain.SmokeballID) (bool, error) {
	if id == "" {
		return false, nil
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, r.Ledger, domain.MatterStream(f, id))
	return m.Smokeball.ID == matter, err
}
