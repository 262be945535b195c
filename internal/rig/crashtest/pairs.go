package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Everything about one matter is published within this time, in any order.
const within = 12 * time.Millisecond

// tellers is how many matters are published at the same time.
const tellers = 24

// publishInAnyOrder publishes matters to an engine that is not killed: of each, the documents'
// approvals, the matter and its changes, in any order within milliseconds. Each must arrive
// in Smokeball; one that waits for something that exists is stuck.
func publishInAnyOrder(ctx context.Context, t *trial) error {
	w, err := t.newWorld(ctx, "")
	if err != nil {
		return err
	}
	defer func() {
		if e := w.close(); e != nil {
			t.fault("%v", e)
		}
	}()
	cases := smallCases(t.planned)
	began := time.Now()
	t.publishAll(ctx, w, cases)
	t.note("%d matters with %d documents were published in %s", t.cycles, documentsOf(cases), took(time.Since(began)))
	names, titles := wantedOf(cases, caseNumber.documents)
	if err := t.workOffAll(ctx, w, names, titles); err != nil {
		return err
	}
	t.note("all was worked off after %s", took(time.Since(began)))
	if _, err := w.stop(ctx); err != nil {
		return err
	}
	err = t.balance(ctx, w, names)
	t.smokeball, t.ledger = w.smokeballHas, w.ledgerHas
	return err
}

// smallCases are the first n cases whose documents are small.
func smallCases(n int) []caseNumber {
	return firstCases(n, func(k caseNumber) bool { return k.documents()[0].size < 100_000 })
}

func documentsOf(cases []caseNumber) (n int) {
	for _, k := range cases {
		n += len(k.documents())
	}
	return n
}

// publishAll returns when all of it is acknowledged.
func (t *trial) publishAll(ctx context.Context, w *world, cases []caseNumber) {
	next := make(chan caseNumber)
	var all sync.WaitGroup
	var told sync.Mutex
	for range tellers {
		seed := t.chance.Uint64()
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, seed))
			for k := range next {
				w.load.scatter(ctx, k, r)
				told.Lock()
				t.cycles++
				told.Unlock()
			}
		})
	}
	for _, k := range cases {
		select {
		case next <- k:
		case <-ctx.Done():
		}
	}
	close(next)
	all.Wait()
}

// scatter puts a case's documents, and tells all of it at moments of its own within
// milliseconds, until each message is acknowledged.
func (p *publisher) scatter(ctx context.Context, k caseNumber, r *rand.Rand) {
	for _, d := range k.documents() {
		p.insist(ctx, func(ctx context.Context) error { return p.put(ctx, d) })
	}
	var all sync.WaitGroup
	for _, say := range p.events(k) {
		moment := time.NewTimer(time.Duration(r.Int64N(int64(within))))
		all.Go(func() {
			<-moment.C
			p.insist(ctx, say)
		})
	}
	all.Wait()
}

// insist repeats what fails until ctx ends.
func (p *publisher) insist(ctx context.Context, say func(context.Context) error) {
	for ctx.Err() == nil && p.attempt(ctx, say) != nil {
	}
}

// events are all that is published of a case.
func (p *publisher) events(k caseNumber) []func(context.Context) error {
	list := []func(context.Context) error{p.event("matter.created", k.matter()+"-created", k.data(1))}
	for _, d := range k.documents() {
		list = append(list, p.event("document.approved", d.id+"-approved", d.data(k)))
	}
	if k.amended() {
		list = append(list, p.event("matter.updated", k.matter()+"-updated", k.data(2)))
	}
	return list
}
