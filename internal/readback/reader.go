package readback

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Views are the rows that say what is to be read. They may lag behind the ledger.
type Views interface {
	// UnreadResources lists the linked matters and contacts that may have changed since they
	// were read.
	UnreadResources() map[domain.FirmID][]domain.UnreadResource
	Changes() (position uint64, moved <-chan struct{})
	Wait(ctx context.Context, position uint64) error
}

// Reader reads what may have changed in Smokeball, each firm's for itself.
type Reader struct {
	Sights
	Views Views
	// Attempt marks a firm's calls as those that nobody waits for; nil: they are like others.
	Attempt func(ctx context.Context, f domain.FirmID) context.Context
	Log     *slog.Logger

	mu    sync.Mutex
	busy  map[domain.FirmID]bool
	rests map[domain.FirmID]*rest
}

// rest is what of a firm is not read for a while: all of it, or single resources.
type rest struct {
	pause
	resources map[domain.SmokeballID]pause
}

// pause is a time without reads after failures in a row.
type pause struct {
	until    time.Time
	failures int
}

// Hints about one resource become one read when none came for a window, or after the limit
// where they go on.
const (
	window = 500 * time.Millisecond
	limit  = 2 * time.Second
)

// calm is how long a contact waits for others to be read with it that nobody else is known to
// have changed: a sync has just written or found it. One call reads them all.
const calm = 15 * time.Second

// dueAt is when a resource is to be read, and from when on it is read together with others.
func dueAt(u domain.UnreadResource) (at, along time.Time) {
	along = earlier(u.Last.Add(window), u.Since.Add(limit))
	if u.Matter == "" && !u.Hinted {
		return u.Since.Add(calm), u.Since.Add(limit)
	}
	return along, along
}

const (
	// atOnce is how many reads of a firm are decided on together: what is told meanwhile is
	// considered after them.
	atOnce = 16
	// contactsAtOnce is how many contacts one call reads.
	contactsAtOnce = 500
	// gather is how long the reader waits for more after the rows have moved.
	gather = 50 * time.Millisecond
	// idle is how long it waits where nothing tells that there is something to do.
	idle = time.Minute
)

// faults is how long a resource, or a firm that Smokeball does not serve, is not read after
// failures.
var faults = retry.Backoff{First: time.Second, Limit: 10 * time.Minute}

// Run reads until ctx ends, and returns nil then.
func (r *Reader) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	done := make(chan struct{}, 1)
	r.busy, r.rests = map[domain.FirmID]bool{}, map[domain.FirmID]*rest{}
	for ctx.Err() == nil {
		_, moved := r.Views.Changes()
		next := r.Now().Add(idle)
		for f, all := range r.Views.UnreadResources() {
			due, later := r.due(f, all)
			next = earlier(next, later)
			if len(due) > 0 && r.take(f) {
				work.Go(func() {
					r.firm(ctx, f, due)
					r.release(f, done)
				})
			}
		}
		if retry.Wait(ctx, gather) != nil {
			return nil
		}
		timer := time.NewTimer(max(0, next.Sub(r.Now())))
		select {
		case <-ctx.Done():
		case <-moved:
		case <-done:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// take reports whether nobody reads the firm's resources, and reserves them.
func (r *Reader) take(f domain.FirmID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[f] {
		return false
	}
	r.busy[f] = true
	return true
}

func (r *Reader) release(f domain.FirmID, done chan<- struct{}) {
	r.mu.Lock()
	delete(r.busy, f)
	r.mu.Unlock()
	select {
	case done <- struct{}{}:
	default: // it is told already
	}
}

// due are the firm's resources whose window is over, those that webhooks told of first, and
// when the next one's is; zero: there is none.
func (r *Reader) due(f domain.FirmID, all []domain.UnreadResource) (list []domain.UnreadResource, later time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Now()
	var along []domain.UnreadResource // contacts that a read of others takes with it
	for _, u := range all {
		at, from := dueAt(u)
		if s := r.rests[f]; s != nil {
			at, from = later2(at, s.until, s.resources[u.Resource].until), later2(from, s.until, s.resources[u.Resource].until)
		}
		switch {
		case !at.After(now):
			list = append(list, u)
			continue
		case !from.After(now):
			along = append(along, u)
		}
		if later.IsZero() || at.Before(later) {
			later = at
		}
	}
	if slices.ContainsFunc(list, func(u domain.UnreadResource) bool { return u.Matter == "" }) {
		list = append(list, along...)
	}
	slices.SortFunc(list, func(a, b domain.UnreadResource) int {
		return cmp.Or(-cmp.Compare(number(a.Hinted), number(b.Hinted)), a.Since.Compare(b.Since), cmp.Compare(a.Resource, b.Resource))
	})
	return list, later
}

// later2 is the latest of the times.
func later2(list ...time.Time) (t time.Time) {
	for _, other := range list {
		if other.After(t) {
			t = other
		}
	}
	return t
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// firm reads some of a firm's resources, one after the other, and returns when the rows show
// what it recorded.
func (r *Reader) firm(ctx context.Context, f domain.FirmID, due []domain.UnreadResource) {
	c, _, err := eventstore.Load[domain.Connection](ctx, r.Ledger, domain.ConnectionStream(f))
	if err == nil && !c.Usable(r.Now()) {
		r.rest(f, "", faults.First) // what happens to the connection is told by the ledger
		return
	}
	if r.Attempt != nil {
		ctx = r.Attempt(ctx, f)
	}
	var position uint64
	if err == nil {
		position, err = r.read(ctx, f, c.Account.ID, due)
	}
	if err != nil && ctx.Err() == nil {
		r.Log.Warn("what changed in Smokeball can't be read now; retrying", "firm", f, "err", err)
	}
	_ = r.Views.Wait(ctx, position) // ends early with ctx only
}

// read reads contacts with one call and the matters one by one, until one fails.
func (r *Reader) read(ctx context.Context, f domain.FirmID, account string, due []domain.UnreadResource) (position uint64, err error) {
	contacts, matters := split(due)
	if len(contacts) > 0 {
		at, skipped, err := r.ReadContacts(ctx, f, account, contacts)
		position = max(position, at)
		for _, id := range skipped {
			r.failed(f, id)
		}
		if err != nil {
			r.failed(f, "")
			return position, err
		}
	}
	for _, u := range matters {
		if ctx.Err() != nil {
			return position, nil
		}
		at, err := r.ReadMatter(ctx, f, account, u)
		position = max(position, at)
		switch {
		case errors.Is(err, domain.ErrOutdated): // it is read again
		case errors.Is(err, errOtherAccount):
			r.failed(f, u.Resource)
		case err != nil:
			r.failed(f, u.Resource)
			r.hold(f, err)
			return position, err
		default:
			r.well(f, u.Resource)
		}
	}
	return position, nil
}

// split sorts what is due: as many contacts as one call reads, and some matters.
func split(due []domain.UnreadResource) (contacts, matters []domain.UnreadResource) {
	for _, u := range due {
		switch {
		case u.Matter != "" && len(matters) < atOnce:
			matters = append(matters, u)
		case u.Matter == "" && len(contacts) < contactsAtOnce:
			contacts = append(contacts, u)
		}
	}
	return contacts, matters
}

// hold lets the whole firm rest for as long as Smokeball says, or where its sign-in ended.
func (r *Reader) hold(f domain.FirmID, err error) {
	ce := domain.AsCallError(err)
	switch {
	case ce == nil:
		r.rest(f, "", faults.First)
	case ce.Class == domain.SignIn:
		r.rest(f, "", time.Minute)
	case ce.Class == domain.Retryable || ce.Class == domain.Allowance:
		r.rest(f, "", max(faults.First, ce.After))
	}
}

func (r *Reader) of(f domain.FirmID) *rest {
	if r.rests[f] == nil {
		r.rests[f] = &rest{resources: map[domain.SmokeballID]pause{}}
	}
	return r.rests[f]
}

// rest lets a resource, or with none the whole firm, rest for a time.
func (r *Reader) rest(f domain.FirmID, id domain.SmokeballID, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, until := r.of(f), r.Now().Add(d)
	if id == "" {
		s.until = until
		return
	}
	s.resources[id] = pause{until, s.resources[id].failures}
}

// failed lets a resource, or with none the whole firm, rest the longer the more often it failed.
func (r *Reader) failed(f domain.FirmID, id domain.SmokeballID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(f)
	p := s.pause
	if id != "" {
		p = s.resources[id]
	}
	p.failures++
	p.until = r.Now().Add(faults.Delay(p.failures))
	if id != "" {
		s.resources[id] = p
		return
	}
	s.pause = p
}

// well forgets the failures of a resource, and of its firm.
func (r *Reader) well(f domain.FirmID, id domain.SmokeballID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.rests[f]; s != nil {
		delete(s.resources, id)
		s.failures = 0
	}
}
