package erasure

import (
	"context"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Queue lets one read of all that the ledger has of a firm be under way at a time, and one of each firm wait
// for it: whoever opens the page of an erasure again and again delays no other firm by more than one read.
type Queue struct {
	all   chan struct{}
	mu    sync.Mutex
	firms map[domain.FirmID]chan struct{}
}

// NewQueue makes a queue in which nobody waits.
func NewQueue() *Queue {
	return &Queue{all: make(chan struct{}, 1), firms: map[domain.FirmID]chan struct{}{}}
}

// enter waits until the firm may read, which it may until end is called. Without a queue nobody waits.
func (q *Queue) enter(ctx context.Context, f domain.FirmID) (end func(), err error) {
	if q == nil {
		return func() {}, nil
	}
	own := q.of(f)
	if err := occupy(ctx, own); err != nil {
		return nil, err
	}
	if err := occupy(ctx, q.all); err != nil {
		<-own
		return nil, err
	}
	return func() {
		<-q.all // first, so that another firm is before this one's next
		<-own
	}, nil
}

func (q *Queue) of(f domain.FirmID) chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.firms[f] == nil {
		q.firms[f] = make(chan struct{}, 1)
	}
	return q.firms[f]
}

func occupy(ctx context.Context, place chan struct{}) error {
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
