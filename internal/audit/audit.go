// Package audit writes down what people were refused. The first refusal of a kind is on
// disk before the caller hears of it; the same one again within a minute is only
// counted, and the count written when the minute is over, when somebody reads the trail
// or when the engine stops. So a flood of refusals neither fills the ledger nor slows it.
// Killed between, the engine forgets how often at most the last minute's were repeated.
package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Window is how long the same refusal again is only counted.
const Window = time.Minute

// MostKinds is how many kinds of refusals of one firm are distinguished within Window.
// Beyond that they are counted by person.
const MostKinds = 20

// ActionMany and CodeMany stand for refusals of more kinds than are distinguished.
const (
	ActionMany domain.Action = "many"
	CodeMany   domain.Code   = "too_many_refusals"
)

// Trail writes refusals down. Its zero value with the first three fields is ready.
type Trail struct {
	Ledger eventstore.Store
	Now    func() time.Time
	Log    *slog.Logger

	mu      sync.Mutex
	tallies map[kind]*tally
	kinds   map[domain.FirmID]int // that are distinguished

	writing sync.Mutex
	heads   map[domain.FirmID]place
}

// kind is what makes two refusals the same.
type kind struct {
	firm   domain.FirmID
	actor  string
	action domain.Action
	target string
	code   domain.Code
}

// tally counts refusals of a kind.
type tally struct {
	first  domain.RequestRefused
	untold int // not yet in the ledger
}

// Refuse writes down that somebody of the firm was refused; Since and Times are set
// here. A refusal stands even where it can't be written: that is logged.
func (t *Trail) Refuse(ctx context.Context, f domain.FirmID, r domain.RequestRefused) {
	if news := t.count(f, r, t.Now().UTC().Round(0)); len(news) > 0 {
		t.notify(ctx, news)
	}
}

// entry is a tally with what it counts.
type entry struct {
	kind
	*tally
}

// count adds a refusal to its tally. It returns what has to be written at once: a tally
// that is new, and before it the one of a minute that is over.
func (t *Trail) count(f domain.FirmID, r domain.RequestRefused, now time.Time) (news []entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, r := t.kindOf(f, r)
	if known := t.tallies[k]; known != nil && now.Sub(known.first.Since) < Window {
		known.untold++
		return nil
	} else if known != nil {
		t.close(k)
		news = append(news, entry{k, known})
	}
	r.Since = now
	return append(news, entry{k, t.open(k, r)})
}

// kindOf distinguishes refusals, up to MostKinds.
func (t *Trail) kindOf(f domain.FirmID, r domain.RequestRefused) (kind, domain.RequestRefused) {
	k := kind{f, r.Actor, r.Action, r.Target, r.Code}
	if t.tallies[k] != nil || t.kinds[f] < MostKinds {
		return k, r
	}
	return kind{firm: f, actor: r.Actor, code: CodeMany},
		domain.RequestRefused{Actor: r.Actor, Role: r.Role, Action: ActionMany, Code: CodeMany, Reason: "Refusals of more kinds than are told apart"}
}

func (t *Trail) open(k kind, first domain.RequestRefused) *tally {
	if t.tallies == nil {
		t.tallies, t.kinds = map[kind]*tally{}, map[domain.FirmID]int{}
	}
	n := &tally{first: first, untold: 1}
	t.tallies[k] = n
	if k.code != CodeMany {
		t.kinds[k.firm]++
	}
	return n
}

// closeOld takes away the tallies whose window is over, and returns them.
func (t *Trail) closeOld(now time.Time) []entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	var over []entry
	for k, n := range t.tallies {
		if now.Sub(n.first.Since) >= Window {
			t.close(k)
			over = append(over, entry{k, n})
		}
	}
	return over
}

func (t *Trail) close(k kind) {
	delete(t.tallies, k)
	if k.code != CodeMany {
		if t.kinds[k.firm]--; t.kinds[k.firm] == 0 {
			delete(t.kinds, k.firm)
		}
	}
}

// opened lists the tallies of a firm, or of all.
func (t *Trail) opened(f domain.FirmID) []entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []entry
	for k, n := range t.tallies {
		if f == "" || k.firm == f {
			list = append(list, entry{k, n})
		}
	}
	return list
}

// Settle writes what was only counted so far at a firm, and returns the ledger position
// that has all that was written for it here; 0: nothing was.
func (t *Trail) Settle(ctx context.Context, f domain.FirmID) uint64 {
	t.notify(ctx, t.opened(f))
	t.writing.Lock()
	defer t.writing.Unlock()
	return uint64(t.heads[f].head.Seq)
}

// Run writes counts whose minute is over, until ctx ends; then it writes all the rest
// and returns nil.
func (t *Trail) Run(ctx context.Context) error {
	tick := time.NewTicker(Window / 6)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			t.notify(ctx, t.closeOld(t.Now()))
		case <-ctx.Done():
			t.notify(context.WithoutCancel(ctx), t.opened(""))
			return nil
		}
	}
}

// retryWindow is how long a refusal waits for the ledger.
const retryWindow = 3 * time.Second

// notify writes tallies, firm by firm. What can't be written is added to the next count.
func (t *Trail) notify(ctx context.Context, list []entry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), retryWindow)
	defer cancel()
	for firm, all := range byFirm(list) {
		for batch := range slices.Chunk(all, eventstore.MaxEvents) {
			if err := t.notifyBatch(ctx, firm, batch); err != nil {
				t.Log.LogAttrs(ctx, slog.LevelError, "a refusal could not be written down", slog.String("firm", string(firm)), slog.Any("err", err))
			}
		}
	}
}

func (t *Trail) notifyBatch(ctx context.Context, f domain.FirmID, batch []entry) error {
	events, counted := t.take(batch)
	if len(events) == 0 {
		return nil
	}
	err := t.append(ctx, f, events)
	if err != nil {
		t.giveBack(batch, counted)
	}
	return err
}

func byFirm(list []entry) map[domain.FirmID][]entry {
	firms := map[domain.FirmID][]entry{}
	for _, n := range list {
		firms[n.firm] = append(firms[n.firm], n)
	}
	return firms
}

// take turns tallies into events, and returns how many refusals they count.
func (t *Trail) take(batch []entry) (events []domain.Event, counted []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range batch {
		counted = append(counted, n.untold)
		if n.untold > 0 {
			e := n.first
			e.Times, n.untold = n.untold, 0
			events = append(events, e)
		}
	}
	return events, counted
}

// giveBack returns what could not be written to its tally, as long as that is open.
func (t *Trail) giveBack(batch []entry, counted []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, n := range batch {
		n.untold += counted[i]
	}
}

// place is where the next refusal of a firm goes.
type place struct {
	stream domain.Stream
	head   eventstore.Head
}

// races is how often an append that another engine was ahead of is retried.
const races = 10

// append writes events behind what the stream has. Nothing is folded: where the stream
// ends is remembered, and looked up only where that is not so.
func (t *Trail) append(ctx context.Context, f domain.FirmID, events []domain.Event) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	for range races {
		at := t.Now().UTC().Round(0)
		p, err := t.place(ctx, f, at)
		if err != nil {
			return err
		}
		delete(t.heads, f) // unless the append returns where the stream ends now
		head, err := t.Ledger.Append(ctx, eventstore.Commit{Stream: p.stream, Last: p.head, At: at, Events: events})
		switch {
		case err == nil:
			t.heads[f] = place{p.stream, head}
			return nil
		case !errors.Is(err, eventstore.ErrConflict):
			return fmt.Errorf("append to %s: %w", p.stream, err)
		}
	}
	return fmt.Errorf("append refusals of firm %s: lost %d races in a row: %w", f, races, eventstore.ErrConflict)
}

func (t *Trail) place(ctx context.Context, f domain.FirmID, at time.Time) (place, error) {
	if t.heads == nil {
		t.heads = map[domain.FirmID]place{}
	}
	stream := domain.AuditStream(f, at)
	if p, ok := t.heads[f]; ok && p.stream == stream {
		return p, nil
	}
	p := place{stream: stream}
	for env, err := range t.Ledger.Read(ctx, stream) {
		if err != nil {
			return p, fmt.Errorf("find the end of %s: %w", stream, err)
		}
		p.head = env.Head()
	}
	return p, nil
}
