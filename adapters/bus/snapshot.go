package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// What a backup takes of the bus. Sessions and leases are left out: people sign in again, and a
// lease is of the engine that held it.

// SnapshotsBeforeLedger are the streams of which a backup takes a snapshot before the ledger's: a
// checkpoint must not be ahead of the ledger, what was published up to a checkpoint must be there,
// and an answer must not be remembered whose facts the ledger lacks.
func SnapshotsBeforeLedger() []string { return []string{"KV_" + State, Outbox, "KV_" + Calls} }

// SnapshotsAfterLedger are the streams of which a backup takes a snapshot after the ledger's: the
// ledger names secrets, messages and documents that must be there.
func SnapshotsAfterLedger() []string { return []string{"KV_" + Tokens, Inbox, "OBJ_" + Documents} }

// OpenBare starts the embedded server, or connects to the cluster, and makes nothing there: the
// streams of a backup are restored into it. The caller closes the Bus.
func OpenBare(ctx context.Context, c Config) (*Bus, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	b, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	b.log = c.Logger
	if b.js, err = jetstream.New(b.conn); err != nil {
		return nil, errors.Join(fmt.Errorf("use JetStream: %w", err), b.Close(ctx))
	}
	return b, nil
}

// Snapshots copies the bus's streams to a backup and back, with the place that the engine's consumers had.
type Snapshots struct {
	conn     *nats.Conn
	js       jetstream.JetStream
	blocks   turns
	replicas int // of the streams that Restore makes; 0: as in the snapshot
}

// SnapshotsOf are those of a bus that is open.
func SnapshotsOf(b *Bus) Snapshots {
	s := Snapshots{conn: b.conn, js: b.js}
	if b.embedded != nil {
		s.blocks = b.embedded.blocks
	}
	return s
}

// Requests of the server's own snapshots.
const (
	snapshotAPI    = "$JS.API.STREAM.SNAPSHOT."
	restoreAPI     = "$JS.API.STREAM.RESTORE."
	snapshotChunk  = 128 << 10
	snapshotWithin = 30 * time.Second // between two chunks
)

// snapshotHead is the first line of a snapshot; the server's own form of the stream follows.
type snapshotHead struct {
	Config json.RawMessage `json:"config"`
	State  json.RawMessage `json:"state"`
}

// apiFault is how the server refuses a request.
type apiFault struct {
	Error *jetstream.APIError `json:"error,omitempty"`
}

// Take writes a stream with its messages and consumers as they are at one moment, while the
// stream is in use. The engine's own consumers are left out: see DeliverAfter.
func (s Snapshots) Take(ctx context.Context, stream string, to io.Writer) error {
	err := s.blocks.take(ctx) // the server cuts a block short where it meets a record that is being overwritten
	if err == nil {
		err = s.take(ctx, stream, to)
		s.blocks.end()
	}
	if err != nil {
		return fmt.Errorf("take a snapshot of stream %s: %w", stream, err)
	}
	return nil
}

func (s Snapshots) take(ctx context.Context, stream string, to io.Writer) error {
	chunks, err := s.conn.SubscribeSync(s.conn.NewInbox())
	if err != nil {
		return err
	}
	defer func() { _ = chunks.Unsubscribe() }() // the connection may be closed by then
	var answer struct {
		snapshotHead
		apiFault
	}
	if err := s.ask(ctx, snapshotAPI+stream, map[string]any{"deliver_subject": chunks.Subject, "chunk_size": snapshotChunk, "jsck": true, "no_consumers": stream == Inbox}, &answer); err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error
	}
	head, err := json.Marshal(answer.snapshotHead)
	if err != nil {
		return err
	}
	if _, err := to.Write(append(head, '\n')); err != nil {
		return err
	}
	return receive(ctx, chunks, to)
}

// receive writes the chunks of a snapshot until the server says that there are no more.
func receive(ctx context.Context, chunks *nats.Subscription, to io.Writer) error {
	for {
		one, cancel := context.WithTimeout(ctx, snapshotWithin)
		m, err := chunks.NextMsgWithContext(one)
		cancel()
		if err != nil {
			return err
		}
		if len(m.Data) == 0 {
			return ended(m)
		}
		if _, err := to.Write(m.Data); err != nil {
			return err
		}
		if m.Reply != "" {
			if err := m.Respond(nil); err != nil {
				return err
			}
		}
	}
}

// ended reads how a snapshot ended.
func ended(m *nats.Msg) error {
	status := m.Header.Get("Status")
	if status == "" || status == "204" {
		return nil
	}
	return fmt.Errorf("the server broke it off: %s %s", status, m.Header.Get("Description"))
}

// Restore makes a stream from what Take wrote. The stream must not exist.
func (s Snapshots) Restore(ctx context.Context, stream string, from io.Reader) error {
	if err := s.restore(ctx, stream, from); err != nil {
		return fmt.Errorf("restore stream %s: %w", stream, err)
	}
	return nil
}

func (s Snapshots) restore(ctx context.Context, stream string, from io.Reader) error {
	var head snapshotHead
	in := json.NewDecoder(from)
	if err := in.Decode(&head); err != nil {
		return fmt.Errorf("read the head of the snapshot: %w", err)
	}
	var err error
	if head.Config, err = s.placed(head.Config); err != nil {
		return err
	}
	var place struct {
		Subject string `json:"deliver_subject"`
		apiFault
	}
	if err := s.ask(ctx, restoreAPI+stream, head, &place); err != nil {
		return err
	}
	if place.Error != nil {
		return place.Error
	}
	rest := io.MultiReader(in.Buffered(), from)
	if _, err := io.CopyN(io.Discard, rest, 1); err != nil { // the end of the first line
		return err
	}
	chunk := make([]byte, snapshotChunk)
	for {
		n, err := io.ReadFull(rest, chunk)
		if n > 0 {
			if err := s.send(ctx, place.Subject, chunk[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return s.send(ctx, place.Subject, nil)
		case err != nil:
			return err
		}
	}
}

// The server that takes a snapshot listens for its chunks before it says where, but the other servers
// of a cluster may not know that yet: a chunk that nobody received is sent again.
const (
	interestWithin = 5 * time.Second
	interestPause  = 20 * time.Millisecond
)

// send sends a chunk of a snapshot, or the end of it, and waits for the answer.
func (s Snapshots) send(ctx context.Context, subject string, chunk []byte) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotWithin)
	defer cancel()
	m, err := s.conn.RequestWithContext(ctx, subject, chunk)
	end := time.Now().Add(interestWithin)
	for errors.Is(err, nats.ErrNoResponders) && time.Now().Before(end) && retry.Wait(ctx, interestPause) == nil {
		m, err = s.conn.RequestWithContext(ctx, subject, chunk)
	}
	if err != nil || len(bytes.TrimSpace(m.Data)) == 0 {
		return err
	}
	var fault apiFault
	if err := json.Unmarshal(m.Data, &fault); err != nil {
		return err
	}
	if fault.Error != nil {
		return fault.Error
	}
	return nil
}

func (s Snapshots) ask(ctx context.Context, subject string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotWithin)
	defer cancel()
	m, err := s.conn.RequestWithContext(ctx, subject, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(m.Data, answer)
}

// Floors returns, for each of the engine's durable consumers, the sequence up to which every
// message of its stream was taken in.
func (s Snapshots) Floors(ctx context.Context) (map[string]uint64, error) {
	floors := map[string]uint64{}
	for _, d := range durables() {
		c, err := s.js.Consumer(ctx, d.stream, d.name)
		if err != nil {
			return nil, fmt.Errorf("find consumer %s: %w", d.name, err)
		}
		floors[d.name] = c.CachedInfo().AckFloor.Stream
	}
	return floors, nil
}

// DeliverAfter makes the engine's durable consumers, which deliver every message after the sequences
// that Floors returned. They begin with the first message if the server, stopped early, forgets where
// they were set: the ledger knows what it has, and nothing is left out.
func (s Snapshots) DeliverAfter(ctx context.Context, floors map[string]uint64) error {
	for _, d := range durables() {
		if _, err := s.js.CreateOrUpdateConsumer(ctx, d.stream, d.config()); err != nil {
			return fmt.Errorf("make consumer %s: %w", d.name, err)
		}
		if _, err := s.js.ResetConsumerToSequence(ctx, d.stream, d.name, floors[d.name]+1); err != nil {
			return fmt.Errorf("reset consumer %s to message %d: %w", d.name, floors[d.name]+1, err)
		}
	}
	return nil
}
