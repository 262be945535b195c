package bus

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// subscription delivers one topic: a reader puts what JetStream delivers into queues, one per
// key; each queue delivers its messages one by one; one heartbeat extends the deadlines of all.
type subscription struct {
	config  SubscriberConfig
	cons    jetstream.Consumer
	ackWait time.Duration
	log     *slog.Logger
	out     chan *message.Message

	stop context.Context // once it ends, no message is delivered
	hard context.Context // ends later, and with it the handlers' contexts

	mu      sync.Mutex
	queues  map[string]*keyQueue
	unacked map[uint64]*unackedMessage // by sequence: all that JetStream has delivered here
	work    sync.WaitGroup
}

// heartbeatInterval is how often JetStream confirms a pull; after two missing heartbeats the
// consumer counts as lost.
const heartbeatInterval = 5 * time.Second

func newSubscription(c SubscriberConfig, topic string, cons jetstream.Consumer) *subscription {
	return &subscription{
		config: c, cons: cons, ackWait: cons.CachedInfo().Config.AckWait,
		log: c.Logger.With("topic", topic), out: make(chan *message.Message),
		queues: map[string]*keyQueue{}, unacked: map[uint64]*unackedMessage{},
	}
}

func (s *subscription) run(stop context.Context, rebind func(context.Context) (jetstream.Consumer, error)) {
	defer close(s.out)
	hard, giveUp := context.WithCancel(context.WithoutCancel(stop))
	defer giveUp()
	s.stop, s.hard = stop, hard
	defer context.AfterFunc(stop, func() { time.AfterFunc(s.config.Drain, giveUp) })()
	heartbeat, still := context.WithCancel(context.Background())
	var heart sync.WaitGroup
	heart.Go(func() { s.heartbeat(heartbeat) })
	s.read(rebind)
	s.work.Wait()
	still()
	heart.Wait()
}

// read receives messages until stop ends. It binds a lost consumer again.
func (s *subscription) read(rebind func(context.Context) (jetstream.Consumer, error)) {
	pauses := retry.Backoff{First: time.Second, Limit: time.Minute}
	for tries := 1; s.stop.Err() == nil; tries++ {
		err := s.readConsumer()
		if s.stop.Err() != nil || errors.Is(err, jetstream.ErrConnectionClosed) {
			return
		}
		s.log.Error("the consumer is lost; the engine binds it again", "err", err)
		if retry.Wait(s.stop, pauses.Delay(tries)) != nil {
			return
		}
		if cons, err := rebind(s.stop); err == nil {
			s.cons, tries = cons, 0
		}
	}
}

func (s *subscription) readConsumer() error {
	most := s.cons.CachedInfo().Config.MaxAckPending
	iter, err := s.cons.Messages(jetstream.PullMaxMessages(most), jetstream.PullHeartbeat(heartbeatInterval))
	if err != nil {
		return err
	}
	defer iter.Stop()
	defer context.AfterFunc(s.stop, iter.Drain)()
	for {
		msg, err := iter.Next(jetstream.NextContext(s.hard))
		if err != nil {
			return err
		}
		s.take(msg)
	}
}

// take puts a message into its queue. While the subscription stops, it returns the message to
// JetStream. It drops a message that it has already: a late heartbeat caused the redelivery.
func (s *subscription) take(msg jetstream.Msg) {
	h, err := newUnackedMessage(msg, s.config.Key)
	if err != nil {
		s.log.Error("a message that is not JetStream's was dropped", "err", err)
		return
	}
	if s.stop.Err() != nil {
		s.giveBack(h, 0)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ours := s.unacked[h.seq]; ours {
		return
	}
	s.unacked[h.seq] = h
	l, ok := s.queues[h.key]
	if !ok {
		l = &keyQueue{key: h.key, changed: make(chan struct{}, 1)}
		s.queues[h.key] = l
		s.work.Go(func() { s.drive(l) })
	}
	l.add(h)
}

// heartbeat extends all unacknowledged messages, three times per AckWait.
func (s *subscription) heartbeat(ctx context.Context) {
	tick := time.NewTicker(s.ackWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, h := range s.holding() {
				if err := h.msg.InProgress(); err != nil {
					s.log.Warn("can't extend a message's deadline", "seq", h.seq, "err", err)
				}
			}
		}
	}
}

func (s *subscription) holding() []*unackedMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*unackedMessage, 0, len(s.unacked))
	for _, h := range s.unacked {
		all = append(all, h)
	}
	return all
}

// release forgets the message. That has to happen before the acknowledgement or the return to
// JetStream: otherwise a quick redelivery would be dropped as a duplicate.
func (s *subscription) release(h *unackedMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.unacked, h.seq)
}

func (s *subscription) acknowledge(h *unackedMessage) {
	s.release(h)
	if err := h.msg.Ack(); err != nil {
		s.log.Warn("can't acknowledge a message; it is redelivered", "seq", h.seq, "err", err)
	}
	if s.config.Taken != nil {
		s.config.Taken(h.subject)
	}
}

func (s *subscription) giveBack(h *unackedMessage, delay time.Duration) {
	s.release(h)
	if err := h.msg.NakWithDelay(delay); err != nil {
		s.log.Warn("can't return a message to JetStream; it is redelivered later", "seq", h.seq, "err", err)
	}
}
