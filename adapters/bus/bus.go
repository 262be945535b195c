package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Bus is an open connection to the streams and buckets of the table. It is safe for
// concurrent use.
type Bus struct {
	waiting    waiting
	conn       *nats.Conn
	js         jetstream.JetStream
	copyOf     *Config     // of the server whose messages were copied to be read; nil: they are its own
	embedded   *embedded   // nil on a cluster
	gate       *gate       // nil on a cluster
	supervisor *supervisor // nil on a cluster
	quorum     *quorum     // nil unless on a cluster
	retrier    retrier     // 0 unless on a cluster
	url        string
	log        *slog.Logger

	stop  context.CancelFunc // ends keepRoom
	ended chan struct{}
}

// Open starts the embedded server, or connects to the cluster, and makes what the table
// names. Errors name the variable at fault. The caller closes the Bus.
func Open(ctx context.Context, c Config) (*Bus, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	b, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	b.log = c.Logger
	if err := b.prepare(ctx, c); err != nil {
		return nil, errors.Join(err, b.Close(ctx))
	}
	if b.embedded == nil {
		b.quorum = &quorum{js: b.js, log: c.Logger, streams: required()}
	}
	b.begin()
	return b, nil
}

func (c Config) dial(ctx context.Context) (*Bus, error) {
	if c.URL != "" {
		return c.dialCluster()
	}
	e, err := startEmbedded(ctx, c)
	if err != nil {
		return nil, err
	}
	conn, err := e.connect("engine")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connect to the embedded NATS server: %w", err), e.end())
	}
	b := &Bus{conn: conn, embedded: e}
	if c.Listen != listenOff {
		b.url = e.server().ClientURL()
	}
	return b, nil
}

// After this many unanswered pings the engine connects to another server: a server that hangs,
// or whose machine lost power, does not close the connection. The library's default of two
// minutes a ping is longer than the engine's work can wait.
const (
	pingEvery = 5 * time.Second
	pingsLost = 2
)

func (c Config) dialCluster() (*Bus, error) {
	opts := []nats.Option{nats.Name("smokeball-sync"), nats.MaxReconnects(-1), nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsLost)}
	if c.Creds != "" {
		opts = append(opts, nats.UserCredentials(c.Creds))
	}
	if c.CA != "" {
		opts = append(opts, nats.RootCAs(c.CA))
	}
	conn, err := dial(c.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_NATS_URL is %s: no connection to the cluster (%w); check the URL, that it runs, and ENGINE_NATS_CREDS and ENGINE_NATS_CA", masked(c.URL), err)
	}
	return &Bus{conn: conn, retrier: retrier(settles), url: c.URL}, nil
}

func (b *Bus) prepare(ctx context.Context, c Config) (err error) {
	if b.js, err = jetstream.New(b.conn); err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	if err := b.provision(ctx, c); err != nil {
		return err
	}
	if b.embedded == nil {
		return nil
	}
	if err := redeliverUnacked(ctx, b.js, c.Logger); err != nil {
		return err
	}
	b.supervisor = supervise(b.embedded, c.Logger, b.embedded.writable)
	if c.Listen == listenOff {
		return nil
	}
	b.gate, err = openGate(b.embedded, c.Logger, newQuota(c.room()/shareOfOne), &b.waiting)
	return err
}

// begin starts the bus's background work.
func (b *Bus) begin() {
	var ctx context.Context
	ctx, b.stop = context.WithCancel(context.Background())
	b.ended = make(chan struct{})
	go func() {
		defer close(b.ended)
		var watch sync.WaitGroup
		defer watch.Wait()
		if b.embedded == nil {
			watch.Go(func() { b.quorum.watch(ctx) })
			b.warnOfSharedAccount(ctx)
		}
		b.keepRoom(ctx)
	}()
}

// Fault returns the reason why the bus stores no messages at present, or nil; of a cluster it is an
// [ErrNoQuorum]. It waits for nothing: it is what the last check found, some seconds ago at most.
func (b *Bus) Fault() error {
	switch {
	case b.supervisor != nil:
		return b.supervisor.state()
	case b.quorum != nil:
		return b.quorum.state()
	}
	return nil
}

// Conn is the engine's connection. It belongs to the Bus: do not close it.
func (b *Bus) Conn() *nats.Conn { return b.conn }

// JetStream is the engine's JetStream context, with full rights.
func (b *Bus) JetStream() jetstream.JetStream { return b.js }

// ClientURL is where publishers connect; empty when the server is in-process only.
func (b *Bus) ClientURL() string { return b.url }

// Durable finds the engine's durable consumer of that name; it is the [Bind] of the
// engine's subscribers.
func (b *Bus) Durable(ctx context.Context, topic string) (jetstream.Consumer, error) {
	for _, d := range durables() {
		if d.name != topic {
			continue
		}
		var cons jetstream.Consumer
		err := b.Ask(ctx, func(ctx context.Context) (err error) {
			cons, err = b.js.Consumer(ctx, d.stream, d.name)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("find consumer %s: %w", topic, err)
		}
		return cons, nil
	}
	return nil, fmt.Errorf("find consumer %q: the table has none of that name", topic)
}

// Ask makes an idempotent request. On a cluster that has no leader for a moment it retries for
// up to a minute.
func (b *Bus) Ask(ctx context.Context, question func(context.Context) error) error {
	return b.retrier.retry(ctx, question)
}

// KeyValue finds a key-value bucket of the table. A key that its server can't read at the moment
// is an error, and not [jetstream.ErrKeyNotFound].
func (b *Bus) KeyValue(ctx context.Context, name string) (kv jetstream.KeyValue, err error) {
	err = b.Ask(ctx, func(ctx context.Context) (err error) {
		kv, err = b.js.KeyValue(ctx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return bucket{kv, b.js}, nil
}

// Close flushes what was published, closes the connection and stops the embedded server, whose
// files are complete when Close returns. Close the subscribers first. If ctx ends before
// everything is flushed, Close returns the reason and still closes the rest.
func (b *Bus) Close(ctx context.Context) error {
	if b.stop != nil {
		b.stop()
		<-b.ended
	}
	if b.supervisor != nil {
		b.supervisor.end()
	}
	if b.gate != nil {
		b.gate.close()
	}
	err := flush(ctx, b.conn)
	b.conn.Close()
	if b.embedded != nil {
		err = errors.Join(err, b.embedded.end())
	}
	return err
}

func flush(ctx context.Context, conn *nats.Conn) error {
	if conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	if err := conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("flush the bus: %w", err)
	}
	return nil
}

// masked returns a list of URLs without their passwords.
func masked(urls string) string {
	var list []string
	for text := range strings.SplitSeq(urls, ",") {
		if u, err := url.Parse(strings.TrimSpace(text)); err == nil {
			list = append(list, u.Redacted())
		}
	}
	return strings.Join(list, ",")
}
