package erasure

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// watch looks after erasures that are done: what comes later about those whose data were erased is
// in the ledger by its ids alone, and its messages are destroyed as soon as they were taken in.
type watch struct {
	runner  *Runner
	done    map[Ref]domain.EraseFound
	streams map[string]Ref                   // whose keys were destroyed
	clients map[domain.FirmID]map[string]Ref // that were erased
	dirty   map[Ref]bool                     // something may have come
	at      eventstore.Seq                   // up to here the ledger was looked at
	refold  bool                             // rows hold what has to go
}

func newWatch(k *Runner) *watch {
	return &watch{runner: k, done: map[Ref]domain.EraseFound{}, streams: map[string]Ref{}, clients: map[domain.FirmID]map[string]Ref{}, dirty: map[Ref]bool{}}
}

func (w *watch) knows(r Ref) bool {
	_, ok := w.done[r]
	return ok
}

// add begins to look after an erasure, from its request on.
func (w *watch) add(r Ref, found domain.EraseFound, from eventstore.Seq) {
	if len(w.done) == 0 || from < w.at { // what came while it was under way was read without it
		w.at = from
	}
	w.done[r], w.dirty[r] = found, true
	for _, s := range found.Keys(r.Firm) {
		w.streams[s] = r
	}
	if w.clients[r.Firm] == nil {
		w.clients[r.Firm] = map[string]Ref{}
	}
	for _, c := range found.Clients {
		w.clients[r.Firm][string(c)] = r
	}
}

// look reads what the ledger has since the last look, and destroys the messages of what came.
func (w *watch) look(ctx context.Context) (more bool, err error) {
	if len(w.done) == 0 {
		return false, nil
	}
	if err := w.read(ctx); err != nil {
		return false, err
	}
	if w.refold {
		err := w.runner.Refold(ctx)
		if errors.Is(err, ErrBusy) {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		w.refold = false
	}
	for f, list := range w.dirtyOf() {
		switch failed := w.runner.messages(ctx, f, w.foundBy(list), told{}); {
		case errors.Is(failed, ErrBusy):
			more = true
		case failed != nil:
			err = errors.Join(err, failed)
		default:
			for _, r := range list {
				delete(w.dirty, r)
			}
		}
	}
	return more, err
}

// dirtyOf are the erasures of each firm about which something may have come: the firm's messages are read
// once for all of them.
func (w *watch) dirtyOf() map[domain.FirmID][]Ref {
	firms := map[domain.FirmID][]Ref{}
	for r := range w.dirty {
		firms[r.Firm] = append(firms[r.Firm], r)
	}
	return firms
}

// foundBy is whose data the erasures destroyed.
func (w *watch) foundBy(list []Ref) (all domain.EraseFound) {
	for _, r := range list {
		found := w.done[r]
		all.Matters = append(all.Matters, found.Matters...)
		all.Clients = append(all.Clients, found.Clients...)
		all.Resources = append(all.Resources, found.Resources...)
	}
	return all
}

// read notes what has come about those whose data were erased.
func (w *watch) read(ctx context.Context) error {
	last, err := w.runner.Last(ctx)
	if err != nil || last <= w.at {
		return err
	}
	for env, err := range w.runner.Ledger.Tail(ctx, w.at) {
		if err == nil {
			err = w.note(ctx, env)
		}
		if err != nil {
			return err
		}
		if w.at = env.Seq; w.at >= last {
			return nil
		}
	}
	return ctx.Err()
}

func (w *watch) note(ctx context.Context, env eventstore.Envelope) error {
	if r, ok := w.streams[env.Stream.String()]; ok {
		w.dirty[r] = true
		return nil
	}
	if d, ok := env.Event.(domain.DeadLettered); ok {
		return w.deadLetter(ctx, env.Stream, d)
	}
	for _, c := range clientsOf(env.Event) {
		r, ok := w.clients[env.Stream.Firm][string(c)]
		if !ok {
			continue
		}
		return w.follow(ctx, r, env.Stream)
	}
	return nil
}

// deadLetter erases a dead letter that contains erased data.
func (w *watch) deadLetter(ctx context.Context, s domain.Stream, d domain.DeadLettered) error {
	for r, found := range w.done {
		if r.Firm != s.Firm && s.Firm != domain.Nobody || !domain.Tells(string(d.Body), found.IDs()) {
			continue
		}
		_, _, err := eventstore.Execute(ctx, w.runner.Ledger, w.runner.Now, s, func(d domain.DeadLetter) ([]domain.Event, error) { return d.Erase(""), nil })
		if err == nil {
			err = w.runner.Destroy(s.String())
		}
		w.dirty[r], w.refold = true, true
		return err
	}
	return nil
}

// follow erases a matter that CaseHug announces after its client was erased: on behalf of who
// erased the client. Who erased a matter has said nothing of others, so these stay.
func (w *watch) follow(ctx context.Context, r Ref, matter domain.Stream) error {
	e, _, err := eventstore.Load[domain.Erasure](ctx, w.runner.Ledger, domain.ErasureStream(r.Firm, r.ID))
	if err == nil && e.Subject.Client != "" {
		_, _, _, err = w.runner.Request(ctx, domain.User{Subject: e.By, Name: e.ByName, Firm: r.Firm}, domain.EraseSubject{Matter: domain.MatterID(matter.ID)})
	}
	return err
}

var objectPattern = regexp.MustCompile(`"object"\s*:\s*"([^"\\]+/[^"\\]+)"`)

// objectsIn are the objects of the object store that an event names.
func objectsIn(body string) (list []string) {
	for _, m := range objectPattern.FindAllStringSubmatch(body, -1) {
		if !slices.Contains(list, m[1]) {
			list = append(list, m[1])
		}
	}
	return list
}
