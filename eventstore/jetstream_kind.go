package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"

	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// ReadKind implements KindReader. The leader says how many events each of the streams has; any replica
// may hand them out by direct get, even one that lags, so it is repeated until all are there.
func (j *JetStream) ReadKind(ctx context.Context, k domain.Kind, f domain.FirmID) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		if err := j.readKind(ctx, ledgerSubject+kindPrefix(k, f)+">", yield); err != nil {
			yield(Envelope{}, fmt.Errorf("read ledger from JetStream: %w", err))
		}
	}
}

// readKind yields the events of the subjects that a filter names. The caller yields its error; that is
// nil when yield returned false.
func (j *JetStream) readKind(ctx context.Context, filter string, yield func(Envelope, error) bool) error {
	versions, err := j.versions(ctx, filter)
	if err != nil {
		return err
	}
	left := uint64(0)
	for _, n := range versions {
		left += n
	}
	r := kindPages{JetStream: j, filter: filter, heads: map[string]Head{}}
	for tries := 0; left > 0; {
		page, err := r.next(ctx)
		for _, env := range page {
			if env.Version <= versions[subjectOf(env.Stream)] {
				left--
			}
			if !yield(env, nil) {
				return nil
			}
		}
		switch {
		case err != nil:
			return err
		case len(page) > 0:
			tries = 0
			continue
		}
		if tries++; tries == lagTries {
			return fmt.Errorf("%d events of %s are missing: the replicas lag behind the leader, or the ledger is damaged, which “smokeball-sync doctor” tells; try again", left, filter)
		}
		if err := retry.Wait(ctx, lagWait); err != nil {
			return err
		}
	}
	return nil
}

// versions asks the leader for the newest version of each subject that a filter names: how many messages
// it has, as none is ever removed.
func (j *JetStream) versions(ctx context.Context, filter string) (map[string]uint64, error) {
	all := map[string]uint64{}
	for {
		body, err := json.Marshal(map[string]any{"subjects_filter": filter, "offset": len(all)})
		if err != nil {
			return nil, err
		}
		got, err := j.request(ctx, "STREAM.INFO."+LedgerStream, body)
		if err == nil && got.Error != nil {
			err = got.Error
		}
		if err != nil {
			return nil, fmt.Errorf("ask the leader of stream %s: %w", LedgerStream, err)
		}
		maps.Copy(all, got.State.Subjects)
		if len(got.State.Subjects) == 0 || len(all) >= got.Total {
			return all, nil
		}
	}
}

// kindPages reads the events of the subjects that a filter names, in the order of the log.
type kindPages struct {
	*JetStream
	filter string
	at     Seq             // up to here it has read
	heads  map[string]Head // of the streams, as far as they were read
}

// next reads the next page; an empty one: the replica that was asked has no more.
func (r *kindPages) next(ctx context.Context) (page []Envelope, err error) {
	ctx, cancel := r.deadline(ctx)
	defer cancel()
	msgs, err := jetstreamext.GetBatch(ctx, r.js, LedgerStream, readBatch, jetstreamext.GetBatchSeq(uint64(r.at)+1), jetstreamext.GetBatchSubject(r.filter))
	if err != nil {
		return nil, err
	}
	for m, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return page, nil
		}
		if err != nil {
			return page, err
		}
		rec, err := parseMessage(m.Subject, m.Header, m.Data)
		if err != nil {
			return page, damaged(Seq(m.Sequence), err.Error())
		}
		stream := strings.TrimPrefix(m.Subject, ledgerSubject)
		env, err := rec.follow(stream, r.heads[stream], Seq(m.Sequence), r.seals)
		if err != nil {
			return page, err
		}
		page, r.heads[stream], r.at = append(page, env), env.Head(), env.Seq
	}
	return page, nil
}
