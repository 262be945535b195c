package syncing

import (
	"context"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// ObjectCleanup deletes documents from CaseHug's object store some time after Smokeball has shown
// them.
type ObjectCleanup struct {
	Ledger     eventstore.Store
	Checkpoint Checkpoint
	// Delete removes the firm's object, bucket/name, if it was put before a time and is not
	// another firm's. Nil: there is no object store.
	Delete func(ctx context.Context, f domain.FirmID, object string, before time.Time) error
	After  time.Duration // since the document was confirmed
	Now    func() time.Time
}

// Checkpoint is a reader's position in the ledger.
type Checkpoint interface {
	// Load is the position that was saved last, 0 at first.
	Load(ctx context.Context) (uint64, error)
	Save(ctx context.Context, position uint64) error
}

// tidyEvery is the pause between two searches for new confirmations.
const tidyEvery = time.Hour

// Run deletes until ctx ends, and returns nil then.
func (t ObjectCleanup) Run(ctx context.Context) error {
	if t.Delete == nil {
		<-ctx.Done()
		return nil
	}
	after, err := t.Checkpoint.Load(ctx)
	if err != nil {
		return fmt.Errorf("read how far documents were deleted: %w", err)
	}
	for env, err := range t.Ledger.Tail(ctx, eventstore.Seq(after)) {
		if err == nil {
			err = t.confirmed(ctx, env)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("delete the document of the event at %d: %w", env.Seq, err)
		}
	}
	return nil
}

// confirmed waits until the document that the event confirms is old enough and deletes it.
func (t ObjectCleanup) confirmed(ctx context.Context, env eventstore.Envelope) error {
	id := shown(env.Event)
	if id == "" {
		return nil
	}
	for wait := t.wait(env); wait > 0; wait = t.wait(env) {
		if retry.Wait(ctx, min(wait, tidyEvery)) != nil {
			return ctx.Err()
		}
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, t.Ledger, env.Stream)
	if err != nil {
		return err
	}
	if d, ok := m.Document(id); ok && d.Confirmed && d.Data.Content.Object != "" {
		if err := t.Delete(ctx, env.Stream.Firm, d.Data.Content.Object, env.At); err != nil {
			return err
		}
	}
	return t.Checkpoint.Save(ctx, uint64(env.Seq))
}

// shown is the document that, by the event, is in Smokeball with its approved bytes, or "".
func shown(e domain.Event) domain.DocumentID {
	switch e := e.(type) {
	case domain.DocumentConfirmed:
		return e.Document
	case domain.DocumentKept:
		return e.Document
	}
	return ""
}

func (t ObjectCleanup) wait(env eventstore.Envelope) time.Duration {
	return env.At.Add(t.After).Sub(t.Now())
}
