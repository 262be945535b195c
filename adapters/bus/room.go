package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// ErrFull says that a stream is full of messages that have not been processed yet.
var ErrFull = errors.New("the bus is full; it accepts messages again once waiting ones are processed")

// The largest sizes in bytes on the embedded server.
const (
	streamRoom       = 8 << 30             // of INBOX, of OUTBOX
	documentRoom     = 128 << 30           // of the object store
	documentLifetime = 90 * 24 * time.Hour // of an object that nothing has deleted
)

// codeNotStored is JetStream's "maximum bytes exceeded", among others.
const codeNotStored jetstream.ErrorCode = 10077

// isFull reports whether a publish failed because its stream is full.
func isFull(err error) bool {
	api := new(jetstream.APIError)
	return errors.As(err, &api) && api.ErrorCode == codeNotStored && strings.Contains(api.Description, "maximum bytes")
}

// sizeOf returns the largest size of a stream. On a cluster the operators choose it: the servers
// reserve that much storage, and if they do not have it they refuse every change of any stream.
func (b *Bus) sizeOf(ctx context.Context, name string, own int64) (int64, error) {
	if b.embedded != nil {
		return own, nil
	}
	stream, err := b.js.Stream(ctx, name)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, fmt.Errorf("find stream %s: %w", name, err)
	}
	if err == nil && stream.CachedInfo().Config.MaxBytes > 0 {
		return stream.CachedInfo().Config.MaxBytes, nil
	}
	b.log.Info("a stream has no maximum size; the storage of the engine's account is the limit; to set one: nats stream edit --max-bytes", "stream", name)
	return -1, nil
}

// roomEvery is the pause between two checks of how full the streams are.
const roomEvery = 10 * time.Second

// keepRoom makes room at intervals until ctx ends.
func (b *Bus) keepRoom(ctx context.Context) {
	tight := map[string]bool{}
	for retry.Wait(ctx, roomEvery) == nil {
		for _, name := range []string{Inbox, Outbox} {
			full, err := b.makeRoom(ctx, name)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				b.log.Warn("can't make room on the bus; the engine retries", "stream", name, "err", err)
				continue
			}
			if full && !tight[name] {
				b.log.Error(tightWords(name), "stream", name)
			}
			tight[name] = full
		}
	}
}

func tightWords(stream string) string {
	if stream == Inbox {
		return "unprocessed events fill nearly all of the room for events; publishers are refused until the engine has processed some: find out why it does not"
	}
	return "events that a service of CaseHug has not read fill nearly all of the room for the engine's events; the engine publishes no more until the service has read some, and loses none: let the service read on, or delete its consumer"
}

// MakeRoom removes the oldest messages of the streams that are more than half full, down to a
// quarter: of [Inbox] only those that were processed, of [Outbox] only those that every durable
// consumer of all firms has acknowledged. A consumer of one firm does not hold up the others.
func (b *Bus) MakeRoom(ctx context.Context) error {
	var faults []error
	for _, name := range []string{Inbox, Outbox} {
		_, err := b.makeRoom(ctx, name)
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// makeRoom also reports whether the stream is still nearly full afterwards.
func (b *Bus) makeRoom(ctx context.Context, name string) (full bool, err error) {
	stream, err := b.js.Stream(ctx, name)
	if err != nil {
		return false, fmt.Errorf("find stream %s: %w", name, err)
	}
	was := stream.CachedInfo()
	done, err := workedOff(ctx, stream, was.State.LastSeq)
	if err != nil {
		return false, err
	}
	if name == Inbox && b.gate != nil {
		b.gate.quota.acquire(was.State.LastSeq, done)
	}
	room := was.Config.MaxBytes
	if room <= 0 || int64(was.State.Bytes) <= room/2 {
		return false, nil
	}
	if to := min(done, surplus(was.State, room)); to >= was.State.FirstSeq {
		if err := stream.Purge(ctx, jetstream.WithPurgeSequence(to+1)); err != nil {
			return false, fmt.Errorf("make room in stream %s: %w", name, err)
		}
		b.log.Info("the oldest processed messages were removed to make room", "stream", name, "from", was.State.FirstSeq, "to", to)
	}
	now, err := stream.Info(ctx)
	if err != nil {
		return false, fmt.Errorf("look at stream %s: %w", name, err)
	}
	return int64(now.State.Bytes) > room/10*9, nil
}

// surplus estimates the last sequence to remove so that a quarter of the room stays in use.
func surplus(s jetstream.StreamState, room int64) uint64 {
	share := 1 - float64(room/4)/float64(s.Bytes)
	return s.FirstSeq + uint64(share*float64(s.LastSeq-s.FirstSeq+1))
}

// workedOff returns the last sequence, up to last, that every durable consumer of all firms has
// acknowledged.
func workedOff(ctx context.Context, stream jetstream.Stream, last uint64) (uint64, error) {
	done := last
	all := stream.ListConsumers(ctx)
	for c := range all.Info() {
		switch {
		case c.Config.Durable == "" || !ofAllFirms(c.Config):
		case c.NumPending == 0 && c.NumAckPending == 0: // it has acknowledged everything up to last
		default:
			done = min(done, c.AckFloor.Stream)
		}
	}
	if err := all.Err(); err != nil {
		return 0, fmt.Errorf("look at the consumers of stream %s: %w", stream.CachedInfo().Config.Name, err)
	}
	return done, nil
}

// ofAllFirms reports whether a consumer reads the messages of more than one firm.
func ofAllFirms(c jetstream.ConsumerConfig) bool {
	filters := append([]string{c.FilterSubject}, c.FilterSubjects...)
	for _, f := range filters {
		_, firm, _ := strings.Cut(strings.TrimPrefix(f, Bound), ".")
		firm, _, _ = strings.Cut(firm, ".")
		if firm == ">" || firm == "*" || f == ">" {
			return true
		}
	}
	return len(c.FilterSubjects) == 0 && c.FilterSubject == ""
}

// room returns the size of a stream under this configuration.
func (c Config) room() int64 { return cmp.Or(c.Room, streamRoom) }
