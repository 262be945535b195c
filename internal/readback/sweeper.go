package readback

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// SweepViews are the rows that say which firms are to be swept. They may lag behind the ledger.
type SweepViews interface {
	// Swept lists the firms.
	Swept() ([]SweptFirm, error)
	// SweptResources lists what of a firm's account is linked.
	SweptResources(f domain.FirmID) ([]domain.LinkedResource, error)
	Changes() (position uint64, moved <-chan struct{})
	Wait(ctx context.Context, position uint64) error
}

// SweptFirm is a firm as it is swept.
type SweptFirm struct {
	domain.SweepNeeds
	Sweeps domain.Sweeps
}

// Sweeper looks at what Smokeball lists as changed, after each gap in which webhooks may have
// been lost, every night, and at an interval where none arrive. What was changed by others and
// is not known is to be read then, as if a webhook had told of it.
type Sweeper struct {
	Sights
	Lists Lists
	Views SweepViews
	Pace  *Pace
	// Attempt marks a firm's calls as those that fit in between; nil: they are like others.
	Attempt func(ctx context.Context, f domain.FirmID) context.Context
	Swept   func(reason domain.SweepReason, found int) // counts sweeps that have ended; nil: nobody does
	Log     *slog.Logger

	mu    sync.Mutex
	busy  map[domain.FirmID]bool
	rests map[domain.FirmID]pause
}

const (
	// sweptAtOnce is how many firms are swept at once: one that Smokeball answers slowly holds
	// up few others.
	sweptAtOnce = 4
	// settle is how long the sweeper waits after the rows have moved: it reads all firms' rows.
	settle = 2 * time.Second
	// longestSleep is how long it waits where nothing tells that there is something to do.
	longestSleep = 10 * time.Minute
)

// Run sweeps until ctx ends, and returns nil then.
func (w *Sweeper) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	done := make(chan struct{}, 1)
	w.busy, w.rests = map[domain.FirmID]bool{}, map[domain.FirmID]pause{}
	for ctx.Err() == nil {
		_, moved := w.Views.Changes()
		firms, err := w.Views.Swept()
		if err != nil && ctx.Err() == nil {
			w.Log.Error("can't read which firms are to be swept; the engine retries", "err", err)
		}
		due, next := w.due(firms)
		for _, one := range due {
			if w.take(one.Firm) {
				work.Go(func() { w.sweep(ctx, one); w.release(one.Firm, done) })
			}
		}
		w.sleep(ctx, moved, done, next)
	}
	return nil
}

// sleep waits until a sweep may be due.
func (w *Sweeper) sleep(ctx context.Context, moved, done <-chan struct{}, next time.Time) {
	timer := time.NewTimer(max(0, next.Sub(w.Now())))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-done:
	case <-timer.C:
	case <-moved:
		_ = retry.Wait(ctx, settle) // ends early with ctx only
	}
}

// due are the firms that are to be swept, those that wait longest first, and when to look again.
func (w *Sweeper) due(firms []SweptFirm) (list []SweptFirm, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	next = now.Add(longestSleep)
	at := map[domain.FirmID]time.Time{}
	for _, f := range firms {
		if w.busy[f.Firm] {
			continue
		}
		begin := f.Sweeps.Next(f.SweepNeeds, now)
		if begin.IsZero() {
			continue
		}
		begin = later2(begin, w.rests[f.Firm].until)
		if begin.After(now) {
			next = earlier(next, begin)
			continue
		}
		at[f.Firm] = begin
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b SweptFirm) int { return cmp.Or(at[a.Firm].Compare(at[b.Firm]), cmp.Compare(a.Firm, b.Firm)) })
	return list, next
}

// take reports whether the firm can be swept now: nobody does, and not too many others are.
func (w *Sweeper) take(f domain.FirmID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[f] || len(w.busy) >= sweptAtOnce {
		return false
	}
	w.busy[f] = true
	return true
}

func (w *Sweeper) release(f domain.FirmID, done chan<- struct{}) {
	w.mu.Lock()
	delete(w.busy, f)
	w.mu.Unlock()
	select {
	case done <- struct{}{}:
	default: // it is told already
	}
}

// sweep sweeps a firm, and lets it rest where that failed, or where nothing of it is linked.
func (w *Sweeper) sweep(ctx context.Context, f SweptFirm) {
	rest, err := w.sweepNow(ctx, f)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil || ctx.Err() != nil {
		w.rests[f.Firm] = pause{until: w.Now().Add(rest)}
		return
	}
	p := w.rests[f.Firm]
	p.failures++
	d := faults.Delay(p.failures)
	if ce := domain.AsCallError(err); ce != nil {
		d = max(d, ce.After)
	}
	p.until = w.Now().Add(d)
	w.rests[f.Firm] = p
	w.Log.Warn("a firm's Smokeball account can't be swept now; retrying", "firm", f.Firm, "in", d, "err", err)
}

// sweepNow makes the sweep that is due by the ledger: the rows may lag behind it. It returns
// how long the firm need not be looked at.
func (w *Sweeper) sweepNow(ctx context.Context, f SweptFirm) (rest time.Duration, err error) {
	var is domain.Sweeps
	if f.Connection, _, err = eventstore.Load[domain.Connection](ctx, w.Ledger, domain.ConnectionStream(f.Firm)); err == nil {
		is, _, err = eventstore.Load[domain.Sweeps](ctx, w.Ledger, domain.SweepStream(f.Firm))
	}
	now, ok := is.Begin(f.SweepNeeds, w.Now())
	if err != nil || !ok {
		return settle, err
	}
	linked, err := w.Views.SweptResources(f.Firm)
	switch {
	case err != nil:
		return 0, err
	case len(linked) == 0 && now.Reason == domain.SweepInterval:
		return f.Every, nil
	}
	if w.Attempt != nil {
		ctx = w.Attempt(ctx, f.Firm)
	}
	s := &sweep{Sweeper: w, firm: f.Firm, now: now, linked: map[domain.SmokeballID]domain.LinkedResource{}, listed: map[domain.SmokeballID]bool{}}
	for _, l := range linked {
		s.linked[l.Resource] = l
	}
	if err = s.run(ctx); err == nil && w.Swept != nil {
		w.Swept(s.now.Reason, s.now.Found)
	}
	_ = w.Views.Wait(ctx, s.through) // ends early with ctx only
	return 0, err
}
