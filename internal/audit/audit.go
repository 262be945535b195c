// Package audit records refused requests. The first refusal of a kind is on disk before the
// caller gets the answer; repetitions within a minute are only counted, and the count is
// recorded when the minute is over, when somebody reads the trail or when the engine stops.
// So a flood of refusals neither fills the ledger nor slows it. An engine that is killed loses
// at most the counts of the last minute.
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

// Window is how long repetitions of a refusal are only counted.
const Window = time.Minute

// MostKinds limits the kinds of refusals of one firm that are distinguished within Window.
// Beyond it they are counted by person.
const MostKinds = 20

// ActionMany and CodeMany stand for refusals of more kinds than are distinguished.
const (
	ActionMany domain.Action = "many"
	CodeMany   domain.Code   = "too_many_refusals"
)

// Trail records refusals. It is ready when the exported fields are set.
type Trail struct {
	Ledger eventstore.Store
	Now    func() time.Time
	Log    *slog.Logger

	mu      sync.Mutex
	tallies map[kind]*tally
	kinds   map[domain.FirmID]int // open kinds, for MostKinds

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
	first      domain.RequestRefused
	unrecorded int // refusals that are not in the ledger yet
}

// Refuse records that a request of the firm was refused; it sets Since and Times itself. If
// recording fails, the error is logged and the request stays refused.
func (t *Trail) Refuse(ctx context.Context, f domain.FirmID, r domain.RequestRefused) {
	if news := t.count(f, r, t.Now().UTC().Round(0)); len(news) > 0 {
		t.record(ctx, news)
	}
}

// entry is a tally with what it counts.
type entry struct {
	kind
	*tally
}

// count adds a refusal to its tally. It returns the tallies to record at once: a new one, and
// before it the one whose window is over.
func (t *Trail) count(f domain.FirmID, r domain.RequestRefused, now time.Time) (news []entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, r := t.kindOf(f, r)
	if known := t.tallies[k]; known != nil && now.Sub(known.first.Since) < Window {
		known.unrecorded++
		return nil
	} else if known != nil {
		t.close(k)
		news = append(news, entry{k, known})
	}
	r.Since = now
	return append(news, entry{k, t.open(k, r)})
}

// kindOf returns the refusal's kind; beyond MostKinds, the person's kind for all others.
func (t *Trail) kindOf(f domain.FirmID, r domain.RequestRefused) (kind, domain.RequestRefused) {
	k := kind{f, r.Actor, r.Action, r.Target, r.Code}
	if t.tallies[k] != nil || t.kinds[f] < MostKinds {
		return k, r
	}
	return kind{firm: f, actor: r.Actor, code: CodeMany},
		domain.RequestRefused{Actor: r.Actor, Name: r.Name, Role: r.Role, Action: ActionMany, Code: CodeMany, Reason: "Refusals of more kinds than are told apart"}
}

func (t *Trail) open(k kind, first domain.RequestRefused) *tally {
	if t.tallies == nil {
		t.tallies, t.kinds = map[kind]*tally{}, map[domain.FirmID]int{}
	}
	n := &tally{first: first, unrecorded: 1}
	t.tallies[k] = n
	if k.code != CodeMany {
		t.kinds[k.firm]++
	}
	return n
}

// closeOld removes and returns the tallies whose window is over.
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

// opened lists the open tallies of a firm; "": of all firms.
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

// Settle records a firm's pending counts, and returns the ledger position that includes all
// that this engine recorded for the firm; 0: nothing.
func (t *Trail) Settle(ctx context.Context, f domain.FirmID) uint64 {
	t.record(ctx, t.opened(f))
	t.writing.Lock()
	defer t.writing.Unlock()
	return uint64(t.heads[f].head.Seq)
}

// Run records the counts whose window is over, until ctx ends; then it records the rest and
// returns nil.
func (t *Trail) Run(ctx context.Context) error {
	tick := time.NewTicker(Window / 6)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			t.record(ctx, t.closeOld(t.Now()))
		case <-ctx.Done():
			t.record(context.WithoutCancel(ctx), t.opened(""))
			return nil
		}
	}
}

// retryWindow is how long a refusal waits for the ledger.
const retryWindow = 3 * time.Second

// record records tallies, firm by firm. Counts that can't be recorded are added to the next.
func (t *Trail) record(ctx context.Context, list []entry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), retryWindow)
	defer cancel()
	for firm, all := range byFirm(list) {
		for batch := range slices.Chunk(all, eventstore.MaxEvents) {
			if err := t.recordBatch(ctx, firm, batch); err != nil {
				t.Log.LogAttrs(ctx, slog.LevelError, "a refusal could not be recorded", slog.String("firm", string(firm)), slog.Any("err", err))
			}
		}
	}
}

func (t *Trail) recordBatch(ctx context.Context, f domain.FirmID, batch []entry) error {
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

// take converts tallies to events, and returns how many refusals each counts.
func (t *Trail) take(batch []entry) (events []domain.Event, counted []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range batch {
		counted = append(counted, n.unrecorded)
		if n.unrecorded > 0 {
			e := n.first
			e.Times, n.unrecorded = n.unrecorded, 0
			events = append(events, e)
		}
	}
	return events, counted
}

// giveBack adds counts that could not be recorded to their tallies again, if still open.
func (t *Trail) giveBack(batch []entry, counted []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, n := range batch {
		n.unrecorded += counted[i]
	}
}

// place is the end of a firm's stream, where its next refusal is appended.
type place struct {
	stream domain.Stream
	head   eventstore.Head
}

// races is how often an append is tried that conflicts with another engine's.
const races = 10

// append appends events at the end of the stream. The end is remembered from the last append,
// so that the stream is not read again; it is looked up only if unknown.
func (t *Trail) append(ctx context.Context, f domain.FirmID, events []domain.Event) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	for range races {
		at := t.Now().UTC().Round(0)
		p, err := t.place(ctx, f, at)
		if err != nil {
			return err
		}
		delete(t.heads, f) // kept again only if the append succeeds
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
