package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Rows are what can expire, and how long a firm keeps it.
type Rows interface {
	// Chosen is how long a firm keeps things.
	Chosen(f domain.FirmID) (domain.Retention, error)
	// Over lists the oldest syncs that ended before a moment and did not change after a ledger position.
	Over(f domain.FirmID, before time.Time, until uint64, limit int) ([]domain.ExpiredSync, error)
	// Before lists the oldest entries of the audit trail before a moment.
	Before(f domain.FirmID, before time.Time, limit int) ([]domain.AuditKey, error)
	// Decided lists the oldest dead letters that were decided before a moment.
	Decided(f domain.FirmID, before time.Time, limit int) (ids []string, err error)
	// Wait returns when the rows include a ledger position.
	Wait(ctx context.Context, position uint64) error
}

// Remover appends what has expired.
type Remover struct {
	Service
	Rows  Rows
	Firms func() ([]domain.FirmID, error)
	// Told is the ledger position up to which CaseHug was told of everything: an entry that it is still
	// to be told of is kept.
	Told func(context.Context) (uint64, error)
	// Destroy destroys the data keys of streams. Nil: nothing is sealed.
	Destroy func(streams ...string) error
	Log     *slog.Logger
}

const (
	// betweenLooks is the longest pause between two looks for what has expired.
	betweenLooks = 10 * time.Minute
	// batch is how many entries expire by one event.
	batch = 500
)

// Run looks until ctx ends, and returns nil then.
func (r *Remover) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := r.Look(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("can't remove what has expired; the engine retries", "err", err)
		}
		_ = retry.Wait(ctx, within(r.Defaults, betweenLooks))
	}
	return nil
}

// within is a pause in which little expires late: half of the shortest default at most.
func within(t domain.RetentionTimes, most time.Duration) time.Duration {
	for _, kept := range []time.Duration{t.History, t.Audit, t.DeadLetters} {
		if kept > 0 {
			most = min(most, kept/2)
		}
	}
	return most
}

// Look removes what has expired of all firms. One that fails does not hold up the others.
func (r *Remover) Look(ctx context.Context) error {
	firms, err := r.Firms()
	if err != nil {
		return err
	}
	var faults error
	for _, f := range append(firms, domain.Nobody) {
		if err := r.firm(ctx, f); err != nil {
			faults = errors.Join(faults, fmt.Errorf("firm %s: %w", f, err))
		}
	}
	return faults
}

func (r *Remover) firm(ctx context.Context, f domain.FirmID) error {
	chosen, err := r.Rows.Chosen(f)
	if err != nil {
		return err
	}
	now, kept := r.Now(), r.Times(chosen)
	for _, kind := range []struct {
		kept   time.Duration
		remove func(context.Context, domain.FirmID, time.Time) (position uint64, err error)
	}{{kept.History, r.history}, {kept.Audit, r.audit}, {kept.DeadLetters, r.deadLetters}} {
		for kind.kept > 0 {
			position, err := kind.remove(ctx, f, now.Add(-kind.kept).UTC())
			if err == nil && position > 0 {
				err = r.Rows.Wait(ctx, position)
			}
			if err != nil {
				return err
			}
			if position == 0 {
				break
			}
		}
	}
	return nil
}

// history removes entries of syncs, and returns the ledger position of the event; 0: there are none.
func (r *Remover) history(ctx context.Context, f domain.FirmID, before time.Time) (uint64, error) {
	told, err := r.Told(ctx)
	if err != nil {
		return 0, err
	}
	syncs, err := r.Rows.Over(f, before, told, batch)
	if err != nil || len(syncs) == 0 {
		return 0, err
	}
	return r.append(ctx, f, domain.HistoryExpired{Before: before, Syncs: syncs})
}

func (r *Remover) audit(ctx context.Context, f domain.FirmID, before time.Time) (uint64, error) {
	entries, err := r.Rows.Before(f, before, batch)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	return r.append(ctx, f, domain.AuditExpired{Before: before, Entries: entries})
}

// append appends an event to the stream of the day. What others append meanwhile changes nothing of it.
func (r *Remover) append(ctx context.Context, f domain.FirmID, e domain.Event) (uint64, error) {
	_, head, err := eventstore.Execute(ctx, r.Ledger, r.Now, domain.ExpiryStream(f, r.Now()), func(nothing) ([]domain.Event, error) { return []domain.Event{e}, nil })
	return uint64(head.Seq), err
}

// nothing is folded of a stream whose events do not depend on each other.
type nothing struct{}

func (n nothing) Apply(domain.Event, time.Time) nothing { return n }

// deadLetters destroys the keys of dead letters before it appends that they have expired: if the engine
// is killed in between, the next look finds them again.
func (r *Remover) deadLetters(ctx context.Context, f domain.FirmID, before time.Time) (position uint64, err error) {
	ids, err := r.Rows.Decided(f, before, batch)
	for _, id := range ids {
		if err != nil {
			return 0, err
		}
		position, err = r.deadLetter(ctx, domain.DeadLetterStream(f, id), before)
	}
	return position, err
}

func (r *Remover) deadLetter(ctx context.Context, s domain.Stream, before time.Time) (uint64, error) {
	d, head, err := eventstore.Load[domain.DeadLetter](ctx, r.Ledger, s)
	if err != nil || len(d.Remove(before)) == 0 {
		return uint64(head.Seq), err
	}
	if r.Destroy != nil {
		if err := r.Destroy(s.String()); err != nil {
			return 0, err
		}
	}
	_, head, err = eventstore.Execute(ctx, r.Ledger, r.Now, s, func(d domain.DeadLetter) ([]domain.Event, error) { return d.Remove(before), nil })
	return uint64(head.Seq), err
}
