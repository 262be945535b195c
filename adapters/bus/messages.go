package bus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/atrest"
)

// Messages is what a stream of messages has, and what it lacks.
type Messages struct {
	Stream  string
	Missing bool     // there is no such stream, or not what it takes to open it
	Read    int      // messages that were read
	Waiting int      // of those, messages that the engine has not taken in
	Lost    []uint64 // that the engine has not taken in, and the stream can't give
	Damaged []uint64 // the same of those that were taken in, or that the engine wrote
	Odd     []uint64 // that wait, and that the engine can't take in as they are
	Torn    bool     // a file ends within a record: it was being written as the server ended, or is damaged
	Ahead   string   // a consumer that is further than the stream reaches; "": none is

	acked uint64 // up to where a consumer says that all was taken in
}

// mostRead is how many of a stream's messages are read: the newest, and all that wait.
const mostRead = 10_000

// Takes reports whether the engine can take a message in.
type Takes = func(subject string, header map[string]string, body []byte) bool

// ReadMessages reads the messages that wait, and the newest of the others.
func ReadMessages(ctx context.Context, b *Bus, takes Takes) ([]Messages, error) {
	var list []Messages
	for _, name := range []string{Inbox, Outbox} {
		m, err := readStream(ctx, b, name, takes)
		if err != nil {
			return nil, fmt.Errorf("read the messages of stream %s: %w", name, err)
		}
		list = append(list, m)
	}
	return list, nil
}

func readStream(ctx context.Context, b *Bus, name string, takes Takes) (Messages, error) {
	m := Messages{Stream: name}
	s, err := b.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		m.Missing = true
		return m, nil
	}
	if err != nil {
		return m, err
	}
	info, err := s.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return m, err
	}
	floor, err := m.floor(ctx, s, info.State.LastSeq)
	if err == nil {
		err = m.beyond(b.copyOf, info.State.LastSeq)
	}
	if err != nil {
		return m, err
	}
	removed := map[uint64]bool{}
	for _, seq := range info.State.Deleted {
		removed[seq] = true
		if seq > floor {
			m.Lost = append(m.Lost, seq)
		}
	}
	from := max(info.State.FirstSeq, 1)
	if info.State.LastSeq > mostRead {
		from = max(from, min(floor, info.State.LastSeq-mostRead)+1)
	}
	for seq := from; seq <= info.State.LastSeq; seq++ {
		if removed[seq] {
			continue
		}
		msg, err := s.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			m.lacks(seq, seq > floor)
			continue
		}
		if err != nil {
			return m, err
		}
		m.read(msg, seq > floor, takes)
	}
	return m, nil
}

// floor is up to where the engine has taken in all messages of the stream. Of a stream that it only
// writes it is the end.
func (m *Messages) floor(ctx context.Context, s jetstream.Stream, last uint64) (uint64, error) {
	floor := last
	for _, d := range durables() {
		if d.stream != m.Stream {
			continue
		}
		c, err := s.Consumer(ctx, d.name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			floor = 0 // it is made again, and takes everything in again
			continue
		}
		if err != nil {
			return 0, err
		}
		at := c.CachedInfo()
		m.acked = max(m.acked, at.AckFloor.Stream)
		if at.Delivered.Stream > last {
			m.Ahead = fmt.Sprintf("the consumer %s has got message %d, and the last one is %d", d.name, at.Delivered.Stream, last)
		}
		if at.NumPending+uint64(at.NumAckPending) > 0 {
			floor = min(floor, at.AckFloor.Stream)
		}
	}
	return floor, nil
}

func (m *Messages) lacks(seq uint64, waits bool) {
	if waits {
		m.Lost = append(m.Lost, seq)
	} else {
		m.Damaged = append(m.Damaged, seq)
	}
}

// read looks at a message.
func (m *Messages) read(msg *jetstream.RawStreamMsg, waits bool, takes Takes) {
	m.Read++
	if !waits {
		return
	}
	m.Waiting++
	header := map[string]string{}
	for name := range msg.Header {
		header[name] = msg.Header.Get(name)
	}
	if !takes(msg.Subject, header, msg.Data) {
		m.Odd = append(m.Odd, msg.Sequence)
	}
}

// OpenCopy copies the messages of an embedded server that does not run from one data directory to
// another, and starts a server on the copy, which makes nothing there that is missing.
func OpenCopy(ctx context.Context, from, to string, key []byte, log *slog.Logger) (*Bus, error) {
	for _, name := range []string{Inbox, Outbox} {
		if err := copyStream(from, to, name); err != nil {
			return nil, err
		}
	}
	b, err := Config{Listen: listenOff, DataDir: to, Key: key, Logger: log, AsIs: true}.withDefaults().dial(ctx)
	if err != nil {
		return nil, err
	}
	b.copyOf = &Config{DataDir: from, Key: key}
	if b.js, err = jetstream.New(b.conn); err != nil {
		return nil, errors.Join(fmt.Errorf("use JetStream: %w", err), b.Close(ctx))
	}
	return b, nil
}

func copyStream(from, to, name string) error {
	source := Config{DataDir: from}.streamFolder(name)
	folder, err := filepath.Rel(from, source)
	if err != nil {
		return err
	}
	if _, err := os.Stat(source); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.CopyFS(filepath.Join(to, folder), os.DirFS(source)); err != nil {
		return fmt.Errorf("copy the stream %s: %w", name, err)
	}
	return nil
}

// root is the folder that a server has worked in.
func (c Config) root() string {
	_, err := os.Stat(atrest.Root(c.store(), true))
	return atrest.Root(c.store(), err == nil)
}

// streamFolder is the folder of a stream's files.
func (c Config) streamFolder(name string) string {
	return filepath.Join(c.root(), "jetstream", engineAccount, "streams", name)
}
