package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// clientsCommand makes this program become clients of a ledger.
const clientsCommand = "clients"

// The clients of one process, their streams, and what each of them does.
const (
	clientsEach    = 3
	historyStreams = 4
	actsEach       = 40
	answerWithin   = 10 * time.Second
)

// clients are several clients of one ledger, in a process of their own, which write down what they
// ask and what they are answered.
type clients struct {
	Name   string // of the process: no other one of the history has it
	Number int    // of the first client
	Cycle  int    // its streams are no other cycle's
	Seed   uint64
	After  eventstore.Seq // the log before the cycle
	File   string         // the ledger of one machine; "": NATS
	NATS   string
	Record string // the file that they write to
}

// ledger is what both kinds of ledger can do.
type ledger interface {
	eventstore.Store
	Last(ctx context.Context) (eventstore.Seq, error)
	Close() error
}

// open opens the ledger, and returns what closes it.
func (c clients) open(ctx context.Context) (ledger, func() error, error) {
	if c.File != "" {
		l, err := eventstore.OpenBolt(c.File, eventstore.BoltOptions{})
		if err != nil {
			return nil, nil, err
		}
		return l, l.Close, nil
	}
	conn, err := nats.Connect(c.NATS, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		return nil, nil, fmt.Errorf("connect to the NATS nodes: %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	l, err := eventstore.OpenJetStream(ctx, js, eventstore.JetStreamConfig{Replicas: clusterSize})
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return l, func() error { defer conn.Close(); return l.Close() }, nil
}

// runClients is the clients until all of them are done, or the process is killed.
func runClients(told string) error {
	var c clients
	if err := json.Unmarshal([]byte(told), &c); err != nil {
		return fmt.Errorf("read what clients these are: %w", err)
	}
	out, err := os.OpenFile(c.Record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the record: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	l, done, err := c.open(ctx)
	if err != nil {
		return err
	}
	r := &recorder{out: json.NewEncoder(out), name: c.Name}
	var writers, tail sync.WaitGroup
	tail.Go(func() { c.follow(ctx, l, r) })
	if file, ok := l.(*eventstore.Bolt); ok {
		tail.Go(func() { compactAgain(ctx, file) })
	}
	for n := range clientsEach {
		writers.Go(func() {
			one := &client{clients: c, ledger: l, recorder: r, number: c.Number + n, chance: rand.New(rand.NewPCG(c.Seed, uint64(n)))}
			one.work(ctx)
		})
	}
	writers.Wait()
	stop()
	tail.Wait()
	return errors.Join(r.failed(), done(), out.Close())
}

// compactAgain replaces the ledger's file all the time, until ctx ends.
func compactAgain(ctx context.Context, file *eventstore.Bolt) {
	for ctx.Err() == nil {
		if err := file.Compact(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "crashtest:", err)
			return
		}
		if retry.Wait(ctx, compactPause) != nil {
			return
		}
	}
}

// compactPause leaves the clients most of the disk.
const compactPause = 20 * time.Millisecond

// recorder writes acts down, each once at its call and once at its return: a process that is killed
// leaves the calls that had no answer. What is written survives the process.
type recorder struct {
	name string
	mu   sync.Mutex
	out  *json.Encoder
	n    int
	err  error
}

// entry is a line of a record.
type entry struct {
	Of  string // the act, the same in both lines of it
	Act act
}

func (r *recorder) begin(a act) (of string, same act) {
	a.Call, a.Process = monotonic(), r.name
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	of = fmt.Sprint(r.name, "-", r.n)
	r.err = errors.Join(r.err, r.out.Encode(entry{of, a}))
	return of, a
}

func (r *recorder) end(of string, a act) {
	a.Return = monotonic()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.Join(r.err, r.out.Encode(entry{of, a}))
}

func (r *recorder) failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// client reads and appends.
type client struct {
	clients
	ledger   ledger
	recorder *recorder
	number   int
	acts     int
	chance   *rand.Rand
}

func (c *client) work(ctx context.Context) {
	for range actsEach {
		stream := c.stream(c.chance.IntN(historyStreams))
		head, ok := c.read(ctx, stream)
		if !ok || c.chance.IntN(4) == 0 {
			continue
		}
		w := eventstore.Commit{Stream: stream, Last: head}
		if other := c.stream(c.chance.IntN(historyStreams)); other != stream && c.chance.IntN(4) == 0 {
			if before, ok := c.read(ctx, other); ok {
				w.First = &eventstore.Commit{Stream: other, Last: before, Events: []domain.Event{c.event()}}
			}
		}
		c.append(ctx, w)
	}
}

// stream is one of the cycle's streams.
func (c clients) stream(n int) domain.Stream {
	return domain.MatterStream("f_1", domain.MatterID(fmt.Sprintf("h%d_%d", c.Cycle, n)))
}

// event is one that no other client appends.
func (c *client) event() domain.Event {
	c.acts++
	return domain.SyncReleased{Sync: domain.SyncID(fmt.Sprintf("%s.%d.%d", c.Name, c.number, c.acts))}
}

// read reads a stream; false: it had no answer.
func (c *client) read(ctx context.Context, s domain.Stream) (head eventstore.Head, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	of, a := c.recorder.begin(act{Client: c.number, Kind: reads, Stream: s.String()})
	for env, err := range c.ledger.Read(ctx, s) {
		if err != nil {
			return head, false
		}
		head, a.IDs = env.Head(), append(a.IDs, idOf(env))
	}
	c.recorder.end(of, a)
	return head, true
}

func (c *client) append(ctx context.Context, w eventstore.Commit) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	w.At, w.Events = time.Now().UTC(), []domain.Event{c.event()}
	a := act{Client: c.number, Kind: appends, Write: toldOf(w)}
	if w.First != nil {
		first := toldOf(*w.First)
		a.First = &first
	}
	of, a := c.recorder.begin(a)
	switch _, err := c.ledger.Append(ctx, w); {
	case err == nil:
		a.Result = written
	case errors.Is(err, eventstore.ErrConflict):
		a.Result = conflict
	}
	c.recorder.end(of, a)
}

func toldOf(w eventstore.Commit) write {
	return write{Stream: w.Stream.String(), After: w.Last.Version, ID: string(w.Events[0].(domain.SyncReleased).Sync)}
}

// idOf is the event's own id.
func idOf(env eventstore.Envelope) string {
	released, _ := env.Event.(domain.SyncReleased)
	return string(released.Sync)
}

// follow is a tail of the cycle's events.
func (c clients) follow(ctx context.Context, l eventstore.Store, r *recorder) {
	a := act{Client: c.Number + clientsEach, Kind: sees}
	of, called := r.begin(a)
	for env, err := range l.Tail(ctx, c.After) {
		if err != nil {
			return // what it yielded so far counts
		}
		called.Seen, called.Nth = idOf(env), called.Nth+1
		r.end(of, called)
		of, called = r.begin(act{Client: a.Client, Kind: sees, Nth: called.Nth})
	}
}
