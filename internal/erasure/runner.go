package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Ref names an erasure.
type Ref struct {
	Firm domain.FirmID
	ID   domain.EraseID
}

// Runner does the steps of erasures, each again until it is done.
type Runner struct {
	Service
	// All lists the erasures that the ledger has, with the position of their first event.
	All func() (map[Ref]eventstore.Seq, error)
	// Changed returns a channel that is closed when the list may have changed.
	Changed func() <-chan struct{}
	// Destroy destroys the data keys of streams.
	Destroy func(streams ...string) error
	// Refold folds all rows again into a new file, and returns when it has taken the place of the old one.
	// It returns ErrBusy while another engine has not done the same yet.
	Refold func(context.Context) error
	Bus    Bus
	// Published waits until what CaseHug is told includes a ledger position.
	Published func(ctx context.Context, position uint64) error
	Log       *slog.Logger
}

// Bus is what holds messages and documents.
type Bus interface {
	// EraseMessages destroys a firm's messages that the callback picks, of all that there were when
	// it was called. It returns ErrBusy while some of them are still to be taken in.
	EraseMessages(ctx context.Context, f domain.FirmID, pick func(body []byte) bool) error
	// EraseObject destroys an object, bucket/name, and its content, unless it is another firm's.
	EraseObject(ctx context.Context, f domain.FirmID, object string) error
}

// ErrBusy says that a step can't be done yet, because others are still at work.
var ErrBusy = errors.New("erasure: others are still at work")

// settle is how long the runner waits after a change for more of them.
const settle = 200 * time.Millisecond

// pause is how long the runner waits before it repeats a step that is not done.
const pause = time.Second

// Run keeps at erasures until ctx ends, and returns nil then.
func (k *Runner) Run(ctx context.Context) error {
	w := newWatch(k)
	for ctx.Err() == nil {
		changed := k.Changed()
		open, err := k.round(ctx, w)
		if err != nil && ctx.Err() == nil {
			k.Log.Error("a step of an erasure is not done; the engine repeats it", "err", err)
		}
		var again <-chan time.Time
		if open || err != nil {
			again = time.After(pause)
		}
		select {
		case <-changed:
			_ = retry.Wait(ctx, settle)
		case <-again:
		case <-ctx.Done():
		}
	}
	return nil
}

// round takes every erasure as far as it goes, and looks after those that are done.
func (k *Runner) round(ctx context.Context, w *watch) (open bool, err error) {
	refs, err := k.All()
	if err != nil {
		return false, err
	}
	for r, from := range refs {
		if w.knows(r) {
			continue
		}
		e, failed := k.advance(ctx, r)
		if errors.Is(failed, ErrBusy) {
			failed = nil
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("erasure %s of firm %s: %w", r.ID, r.Firm, failed))
		}
		if failed == nil && e.Next() == "" {
			w.add(r, *e.Found, from)
		} else {
			open = true
		}
	}
	more, failed := w.look(ctx)
	return open || more, errors.Join(err, failed)
}

// advance does the steps that are left, in their order, and returns the erasure after them.
func (k *Runner) advance(ctx context.Context, r Ref) (domain.Erasure, error) {
	stream := domain.ErasureStream(r.Firm, r.ID)
	e, _, err := eventstore.Load[domain.Erasure](ctx, k.Ledger, stream)
	for err == nil && e.Next() != "" {
		step := e.Next()
		if err := k.do(ctx, r, e, step); err != nil {
			return e, fmt.Errorf("step %s: %w", step, err)
		}
		e, _, err = eventstore.Execute(ctx, k.Ledger, k.Now, stream, func(e domain.Erasure) ([]domain.Event, error) { return e.Finish(step), nil })
	}
	return e, err
}

func (k *Runner) do(ctx context.Context, r Ref, e domain.Erasure, step domain.EraseStep) error {
	switch step {
	case domain.EraseSyncs:
		return k.end(ctx, r, e)
	case domain.EraseDocuments:
		return k.documents(ctx, r, e)
	case domain.EraseMessages:
		t, err := k.told(ctx, r.Firm, *e.Found)
		if err != nil {
			return err
		}
		return k.messages(ctx, r.Firm, *e.Found, t)
	case domain.EraseKeys:
		return k.Destroy(e.Found.Keys(r.Firm)...)
	case domain.EraseViews:
		return k.Refold(ctx)
	case domain.EraseTraces:
		last, err := k.Last(ctx)
		if err == nil {
			err = k.Published(ctx, uint64(last))
		}
		if err != nil {
			return err
		}
		return k.messages(ctx, r.Firm, *e.Found, told{})
	}
	return nil
}

// end ends what is under way, and notes in each stream that its data are erased.
func (k *Runner) end(ctx context.Context, r Ref, e domain.Erasure) error {
	for _, id := range e.Found.Matters {
		_, _, err := eventstore.Execute(ctx, k.Ledger, k.Now, domain.MatterStream(r.Firm, id),
			func(m domain.Matter) ([]domain.Event, error) {
				return domain.SignedBy(m.Erase(r.ID, e.By), e.Asked()), nil
			})
		if err != nil {
			return err
		}
	}
	for _, id := range e.Found.Clients {
		_, _, err := eventstore.Execute(ctx, k.Ledger, k.Now, domain.ClientStream(r.Firm, id),
			func(c domain.Client) ([]domain.Event, error) { return c.Erase(r.ID), nil })
		if err != nil {
			return err
		}
	}
	for _, name := range e.Found.Streams {
		s, err := domain.ParseStream(name)
		if err != nil || s.Kind != domain.KindDeadLetter {
			continue
		}
		_, _, err = eventstore.Execute(ctx, k.Ledger, k.Now, s, func(d domain.DeadLetter) ([]domain.Event, error) {
			return domain.SignedBy(d.Erase(e.By), e.Asked()), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// documents destroys the documents of the matters in CaseHug's object store, but for those that
// another matter approved, too.
func (k *Runner) documents(ctx context.Context, r Ref, e domain.Erasure) error {
	theirs, others, err := k.objects(ctx, r.Firm, e.Found.Matters)
	if err != nil {
		return err
	}
	for object := range theirs {
		if others[object] {
			continue
		}
		if err := k.Bus.EraseObject(ctx, r.Firm, object); err != nil {
			return err
		}
	}
	return nil
}

// objects are the objects that matters approved, and those that other matters of the firm did.
func (s Service) objects(ctx context.Context, f domain.FirmID, matters []domain.MatterID) (theirs, others map[string]bool, err error) {
	theirs, others = map[string]bool{}, map[string]bool{}
	for env, err := range s.Kinds.ReadKind(ctx, domain.KindMatter, f) {
		if err != nil {
			return nil, nil, err
		}
		a, ok := env.Event.(domain.DocumentApproved)
		if !ok || a.Document.Content.Object == "" {
			continue
		}
		if slices.Contains(matters, domain.MatterID(env.Stream.ID)) {
			theirs[a.Document.Content.Object] = true
		} else {
			others[a.Document.Content.Object] = true
		}
	}
	return theirs, others, nil
}

// messages destroys the messages that contain the data to erase, and the documents of those that
// name an erased matter by its id: another matter's message may say a name or a title, too, and its
// documents may not be in Smokeball yet. A message goes after its documents: who is killed between both
// finds them again.
func (k *Runner) messages(ctx context.Context, f domain.FirmID, found domain.EraseFound, t told) error {
	ids, matters := domain.WordsOf(found.IDs()), domain.WordsOf(domain.EraseFound{Matters: found.Matters}.IDs())
	gone := map[string]bool{}
	for {
		var objects []string
		err := k.Bus.EraseMessages(ctx, f, func(body []byte) bool {
			text := string(body)
			if !ids.In(text) && !t.recognises(text) {
				return false
			}
			if !matters.In(text) {
				return true
			}
			named := slices.DeleteFunc(objectsIn(text), func(object string) bool { return gone[object] })
			objects = append(objects, named...)
			return len(named) == 0
		})
		if err != nil || len(objects) == 0 {
			return err
		}
		_, others, err := k.objects(ctx, f, found.Matters)
		for _, object := range objects {
			if err == nil && !others[object] {
				err = k.Bus.EraseObject(ctx, f, object)
			}
			gone[object] = true
		}
		if err != nil {
			return err
		}
	}
}
