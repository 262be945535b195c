package sealing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// KeyStream is the stream of data keys on a cluster, and keySubject the first word of its subjects: the
// key of the ledger's stream matter.f_1.m_1 has the subject data-keys.matter.f_1.m_1.
//
// A message is the state of a key and its wrapped form, as in a slot of the file. The last message of a
// subject counts. The server drops none: whoever wraps a key again or destroys it writes the new message
// first, and then has the earlier ones overwritten on the disk of each server. A key is so never without
// its message, and one that was destroyed is never made again.
const (
	KeyStream  = "DATA_KEYS"
	keySubject = "data-keys."
)

const (
	keysWithin = 30 * time.Second // for a request, while the cluster has no leader
	keysPause  = 50 * time.Millisecond
	keysOnce   = 5 * time.Second // for one try
)

// Shared are the data keys of a cluster's ledger. Each engine follows the stream, so that it drops a
// key that another one has destroyed.
type Shared struct {
	*Keys
	stream *keyStream
}

// OpenShared opens the stream of data keys and reads it. With replicas it makes a missing stream, and adds
// missing replicas; with 0 it leaves the stream as it is.
func OpenShared(ctx context.Context, js jetstream.JetStream, v *vault.Vault, replicas int) (*Shared, error) {
	s := &keyStream{js: js, slots: map[string]slot{}, queue: make(chan *newKey), moved: make(chan struct{})}
	if err := s.ensure(ctx, replicas); err != nil {
		return nil, fmt.Errorf("open data keys in JetStream stream %s: %w", KeyStream, err)
	}
	k := &Keys{vault: v, home: s, opened: map[string]*dataKey{}}
	s.gone = func(subject string) { k.close(subject) }
	following, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.work.Go(func() { s.follow(following) })
	s.work.Go(func() { s.store(following) })
	if err := s.refresh(); err != nil {
		return nil, errors.Join(fmt.Errorf("read data keys in JetStream stream %s: %w", KeyStream, err), s.close())
	}
	return &Shared{k, s}, nil
}

// Destroyed returns the sequence of the newest destruction of a key that this engine knows, 0 if there is
// none, and a channel that is closed when more of the stream was read.
func (s *Shared) Destroyed() (newest uint64, changed <-chan struct{}) {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return s.stream.destroyed, s.stream.moved
}

// Refresh returns when this engine knows every destruction that was stored before the call.
func (s *Shared) Refresh() error { return s.stream.refresh() }

// keyStream is a stream of data keys.
type keyStream struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	gone   func(subject string) // is told of each destruction
	queue  chan *newKey         // that wait to be stored
	stop   func()               // ends work
	work   sync.WaitGroup

	mu        sync.Mutex
	slots     map[string]slot
	at        uint64        // up to here the stream was read
	destroyed uint64        // the newest destruction
	moved     chan struct{} // closed when at moves
}

// config requires that the server drops nothing by itself, and that messages can be overwritten.
func (s *keyStream) config(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: KeyStream, Description: "wrapped data keys of what the ledger says of persons", Subjects: []string{keySubject + ">"},
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxMsgsPerSubject: -1, DenyPurge: true, AllowAtomicPublish: true, Replicas: replicas}
}

func (s *keyStream) ensure(ctx context.Context, replicas int) error {
	ctx, cancel := context.WithTimeout(ctx, keysWithin)
	defer cancel()
	return s.repeat(ctx, func(ctx context.Context) (err error) {
		s.stream, err = s.js.Stream(ctx, KeyStream)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound) && replicas > 0:
			s.stream, err = s.js.CreateStream(ctx, s.config(replicas))
		case err == nil && s.stream.CachedInfo().Config.Replicas < replicas:
			s.stream, err = s.js.UpdateStream(ctx, s.config(replicas))
		}
		return err
	})
}

// The server's codes for a cluster that is not ready at the moment, and for a deletion of a message
// that is not there.
const (
	codeNoPeers      = 10005
	codeNotAssigned  = 10007
	codeNotAvailable = 10008
	codeNotLeader    = 10009
	codeNoMessage    = 10057
)

// repeat makes a request again while the cluster has no leader or does not answer. A stream that was
// found is there: a server that has just been elected the cluster's leader may not know of it for a moment.
func (s *keyStream) repeat(ctx context.Context, ask func(context.Context) error) error {
	for {
		one, cancel := context.WithTimeout(ctx, keysOnce)
		err := ask(one)
		cancel()
		if !passing(err) && !(s.stream != nil && errors.Is(err, jetstream.ErrStreamNotFound)) || retry.Wait(ctx, keysPause) != nil {
			return err
		}
	}
}

// passing reports whether an error may pass by itself.
func passing(err error) bool {
	return isCode(err, codeNoPeers, codeNotAssigned, codeNotAvailable, codeNotLeader) || errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) ||
		errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
}

func isCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode)
}

// wasFirst reports whether a message was refused because another one of its subject was first.
func wasFirst(err error) bool {
	return isCode(err, jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

func (s *keyStream) find(subject string) slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slots[subject]
}

func (s *keyStream) each(do func(subject string, s slot)) error {
	if err := s.refresh(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for subject, slot := range s.slots {
		do(subject, slot)
	}
	return nil
}

// learn notes what is stored of a subject. What was destroyed stays so.
func (s *keyStream) learn(subject string, is slot) {
	s.mu.Lock()
	was := s.slots[subject]
	if was.state != destroyed && is.place >= was.place {
		s.slots[subject] = is
	}
	if is.state == destroyed {
		s.destroyed = max(s.destroyed, uint64(is.place))
	}
	s.mu.Unlock()
	if is.state == destroyed {
		s.gone(subject)
	}
}

// reach notes that the stream was read up to a sequence.
func (s *keyStream) reach(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = max(s.at, seq)
	close(s.moved)
	s.moved = make(chan struct{})
}

// ask asks the stream's leader.
func (s *keyStream) ask(subject string) (is slot, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), keysWithin)
	defer cancel()
	var m *jetstream.RawStreamMsg
	err = s.repeat(ctx, func(ctx context.Context) (err error) {
		m, err = s.stream.GetLastMsgForSubject(ctx, keySubject+subject)
		return err
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return slot{}, nil
	}
	if err != nil {
		return slot{}, fmt.Errorf("ask for the data key of %s: %w", subject, err)
	}
	if is, err = decodeKey(m.Data, m.Sequence); err != nil {
		return slot{}, err
	}
	s.learn(subject, is)
	return is, nil
}

func encodeKey(s slot) []byte { return append([]byte{byte(s.state)}, s.wrapped...) }

func decodeKey(data []byte, seq uint64) (slot, error) {
	if len(data) == 0 || state(data[0]) != present && state(data[0]) != destroyed {
		return slot{}, fmt.Errorf("message %d of stream %s is not a data key", seq, KeyStream)
	}
	return slot{state: state(data[0]), wrapped: slices.Clone(data[1:]), place: int64(seq)}, nil
}

// put stores what becomes of a subject's key, provided the message at the sequence is its last one.
func (s *keyStream) put(ctx context.Context, subject string, is slot, after uint64) (slot, error) {
	ack, err := s.js.Publish(ctx, keySubject+subject, encodeKey(is), jetstream.WithExpectStream(KeyStream), jetstream.WithExpectLastSequencePerSubject(after), jetstream.WithRetryAttempts(0))
	if err != nil {
		return slot{}, err
	}
	is.place = int64(ack.Sequence)
	s.learn(subject, is)
	return is, nil
}

// add stores a new key. If another engine is first, or the answer is lost, what is stored counts. It may
// not be readable yet: a leader refuses what conflicts with a message that is on its way to the others.
func (s *keyStream) add(subject string, wrapped []byte) (is slot, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), keysWithin)
	defer cancel()
	for {
		is, err = s.first(ctx, subject, slot{state: present, wrapped: wrapped})
		if err == nil || !wasFirst(err) && !passing(err) {
			break
		}
		if is, asked := s.ask(subject); asked == nil && is.state != noKey {
			return is, nil
		}
		if retry.Wait(ctx, keysPause) != nil {
			break
		}
	}
	if err != nil {
		err = fmt.Errorf("store the data key of %s: %w; check the NATS servers", subject, err)
	}
	return is, err
}

// flush has nothing to do: what is added is stored.
func (s *keyStream) flush(uint64) error { return nil }

// replace stores a key in another wrapped form, unless another engine was first, and overwrites the
// earlier form.
func (s *keyStream) replace(subject string, wrapped []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), keysWithin)
	defer cancel()
	old, err := s.ask(subject)
	if err != nil || old.state != present {
		return err
	}
	is, err := s.put(ctx, subject, slot{state: present, wrapped: wrapped}, uint64(old.place))
	if wasFirst(err) {
		_, err = s.ask(subject)
		return err
	}
	if err != nil {
		return fmt.Errorf("store the data key of %s: %w", subject, err)
	}
	return s.overwrite(ctx, subject, uint64(is.place))
}

// destroy notes for each subject that its key was destroyed, and then overwrites the key.
func (s *keyStream) destroy(subjects []string) error {
	for _, subject := range subjects {
		if err := s.end(subject); err != nil {
			return fmt.Errorf("destroy the data key of %s: %w", subject, err)
		}
	}
	return nil
}

func (s *keyStream) end(subject string) error {
	ctx, cancel := context.WithTimeout(context.Background(), keysWithin)
	defer cancel()
	for {
		is, err := s.ask(subject)
		if err == nil && is.state != destroyed {
			is, err = s.put(ctx, subject, slot{state: destroyed}, uint64(is.place))
		}
		if err == nil {
			return s.overwrite(ctx, subject, uint64(is.place))
		}
		if !wasFirst(err) && !passing(err) || retry.Wait(ctx, keysPause) != nil {
			return err
		}
	}
}

// overwrite has the messages of a subject before the sequence overwritten on the disk of each server,
// and removed.
func (s *keyStream) overwrite(ctx context.Context, subject string, before uint64) error {
	for from := uint64(1); from < before; {
		var m *jetstream.RawStreamMsg
		err := s.repeat(ctx, func(ctx context.Context) (err error) {
			m, err = s.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(keySubject+subject))
			return err
		})
		if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && m.Sequence >= before {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find what stream %s has before message %d: %w", KeyStream, before, err)
		}
		err = s.repeat(ctx, func(ctx context.Context) error { return s.stream.SecureDeleteMsg(ctx, m.Sequence) })
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) && !isCode(err, codeNoMessage) {
			return fmt.Errorf("overwrite message %d of stream %s: %w", m.Sequence, KeyStream, err)
		}
		from = m.Sequence + 1
	}
	return nil
}

// refresh waits until the stream was read up to its end.
func (s *keyStream) refresh() error {
	ctx, cancel := context.WithTimeout(context.Background(), keysWithin)
	defer cancel()
	var state jetstream.StreamState
	err := s.repeat(ctx, func(ctx context.Context) error {
		info, err := s.stream.Info(ctx)
		if err == nil {
			state = info.State
		}
		return err
	})
	if err != nil || state.Msgs == 0 {
		return err
	}
	for {
		s.mu.Lock()
		at, moved := s.at, s.moved
		s.mu.Unlock()
		if at >= state.LastSeq {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("read stream %s up to %d: it was read up to %d: %w", KeyStream, state.LastSeq, at, ctx.Err())
		}
	}
}

// follow reads the stream until it is stopped.
func (s *keyStream) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.read(ctx); err != nil && ctx.Err() == nil {
			_ = retry.Wait(ctx, keysPause)
		}
	}
}

func (s *keyStream) read(ctx context.Context) error {
	s.mu.Lock()
	from := s.at + 1
	s.mu.Unlock()
	c, err := s.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from})
	if err != nil {
		return err
	}
	msgs, err := c.Messages()
	if err != nil {
		return err
	}
	defer msgs.Stop()
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if is, err := decodeKey(m.Data(), meta.Sequence.Stream); err == nil {
			s.learn(strings.TrimPrefix(m.Subject(), keySubject), is)
		}
		s.reach(meta.Sequence.Stream)
	}
}

func (s *keyStream) close() error {
	s.stop()
	s.work.Wait()
	return nil
}
