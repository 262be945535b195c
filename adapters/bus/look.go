package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// StreamState is how full a stream of the engine is, and what waits in it.
type StreamState struct {
	Name    string
	Missing bool // the bus has no such stream, or one of its consumers is missing
	Bytes   uint64
	Most    int64  // in bytes; 0 or less: no limit of its own
	Waiting uint64 // messages that the engine has not taken in
}

// Look connects to a cluster and changes nothing there: it makes no streams. The caller closes
// the Bus.
func Look(c Config) (*Bus, error) {
	b, err := c.withDefaults().dialCluster()
	if err != nil {
		return nil, err
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		b.conn.Close()
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	return b, nil
}

// Streams returns the state of each stream that the engine requires.
func (b *Bus) Streams(ctx context.Context) ([]StreamState, error) {
	var list []StreamState
	for _, name := range required() {
		s, err := b.state(ctx, name)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// required names the streams that the bus makes and the engine cannot work without.
func required() (names []string) {
	for _, s := range append(streams(1), keyValues(1)...) {
		if s.Name != voidStream {
			names = append(names, s.Name)
		}
	}
	for _, o := range objectStores(1) {
		names = append(names, "OBJ_"+o.Bucket)
	}
	return names
}

func (b *Bus) state(ctx context.Context, name string) (StreamState, error) {
	s := StreamState{Name: name}
	stream, err := b.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s.Missing = true
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("find stream %s: %w", name, err)
	}
	s.Bytes, s.Most = stream.CachedInfo().State.Bytes, stream.CachedInfo().Config.MaxBytes
	for _, d := range durables() {
		if d.stream != name {
			continue
		}
		c, err := stream.Consumer(ctx, d.name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			s.Missing = true
			continue
		}
		if err != nil {
			return s, fmt.Errorf("find consumer %s: %w", d.name, err)
		}
		s.Waiting += c.CachedInfo().NumPending + uint64(c.CachedInfo().NumAckPending)
	}
	return s, nil
}

// CopyBucket copies the files of a key-value bucket of an embedded server that does not run, from
// one data directory to another: a server that starts there finds the bucket.
func CopyBucket(from, to, name string) error { return copyStream(from, to, "KV_"+name) }
