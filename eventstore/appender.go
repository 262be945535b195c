package eventstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// groupWait is how long a group waits at most for the writers of the previous group.
const groupWait = time.Millisecond

// pending is a commit that waits for its outcome.
type pending struct {
	ctx   context.Context
	parts []part // of different streams, the commit's own last
	done  chan outcome
}

// part is what a commit writes to one stream.
type part struct {
	stream  string
	last    Head // the stream's newest event before it
	records []record
	keys    uint64 // that have to be settled before it is stored; 0: none
}

// size is the number of events.
func (p *pending) size() int {
	n := 0
	for _, a := range p.parts {
		n += len(a.records)
	}
	return n
}

// own returns what the commit writes to its own stream.
func (p *pending) own() part { return p.parts[len(p.parts)-1] }

type outcome struct {
	head Head
	err  error
}

// settle answers the waiting writer. It must be called once.
func (p *pending) settle(h Head, err error) { p.done <- outcome{h, err} }

// appender gathers concurrent appends into groups for the one goroutine that writes,
// so that many writers share one flush to disk.
type appender struct {
	queue chan *pending
	tasks chan func() // what runs between two groups
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
	limit int    // commits in a group
	seals Sealer // nil: nothing is sealed
	write func([]*pending)
	told  Observer // nil: nobody is told

	sealing atomic.Int64 // writers that are about to queue a commit
}

// Observer is told of each Append when it ends: what it was to write, how long that took and the
// error, if any. It is called by the writer, so it must return at once.
type Observer func(ctx context.Context, c Commit, took time.Duration, err error)

// startAppender starts the writing goroutine. write must settle every commit that it
// is given.
func startAppender(limit int, seals Sealer, write func([]*pending)) *appender {
	a := &appender{
		queue: make(chan *pending), tasks: make(chan func()), quit: make(chan struct{}), ended: make(chan struct{}),
		limit: limit, seals: seals, write: write,
	}
	go a.run()
	return a
}

// append queues a commit, waits for its outcome and tells the observer of it.
func (a *appender) append(ctx context.Context, c Commit) (Head, error) {
	if a.told == nil {
		return a.queued(ctx, c)
	}
	began := time.Now()
	head, err := a.queued(ctx, c)
	a.told(ctx, c, time.Since(began), err)
	return head, err
}

// queued queues a commit and waits for its outcome. If ctx ends first, the caller does not learn
// the outcome.
func (a *appender) queued(ctx context.Context, c Commit) (Head, error) {
	parts, err := a.seal(c)
	if err != nil {
		return Head{}, err
	}
	if err := ctx.Err(); err != nil {
		return Head{}, err
	}
	p := &pending{ctx: ctx, parts: parts, done: make(chan outcome, 1)}
	select {
	case a.queue <- p:
	case <-a.quit:
		return Head{}, ErrClosed
	case <-ctx.Done():
		return Head{}, ctx.Err()
	}
	select {
	case o := <-p.done:
		return o.head, o.err
	case <-ctx.Done():
		return Head{}, fmt.Errorf("%w: %w", errUnknownOutcome, ctx.Err())
	}
}

// seal seals a commit, and lets gather know of it meanwhile.
func (a *appender) seal(c Commit) ([]part, error) {
	a.sealing.Add(1)
	defer a.sealing.Add(-1)
	return seal(c, a.seals)
}

func (a *appender) run() {
	defer close(a.ended)
	before := 0
	for {
		select {
		case <-a.quit:
			return
		case do := <-a.tasks:
			do()
		case p := <-a.queue:
			group := a.gather(p, before)
			before = len(group)
			a.write(group)
		}
	}
}

// gather collects the waiting commits. Up to groupWait it waits for those that are being sealed, and,
// if the previous group was larger, for its writers, who will probably append again at once. A single
// writer never waits. Patient commits wait longer while there are many.
func (a *appender) gather(first *pending, before int) []*pending {
	group := a.drain(append(make([]*pending, 0, a.limit), first))
	if before > fewWriters && allPatient(group) {
		return a.collect(group, patientWait, allPatient)
	}
	return a.collect(group, groupWait, func(group []*pending) bool { return len(group) < before || a.sealing.Load() > 0 })
}

// collect adds commits to a group until it is full, it is to have no more or the time is over.
func (a *appender) collect(group []*pending, within time.Duration, more func(group []*pending) bool) []*pending {
	if len(group) >= a.limit || !more(group) {
		return group
	}
	moment := time.NewTimer(within)
	defer moment.Stop()
	for len(group) < a.limit && more(group) {
		select {
		case p := <-a.queue:
			group = append(group, p)
		case <-moment.C:
			return a.drain(group)
		}
	}
	return a.drain(group)
}

func (a *appender) drain(group []*pending) []*pending {
	for len(group) < a.limit {
		select {
		case p := <-a.queue:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// between runs do between two groups: nothing is written meanwhile.
func (a *appender) between(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	select {
	case a.tasks <- func() { done <- do() }:
		return <-done
	case <-a.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close ends the goroutine after the current group; later appends get ErrClosed.
func (a *appender) close() {
	a.once.Do(func() { close(a.quit) })
	<-a.ended
}

// settleKeys begins to settle the keys of a group's commits, all with one flush. What it returns waits for
// that; it is called before the group is stored, also where it won't be.
func (a *appender) settleKeys(group []*pending) (settled func() error) {
	var keys uint64
	for _, p := range group {
		for _, q := range p.parts {
			keys = max(keys, q.keys)
		}
	}
	if keys == 0 {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- a.seals.Settle(keys) }()
	return func() error { return <-done }
}

// abandoned reports whether nobody waits for the commit any more, and settles it.
func (p *pending) abandoned() bool {
	err := p.ctx.Err()
	if err != nil {
		p.settle(Head{}, err)
	}
	return err != nil
}

// waiting returns the commits of a group whose writers still wait.
func waiting(group []*pending) []*pending {
	live := group[:0]
	for _, p := range group {
		if !p.abandoned() {
			live = append(live, p)
		}
	}
	return live
}
