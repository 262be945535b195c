package bus

import (
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// firmQueues holds the events of tenants who publish for every firm, each firm's in a queue of
// its own: a firm whose events wait for a place in the intake holds up no other firm's events,
// although the same service publishes them over the same connection.
type firmQueues struct {
	mu    sync.Mutex
	calls map[string][]call
	bytes map[string]int
}

const (
	// queuedBytes is how much of one firm's events may wait.
	queuedBytes = 16 << 20
	// placeWithin is how long the first event of a queue waits for a place, unless the intake
	// processes another one of the firm. It ends before clients stop waiting for the answer.
	placeWithin = 4 * time.Second
)

// add queues an event. first reports that the queue was empty, so that the caller has to start
// passOn; full reports that the event was not added.
func (q *firmQueues) add(firm string, c call) (first, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.calls == nil {
		q.calls, q.bytes = map[string][]call{}, map[string]int{}
	}
	if q.bytes[firm] > 0 && q.bytes[firm]+c.msg.Size() > queuedBytes {
		return false, true
	}
	_, busy := q.calls[firm]
	q.calls[firm] = append(q.calls[firm], c)
	q.bytes[firm] += c.msg.Size()
	return !busy, false
}

// next removes and returns the oldest event. If there is none, ok is false and the queue is
// deleted.
func (q *firmQueues) next(firm string) (c call, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	calls := q.calls[firm]
	if len(calls) == 0 {
		delete(q.calls, firm)
		delete(q.bytes, firm)
		return call{}, false
	}
	q.calls[firm] = calls[1:]
	q.bytes[firm] -= calls[0].msg.Size()
	return calls[0], true
}

// rest removes and returns all waiting events. The queue stays.
func (q *firmQueues) rest(firm string) []call {
	q.mu.Lock()
	defer q.mu.Unlock()
	calls := q.calls[firm]
	q.calls[firm], q.bytes[firm] = nil, 0
	return calls
}

// queueEvent queues an event of a tenant who publishes for every firm.
func (g *gate) queueEvent(c call) error {
	firm := firmOf(c.subject)
	first, full := g.firms.add(firm, c)
	if full {
		return errFirmBehind
	}
	if first {
		go g.passOn(firm)
	}
	return nil
}

const errFirmBehind = refusal(tooMuch + ": the firm's earlier events are still being processed; try again in 2 seconds")

// passOn publishes the firm's queued events in order, each once the intake has a place for it.
// If the intake processes none of them for a while, all that wait are refused.
func (g *gate) passOn(firm string) {
	for c, ok := g.firms.next(firm); ok; c, ok = g.firms.next(firm) {
		if g.waiting.enter(g.open, firm, placeWithin) == nil {
			g.publish(c, firm)
			continue
		}
		if g.open.Err() != nil {
			return
		}
		for _, c := range append([]call{c}, g.firms.rest(firm)...) {
			g.refuse(c, errFirmBehind)
		}
	}
}

// publish stores an event that has a place in the intake, and answers the tenant when JetStream
// has answered.
func (g *gate) publish(c call, firm string) {
	ack, err := g.js.PublishMsgAsync(&nats.Msg{Subject: c.subject, Header: c.msg.Header, Data: c.msg.Data})
	if err != nil {
		g.waiting.leave(firm)
		g.refuse(c, err)
		return
	}
	go g.answerStored(c, ack, func() { g.waiting.leave(firm) })
}

// answerStored answers the tenant when JetStream has acknowledged the message and the disk has
// kept it, or else with the reason. notStored is called if JetStream has not stored it.
func (g *gate) answerStored(c call, ack jetstream.PubAckFuture, notStored func()) {
	select {
	case stored := <-ack.Ok():
		if err := g.kept(); err != nil {
			g.refuse(c, err)
			return
		}
		g.respond(c, nil, encoded(stored))
	case err := <-ack.Err():
		notStored()
		if api := new(jetstream.APIError); errors.As(err, &api) {
			g.respond(c, nil, encoded(map[string]*jetstream.APIError{"error": api}))
			return
		}
		g.refuse(c, err)
	case <-g.open.Done():
	}
}
