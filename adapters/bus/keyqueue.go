package bus

import (
	"context"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// keyQueue holds the messages of one key, oldest first. It exists while it has messages or
// awaits one. The subscription's mutex guards it.
type keyQueue struct {
	key     string
	queue   []*unackedMessage
	changed chan struct{} // something was added

	awaits uint64    // the sequence of a failed message that will be redelivered; 0: none
	until  time.Time // at the latest: the message may be redelivered to another engine
}

func (l *keyQueue) add(h *unackedMessage) {
	at, _ := slices.BinarySearchFunc(l.queue, h.seq, func(q *unackedMessage, seq uint64) int {
		if q.seq < seq {
			return -1
		}
		return 1
	})
	l.queue = slices.Insert(l.queue, at, h)
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// drive delivers the queue's messages one by one until none is left.
func (s *subscription) drive(l *keyQueue) {
	for {
		h, wait := s.next(l)
		switch {
		case h != nil:
			s.handOut(l, h)
		case wait == 0:
			return
		default:
			s.sleep(l, wait)
		}
	}
}

// next returns the next message to handle, or how long to wait for it. If it returns neither,
// the queue is deleted.
func (s *subscription) next(l *keyQueue) (*unackedMessage, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stopping := s.stop.Err() != nil
	if l.awaits != 0 && !stopping && (len(l.queue) == 0 || l.queue[0].seq > l.awaits) {
		if wait := time.Until(l.until); wait > 0 {
			return nil, wait
		}
	}
	if len(l.queue) == 0 {
		delete(s.queues, l.key)
		return nil, 0
	}
	h := l.queue[0]
	l.queue = l.queue[1:]
	if h.seq >= l.awaits {
		l.awaits = 0
	}
	return h, 0
}

func (s *subscription) sleep(l *keyQueue, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-l.changed:
	case <-timer.C:
	case <-s.stop.Done():
	}
}

// handOut delivers the message to the subscription's reader and waits until it is acknowledged
// or fails.
func (s *subscription) handOut(l *keyQueue, h *unackedMessage) {
	if s.stop.Err() != nil {
		s.giveBack(h, 0)
		return
	}
	ctx, cancel := context.WithCancel(s.hard)
	defer cancel()
	m := h.message(ctx)
	select {
	case s.out <- m:
		s.settle(l, h, m)
	case <-s.stop.Done():
		s.giveBack(h, 0)
	}
}

func (s *subscription) settle(l *keyQueue, h *unackedMessage, m *message.Message) {
	select {
	case <-m.Acked():
		s.acknowledge(h)
	case <-m.Nacked():
		s.comesAgain(l, h)
	case <-s.hard.Done():
		if m.Nack() {
			s.giveBack(h, 0)
			return
		}
		s.acknowledge(h) // the handler acknowledged it just before
	}
}

// comesAgain returns a failed message to JetStream and blocks its queue until it is redelivered.
func (s *subscription) comesAgain(l *keyQueue, h *unackedMessage) {
	delay := s.config.Delay(int(h.deliveries))
	s.mu.Lock()
	l.awaits, l.until = h.seq, time.Now().Add(delay+s.ackWait/2)
	s.mu.Unlock()
	s.giveBack(h, delay)
}
