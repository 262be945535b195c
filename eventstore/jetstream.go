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
}

// JetStream is the Store of a cluster: the JetStream stream LEDGER. An event survives
// a power failure where the servers run with SyncAlways; without it an acknowledged
// event may still be in memory only.
type JetStream struct {
	js    jetstream.JetStream
	log   *slog.Logger
	queue *appender
	mark  *mark // nil: none is kept
}

// OpenJetStream opens the ledger in js and makes the stream where there is none. An
// existing stream keeps its placement and other settings, except those that the
// ledger's promises need. The caller keeps the connection and closes it after Close.
func OpenJetStream(ctx context.Context, js jetstream.JetStream, c JetStreamConfig) (*JetStream, error) {
	j := &JetStream{js: js, log: c.Log}
	if j.log == nil {
		j.log = slog.Default()
	}
	stream, err := j.openStream(ctx, max(c.Replicas, 1))
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
	j.queue = startAppender(jetStreamGroup, j.write)
	return j, nil
}

// Close ends the writing after the commits at hand and brings the mark up to date.
func (j *JetStream) Close() error {
	j.queue.close()
	if j.mark == nil {
		return nil
	}
	return j.mark.close()
}

// openStream makes sure of the stream. A cluster that starts, or has just lost a server, may
// be without a leader for a moment, or forget what it was asked: it is asked again.
func (j *JetStream) openStream(ctx context.Context, replicas int) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	answers := retry.Backoff{First: firstAnswer, Limit: j.js.Options().DefaultTimeout}
	for within := answers.First; ; within = answers.Next(within) {
		one, cancel := context.WithTimeout(ctx, within)
		s, err := ensureStream(one, j.js, replicas)
		cancel()
		if !unsettled(err) || retry.Wait(ctx, askPause) != nil {
			return s, err
		}
		j.log.Warn("the ledger's stream can't be opened yet", "stream", LedgerStream, "err", err)
	}
}

// firstAnswer is how long the first answer is waited for. Of several engines that make the
// stream at the same moment the server answers one; the others ask again and find it.
const firstAnswer = time.Second

// openWithin is how long a cluster may take until the stream is open.
const openWithin = time.Minute

// The server's codes for a cluster that is not itself at the moment.
const (
	codeNoPeers      = 10005
	codeNotAssigned  = 10007
	codeNotAvailable = 10008
	codeNotLeader    = 10009
)

// unsettled reports whether nobody answered, or for a reason that passes.
func unsettled(err error) bool {
	return isCode(err, codeNoPeers, codeNotAssigned, codeNotAvailable, codeNotLeader) ||
		unheard(err) || errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
}

// isCode reports whether the error is a server's, of one of the codes.
func isCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode)
}

// ensureStream makes the stream, or brings the settings that matter up to date.
func ensureStream(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.Stream, error) {
	s, err := js.Stream(ctx, LedgerStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return js.CreateStream(ctx, ledgerConfig(jetstream.StreamConfig{Name: LedgerStream}, replicas))
	}
	if err != nil {
		return nil, err
	}
	have := s.CachedInfo().Config
	want := ledgerConfig(have, replicas)
	if reflect.DeepEqual(have, want) {
		return s, nil
	}
	return js.UpdateStream(ctx, want)
}

// ledgerConfig is c with what the ledger needs: nothing is ever dropped, overwritten
// or deleted, a full stream refuses, and several events can be written all or none.
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
