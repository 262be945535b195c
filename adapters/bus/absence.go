package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// errUnreadable says that the server has a message and could not read it.
var errUnreadable = errors.New("the NATS server has the message and can't read it now; its log says why")

// absent returns nil if a stream has no message of a subject. A JetStream server answers “not found”
// also when it could not read what it has, for example without a free file descriptor, and so does
// a replica that lags behind. The leader's index of subjects is in memory and tells them apart.
func absent(ctx context.Context, s jetstream.Stream, subject string) error {
	n, err := count(ctx, s, subject)
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%s: %w", subject, errUnreadable)
	}
	return nil
}

// count asks the stream's leader how many messages of a subject it has.
func count(ctx context.Context, s jetstream.Stream, subject string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, leaderWithin)
	defer cancel()
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return 0, fmt.Errorf("count the messages of %s: %w", subject, err)
	}
	return info.State.Subjects[subject], nil
}

// bucket is a key-value bucket whose keys are not found only if there are none.
type bucket struct {
	jetstream.KeyValue
	js jetstream.JetStream
}

// Get implements [jetstream.KeyValue]. It returns [jetstream.ErrKeyNotFound] only for a key that was
// never put or is deleted.
func (b bucket) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	entry, err := b.KeyValue.Get(ctx, key)
	if !errors.Is(err, jetstream.ErrKeyNotFound) {
		return entry, err
	}
	if err := b.missing(ctx, key); err != nil {
		return nil, fmt.Errorf("read key %s of %s: %w", key, b.Bucket(), err)
	}
	return nil, err
}

// missing returns nil if a key that was not found is not there, or its last message is that of its
// deletion.
func (b bucket) missing(ctx context.Context, key string) error {
	s, err := b.js.Stream(ctx, "KV_"+b.Bucket())
	if err != nil {
		return err
	}
	subject := "$KV." + b.Bucket() + "." + key
	there := absent(ctx, s, subject)
	if !errors.Is(there, errUnreadable) {
		return there
	}
	last, err := s.GetLastMsgForSubject(ctx, subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return there
	case err != nil:
		return err
	case !deletion(last):
		return fmt.Errorf("%s: %w", subject, errPutMeanwhile)
	}
	return nil
}

// errPutMeanwhile says that a key was put while it was looked for.
var errPutMeanwhile = errors.New("the key was put a moment ago; try again")

// deletion reports whether a message says that its key is deleted: by a client, or by the server
// when it expired.
func deletion(m *jetstream.RawStreamMsg) bool {
	return m.Header.Get("KV-Operation") != "" || m.Header.Get("Nats-Marker-Reason") != ""
}

// absentAt returns nil if a stream has no message of that sequence.
func absentAt(ctx context.Context, s jetstream.Stream, seq uint64) error {
	m, err := s.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(">"))
	if err == nil && m.Sequence > seq {
		return nil // the server has read on beyond it
	}
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return err
	}
	if info.State.Msgs == 0 || info.State.LastSeq < seq || info.State.FirstSeq > seq {
		return nil
	}
	return fmt.Errorf("message %d of %s: %w", seq, info.Config.Name, errUnreadable)
}
