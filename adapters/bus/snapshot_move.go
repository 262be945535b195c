package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// Moved are the streams that a copy of the ledger takes with it to other servers.
func Moved() []string { return slices.Concat(SnapshotsBeforeLedger(), SnapshotsAfterLedger()) }

// WithReplicas returns snapshots whose Restore makes streams for other servers than those of the
// snapshot: with so many replicas and without a size, wherever the servers place them.
func (s Snapshots) WithReplicas(n int) Snapshots {
	s.replicas = n
	return s
}

// placed returns a stream's configuration for the servers that it is restored to.
func (s Snapshots) placed(config json.RawMessage) (json.RawMessage, error) {
	if s.replicas == 0 {
		return config, nil
	}
	var c map[string]json.RawMessage
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, fmt.Errorf("read the stream's configuration: %w", err)
	}
	delete(c, "placement")
	c["max_bytes"] = json.RawMessage("-1") // an engine that starts there sets it, or the cluster's operators do
	c["num_replicas"] = fmt.Append(nil, s.replicas)
	return json.Marshal(c)
}

// Present returns those of the moved streams that are there.
func (s Snapshots) Present(ctx context.Context) (names []string, err error) {
	for _, name := range Moved() {
		_, err := s.js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find stream %s: %w", name, err)
		}
		names = append(names, name)
	}
	return names, nil
}

// Remove deletes a stream that a copy which was broken off has made.
func (s Snapshots) Remove(ctx context.Context, name string) error {
	if err := s.js.DeleteStream(ctx, name); err != nil {
		return fmt.Errorf("delete stream %s: %w", name, err)
	}
	return nil
}

// ErrDiffers says that a stream is not what was copied.
var ErrDiffers = errors.New("the copy of a stream differs")

// Same fails with ErrDiffers unless the stream has the same messages in both: as many with the same
// first and last number, and in a key-value bucket the same value of each key. It returns how many
// messages there are.
func (s Snapshots) Same(ctx context.Context, other Snapshots, name string) (uint64, error) {
	mine, a, err := s.content(ctx, name)
	if err != nil {
		return 0, err
	}
	theirs, b, err := other.content(ctx, name)
	if err != nil {
		return 0, err
	}
	if a.Msgs != b.Msgs || a.Msgs > 0 && (a.FirstSeq != b.FirstSeq || a.LastSeq != b.LastSeq) || len(a.Subjects) != len(b.Subjects) {
		return 0, fmt.Errorf("stream %s: %d messages became %d: %w", name, a.Msgs, b.Msgs, ErrDiffers)
	}
	if !isBucket(name) {
		return a.Msgs, nil
	}
	for subject := range a.Subjects {
		was, err := mine.GetLastMsgForSubject(ctx, subject)
		if err != nil {
			return 0, fmt.Errorf("stream %s: %w", name, err)
		}
		is, err := theirs.GetLastMsgForSubject(ctx, subject)
		if err != nil {
			return 0, fmt.Errorf("stream %s: %w", name, err)
		}
		if was.Sequence != is.Sequence || !bytes.Equal(was.Data, is.Data) {
			return 0, fmt.Errorf("stream %s: value %d: %w", name, was.Sequence, ErrDiffers)
		}
	}
	return a.Msgs, nil
}

func isBucket(name string) bool { return len(name) > 3 && name[:3] == "KV_" }

func (s Snapshots) content(ctx context.Context, name string) (jetstream.Stream, jetstream.StreamState, error) {
	stream, err := s.js.Stream(ctx, name)
	if err != nil {
		return nil, jetstream.StreamState{}, fmt.Errorf("find stream %s: %w", name, err)
	}
	var opts []jetstream.StreamInfoOpt
	if isBucket(name) {
		opts = append(opts, jetstream.WithSubjectFilter(">"))
	}
	info, err := stream.Info(ctx, opts...)
	if err != nil {
		return nil, jetstream.StreamState{}, fmt.Errorf("ask for stream %s: %w", name, err)
	}
	return stream, info.State, nil
}

// Working returns the leases that engines hold: where there is one, an engine runs.
func (s Snapshots) Working(ctx context.Context) ([]string, error) {
	kv, err := s.js.KeyValue(ctx, Leases)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", Leases, err)
	}
	names, err := kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	return names, err
}
