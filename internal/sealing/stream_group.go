package sealing

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const (
	// mostKeys is how many new keys are stored together; the server allows 1,000 messages.
	mostKeys = 500
	// batchFrom is how many keys have to wait before one atomic batch, which has a fixed cost, is
	// faster than storing each by itself.
	batchFrom = 8
)

// newKey is a key that waits to be stored.
type newKey struct {
	subject string
	slot    slot
	done    chan error
}

// first stores a key of a subject that has none. Those who wait at the same time share a batch.
func (s *keyStream) first(ctx context.Context, subject string, is slot) (slot, error) {
	k := &newKey{subject: subject, slot: is, done: make(chan error, 1)}
	select {
	case s.queue <- k:
	case <-ctx.Done():
		return slot{}, ctx.Err()
	}
	select {
	case err := <-k.done:
		return k.slot, err
	case <-ctx.Done():
		return slot{}, ctx.Err()
	}
}

// store stores the keys of the queue until it is stopped.
func (s *keyStream) store(ctx context.Context) {
	for {
		select {
		case k := <-s.queue:
			s.storeGroup(ctx, s.waiting(k))
		case <-ctx.Done():
			return
		}
	}
}

func (s *keyStream) waiting(first *newKey) []*newKey {
	group := []*newKey{first}
	for len(group) < mostKeys {
		select {
		case k := <-s.queue:
			group = append(group, k)
		default:
			return group
		}
	}
	return group
}

// storeGroup stores keys together. If the server refuses that, it has stored none and does not say which
// one was at fault, so each is stored by itself.
func (s *keyStream) storeGroup(ctx context.Context, group []*newKey) {
	if len(group) >= batchFrom && distinct(group) {
		err := s.storeBatch(ctx, group)
		var refused *jetstream.APIError
		if err == nil || !errors.As(err, &refused) {
			for _, k := range group {
				k.done <- err
			}
			return
		}
	}
	var all sync.WaitGroup
	for _, k := range group {
		all.Go(func() {
			one, cancel := context.WithTimeout(ctx, keysOnce)
			defer cancel()
			var err error
			k.slot, err = s.put(one, k.subject, k.slot, 0)
			k.done <- err
		})
	}
	all.Wait()
}

// distinct reports whether the keys are of different subjects: of two keys of one, the second is refused.
func distinct(group []*newKey) bool {
	seen := make(map[string]bool, len(group))
	for _, k := range group {
		seen[k.subject] = true
	}
	return len(seen) == len(group)
}

func (s *keyStream) storeBatch(ctx context.Context, group []*newKey) error {
	ctx, cancel := context.WithTimeout(ctx, keysOnce)
	defer cancel()
	msgs := make([]*nats.Msg, len(group))
	for i, k := range group {
		msgs[i] = nats.NewMsg(keySubject + k.subject)
		msgs[i].Data = encodeKey(k.slot)
		msgs[i].Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.Itoa(0))
	}
	ack, err := jetstreamext.PublishMsgBatch(ctx, s.js, msgs)
	if err != nil {
		return err
	}
	for i, k := range group {
		k.slot.place = int64(ack.Sequence) - int64(len(group)-1-i)
		s.learn(k.subject, k.slot)
	}
	return nil
}
