package readback

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/agenda"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// SweepViews are the rows that say which firms are to be swept. They may lag behind the ledger.
type SweepViews interface {
	// FollowSwept follows the firms: changed yields those that have changed since it was called last, at first all.
	FollowSwept() (changed func(fn func(SweptFirm)) error, stop func())
	// SweptFirm is one of them as it is now.
	SweptFirm(f domain.FirmID) (SweptFirm, error)
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
}

// sweeping is what a running sweeper knows of the firms.
type sweeping struct {
	*Sweeper
	due   agenda.Agenda // of firms that are not being swept
	busy  map[domain.FirmID]bool
	rests map[domain.FirmID]pause
	ended chan sweepEnd
}

// sweepEnd is what came of a try to sweep a firm.
type sweepEnd struct {
	firm domain.FirmID
	rest time.Duration // that the firm need not be looked at
	err  error
}

const (
	// sweptAtOnce is how many firms are swept at once: one that Smokeball answers slowly holds
	// up few others.
	sweptAtOnce = 4
	// settle is how long the sweeper waits after the rows have moved: several facts make one look.
	settle = 2 * time.Second
	// longestSleep is how long it waits where nothing tells that there is something to do, and after how
	// long it looks at all firms again: what is due depends on the clock and on how many firms there are.
	longestSleep = 10 * time.Minute
)

// Run sweeps until ctx ends, and returns nil then.
func (w *Sweeper) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	s := &sweeping{Sweeper: w, busy: map[domain.FirmID]bool{}, rests: map[domain.FirmID]pause{}, ended: make(chan sweepEnd, sweptAtOnce)}
	for ctx.Err() == nil {
		s.follow(ctx, &work)
	}
	return nil
}

// follow looks at all firms, and for a while at those that change.
func (s *sweeping) follow(ctx context.Context, work *sync.WaitGroup) {
	changed, stop := s.Views.FollowSwept()
	defer stop()
	for again := s.Now().Add(longestSleep); ctx.Err() == nil && s.Now().Before(again); {
		_, moved := s.Views.Changes()
		next := again
		if err := s.look(ctx, changed, work); err != nil && ctx.Err() == nil {
			s.Log.Error("can't read which firms are to be swept; the engine retries", "err", err)
			next = s.Now().Add(settle)
		}
		if at := s.due.Next(); len(s.busy) < sweptAtOnce && !at.IsZero() {
			next = earlier(next, at)
		}
		s.sleep(ctx, moved, next)
	}
}

// look notes when the firms that changed are due, and begins as many sweeps as may run.
func (s *sweeping) look(ctx context.Context, changed func(func(SweptFirm)) error, work *sync.WaitGroup) error {
	if err := changed(s.note); err != nil {
		return err
	}
	for len(s.busy) < sweptAtOnce {
		firm, ok := s.due.Take(s.Now())
		if !ok {
			return nil
		}
		f, err := s.Views.SweptFirm(firm)
		if err != nil {
			s.due.Set(firm, s.Now().Add(settle))
			return err
		}
		if at := s.when(f); at.IsZero() || at.After(s.Now()) {
			s.due.Set(firm, at)
			continue
		}
		s.busy[firm] = true
		work.Go(func() {
			rest, err := s.sweepNow(ctx, f)
			s.ended <- sweepEnd{firm, rest, err}
		})
	}
	return nil
}

// note notes when a firm is due.
func (s *sweeping) note(f SweptFirm) {
	if !s.busy[f.Firm] {
		s.due.Set(f.Firm, s.when(f))
	}
}

// when is when a firm is due; zero: nothing tells.
func (s *sweeping) when(f SweptFirm) time.Time {
	begin := f.Sweeps.Next(f.SweepNeeds, s.Now())
	if begin.IsZero() {
		return begin
	}
	return later2(begin, s.rests[f.Firm].until)
}

// sleep waits until a sweep may be due.
func (s *sweeping) sleep(ctx context.Context, moved <-chan struct{}, next time.Time) {
	timer := time.NewTimer(max(0, next.Sub(s.Now())))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case e := <-s.ended:
		s.end(ctx, e)
	case <-timer.C:
	case <-moved:
		_ = retry.Wait(ctx, settle) // ends early with ctx only
	}
}

// end lets a firm rest where its sweep failed, or where nothing of it is linked. Then it is due again.
func (s *sweeping) end(ctx context.Context, e sweepEnd) {
	delete(s.busy, e.firm)
	p := pause{until: s.Now().Add(e.rest)}
	if e.err != nil && ctx.Err() == nil {
		p = s.rests[e.firm]
		p.failures++
		d := faults.Delay(p.failures)
		if ce := domain.AsCallError(e.err); ce != nil {
			d = max(d, ce.After)
		}
		p.until = s.Now().Add(d)
		s.Log.Warn("a firm's Smokeball account can't be swept now; retrying", "firm", e.firm, "in", d, "err", e.err)
	}
	s.rests[e.firm] = p
	s.due.Set(e.firm, p.until)
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
