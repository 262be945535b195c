package syncing

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	// sending is how many documents of one sync are on their way at once: what the allowance
	// feeds where an upload takes some seconds.
	sending = 32
	// spoolRoom is how many bytes of them may be in the spool at once; a larger document goes
	// alone. unknownSize stands for a size that CaseHug did not tell.
	spoolRoom   = 256 << 20
	unknownSize = 16 << 20
)

// batch is documents of one sync that are sent side by side. They are begun in the order of their
// approvals; those on their way at once may overtake each other.
type batch struct {
	step *documentStep
	room *semaphore.Weighted
	list []domain.Document

	next  int      // of list; inside the attempt's monitor
	ended []result // of each
}

// sendBatch sends documents side by side and returns how each ended. Those after one that ends
// the step are not begun.
func (s *documentStep) sendBatch(ctx context.Context, list []domain.Document) []result {
	b := &batch{step: s, room: semaphore.NewWeighted(spoolRoom), list: list, ended: make([]result, len(list))}
	if len(list) == 1 || s.oneByOne {
		b.send(ctx)
		return b.ended
	}
	hold, senders := s.fetcher.hold, min(sending, len(list))
	s.attempt.monitor = newMonitor()
	defer func() { s.attempt.monitor = nil }()
	var all sync.WaitGroup
	for range senders {
		hold.join()
		all.Go(func() {
			defer hold.depart()
			_ = s.attempt.monitor.inside(func() error { b.send(ctx); return nil }) // each document has its own result
		})
	}
	hold.depart()
	all.Wait()
	if err := hold.arrive(ctx, s.attempt.stopping); err != nil {
		b.ended = append(b.ended, fails(err))
	}
	return b.ended
}

// send sends one document after the other until none is left, or one ends the step.
func (b *batch) send(ctx context.Context) {
	for b.next < len(b.list) && !b.isOver() && !b.step.attempt.ends() {
		b.sendNext(ctx)
	}
}

func (b *batch) isOver() bool {
	for _, r := range b.ended {
		if endsStep(r) {
			return true
		}
	}
	return false
}

// sendNext sends the next document.
func (b *batch) sendNext(ctx context.Context) {
	i := b.next
	b.next++
	size := b.size(b.list[i])
	var err error
	b.step.attempt.monitor.outside(func() { err = b.room.Acquire(ctx, size) })
	if err != nil {
		b.ended[i] = fails(errStopping)
		return
	}
	defer b.room.Release(size)
	err = contained(func() error {
		b.ended[i] = repeat(func() result { return b.step.sendOrFail(ctx, b.list[i].Data.ID) })
		return nil
	})
	if err != nil {
		b.ended[i] = fails(err)
	}
}

// size is how much room a document takes in the spool.
func (b *batch) size(d domain.Document) int64 {
	if d.Data.SizeBytes == nil {
		return unknownSize
	}
	return min(max(*d.Data.SizeBytes, 1), spoolRoom)
}

// endsStep reports whether a document's result ends the step. Neither a recorded fault of one
// document nor a passing one holds back the others.
func endsStep(r result) bool {
	ce := domain.AsCallError(r.err)
	return r.ends() && (ce == nil || ce.Class == domain.SignIn || ce.Failure.Code == domain.CodeMatterGone)
}

// sendAll sends the documents that Smokeball does not have, including documents that are
// approved meanwhile. later joins the passing faults.
func (s *documentStep) sendAll(ctx context.Context) (r result, later error) {
	tried := map[domain.DocumentID]bool{}
	for {
		list, err := s.untried(ctx, tried)
		if err != nil || len(list) == 0 {
			return fails(err), later
		}
		if len(tried) == 0 {
			if r := s.confirm.matter(ctx); r.ends() { // files are added to a matter that is there
				return r, nil
			}
		}
		for _, d := range list {
			tried[d.Data.ID] = true
		}
		for _, r := range s.sendBatch(ctx, list) {
			if endsStep(r) || r.ends() && ctx.Err() != nil {
				return r, nil
			}
			later = errors.Join(later, r.err)
		}
		if s.attempt.ends() {
			return fails(errStopping), nil
		}
	}
}

// untried returns the documents to send that were not attempted in this step. An uploaded one
// is left out, because it lacks only its confirmation.
func (s *documentStep) untried(ctx context.Context, tried map[domain.DocumentID]bool) (list []domain.Document, err error) {
	all, err := s.sendable(ctx)
	for _, d := range all {
		if !d.Uploaded && !tried[d.Data.ID] {
			list = append(list, d)
		}
	}
	return list, err
}
