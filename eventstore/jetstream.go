package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// The stream that holds the ledger, and the first word of its subjects: an event of
// domain stream matter.f_1.m_1 has the subject ledger.matter.f_1.m_1.
const (
	LedgerStream  = "LEDGER"
	ledgerSubject = "ledger."
)

// JetStreamConfig are the settings of a JetStream; the zero value is fine.
type JetStreamConfig struct {
	Replicas int          // of the stream, at least; 0: 1. More than it has are added, none removed
	MarkFile string       // where to keep the high-water mark; empty: none is kept
	Log      *slog.Logger // nil: slog.Default
	Told     Observer     // nil: nobody is told of appends
	Seals    Sealer       // nil: nothing is sealed, and a sealed ledger can't be read
}

// JetStream is the Store of a cluster: the JetStream stream LEDGER. An event survives
// a power failure where the servers run with SyncAlways; without it an acknowledged
// event may still be in memory only.
type JetStream struct {
	js    jetstream.JetStream
	log   *slog.Logger
	queue *appender
	mark  *mark // nil: none is kept
	seals Sealer
	form  form
	known folds
	seen  seen
}

// OpenJetStream opens the ledger in js and makes the stream where there is none. An
// existing stream keeps its placement and other settings, except those on which the ledger's
// promises depend. The caller closes the connection after Close.
func OpenJetStream(ctx context.Context, js jetstream.JetStream, c JetStreamConfig) (*JetStream, error) {
	j := &JetStream{js: js, log: c.Log, seals: c.Seals}
	if j.log == nil {
		j.log = slog.Default()
	}
	stream, err := j.openStream(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open ledger in JetStream stream %s: %w", LedgerStream, err)
	}
	if c.MarkFile != "" {
		last := Seq(stream.CachedInfo().State.LastSeq)
		marked, err := checkMark(c.MarkFile, last)
		if err != nil {
			return nil, fmt.Errorf("open ledger in JetStream stream %s: %w", LedgerStream, err)
		}
		j.mark = startMark(c.MarkFile, marked, last, j.log)
	}
	j.form = formOf(stream.CachedInfo().Config)
	j.queue = startAppender(jetStreamGroup, j.writing(), j.write)
	j.queue.told = c.Told
	return j, nil
}

// Close stops writing after the current group and saves the mark.
func (j *JetStream) Close() error {
	j.queue.close()
	if j.mark == nil {
		return nil
	}
	return j.mark.close()
}

// openStream creates or updates the stream. A cluster that starts, or has just lost a server, may
// have no leader for a moment, or lose a request, so openStream retries.
func (j *JetStream) openStream(ctx context.Context, c JetStreamConfig) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	answers := retry.Backoff{First: firstAnswer, Limit: j.js.Options().DefaultTimeout}
	for within := answers.First; ; within = answers.Next(within) {
		one, cancel := context.WithTimeout(ctx, within)
		s, err := ensureStream(one, j.js, c)
		cancel()
		if !unsettled(err) || retry.Wait(ctx, askPause) != nil {
			return s, err
		}
		j.log.Warn("the ledger's stream can't be opened yet", "stream", LedgerStream, "err", err)
	}
}

// firstAnswer is the timeout of the first request. If several engines create the stream at the
// same moment, the server answers only one; the others retry and find it.
const firstAnswer = time.Second

// openWithin is how long a cluster may take until the stream is open.
const openWithin = time.Minute

// The server's codes for a cluster that is not ready at the moment.
const (
	codeNoPeers      = 10005
	codeNotAssigned  = 10007
	codeNotAvailable = 10008
	codeNotLeader    = 10009
)

// unsettled reports whether a request failed for a transient reason, such as no answer.
func unsettled(err error) bool {
	return isCode(err, codeNoPeers, codeNotAssigned, codeNotAvailable, codeNotLeader) ||
		unheard(err) || errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
}

// isCode reports whether the error is a server's, of one of the codes.
func isCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode)
}

// ensureStream creates the stream, or updates the settings on which the ledger depends. A ledger
// without events is sealed from its first one on; any other stays what it is.
func ensureStream(ctx context.Context, js jetstream.JetStream, c JetStreamConfig) (jetstream.Stream, error) {
	replicas := max(c.Replicas, 1)
	s, err := js.Stream(ctx, LedgerStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		fresh := ledgerConfig(jetstream.StreamConfig{Name: LedgerStream}, replicas)
		if c.Seals != nil {
			fresh = sealedForm.note(fresh)
		}
		return js.CreateStream(ctx, fresh)
	}
	if err != nil {
		return nil, err
	}
	have := s.CachedInfo().Config
	if isCopying(have) {
		return nil, fmt.Errorf("%w: run “smokeball-sync copy to-cluster” again", ErrUnfinishedCopy)
	}
	want := ledgerConfig(have, replicas)
	if c.Seals != nil && s.CachedInfo().State.LastSeq == 0 {
		want = sealedForm.note(want)
	}
	if reflect.DeepEqual(have, want) {
		return s, nil
	}
	return js.UpdateStream(ctx, want)
}

// ledgerConfig returns c with the settings that the ledger requires: nothing is ever dropped,
// overwritten or deleted, a full stream refuses new events, and atomic batches are allowed.
func ledgerConfig(c jetstream.StreamConfig, replicas int) jetstream.StreamConfig {
	c.Subjects = []string{ledgerSubject + ">"}
	c.Storage = jetstream.FileStorage
	c.Retention = jetstream.LimitsPolicy
	c.Discard = jetstream.DiscardNew
	c.PersistMode = jetstream.DefaultPersistMode
	c.Replicas = max(c.Replicas, replicas)
	c.MaxAge = 0
	c.MaxMsgs, c.MaxMsgsPerSubject = -1, -1
	c.DenyDelete, c.DenyPurge = true, true
	c.AllowAtomicPublish, c.AllowDirect = true, true
	return c
}

func subjectOf(s domain.Stream) string { return ledgerSubject + s.String() }

// Last is the newest position of the log; 0 when it is empty.
func (j *JetStream) Last(ctx context.Context) (Seq, error) {
	s, err := j.js.Stream(ctx, LedgerStream)
	if err != nil {
		return 0, fmt.Errorf("ask for the end of the ledger: %w", err)
	}
	return Seq(s.CachedInfo().State.LastSeq), nil
}
