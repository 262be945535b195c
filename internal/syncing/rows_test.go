package syncing_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// views are the rows that the engine and the stories read: those on disk, or light
// ones for stories that run a thousand times.
type views interface {
	syncing.Views
	Due() []domain.Due
	AtWork() []domain.Due
	MatterFor(f domain.FirmID, r domain.RequestID, id domain.SmokeballID) (domain.MatterID, error)
	MatterOfSync(f domain.FirmID, id domain.SyncID) (m domain.MatterID, s domain.Standing, ok bool, err error)
	Sync(f domain.FirmID, id domain.SyncID) (projections.Entry, bool, error)
	LastStep(f domain.FirmID, id domain.SyncID) (time.Time, error)
	History(f domain.FirmID, q projections.HistoryQuery) (projections.Page, error)
	Connection(f domain.FirmID) (projections.ConnectionRow, error)
	Wait(ctx context.Context, position uint64) error
	Unread() ([]domain.UnreadActivity, error)
	Run(ctx context.Context, l eventstore.Store) error
	Close() error
}

// stored are rows on disk.
type stored struct {
	*projections.Views
	projections.ActivityRows
	projections.ConnectionRows
	projections.RouteRows
	projections.SyncRows
	projections.WorkRows
}

func storedOf(v *projections.Views) stored {
	return stored{v, v.Activities, v.Connections, v.Routes, v.Syncs, v.Work}
}

// unreadRows are the rows of what is to be read in Smokeball.
type unreadRows struct {
	*projections.Progress
	projections.ResourceRows
}

// goneRows are the rows of contacts that are gone from Smokeball.
type goneRows struct {
	*projections.Progress
	projections.GoneContactRows
}

// settledRows are the rows of differences that the owner of the field settles.
type settledRows struct {
	*projections.Progress
	projections.ConnectionRows
	projections.DriftRows
}

// checkRows are the rows of checks that people asked for.
type checkRows struct {
	*projections.Progress
	projections.CheckRows
	projections.ResourceRows
}

// storedIn are the views of an office whose rows are on disk.
func storedIn(v views) *projections.Views { return v.(stored).Views }

// LastStep implements views. Nobody looks for stalls where rows are light.
func (l *light) LastStep(domain.FirmID, domain.SyncID) (time.Time, error) { return time.Now(), nil }

// light are rows in memory, folded by the same functions as those on disk.
type light struct {
	mu      sync.Mutex
	at      uint64
	moved   chan struct{}
	matters map[string]domain.Matter
	due     map[string]domain.Due
	history map[string]projections.HistoryRow
	routes  map[string]projections.Route
	firms   map[string]projections.ConnectionRow
	unread  map[string]domain.UnreadActivity
}

func newLight() *light {
	return &light{moved: make(chan struct{}), matters: map[string]domain.Matter{}, due: map[string]domain.Due{}, history: map[string]projections.HistoryRow{},
		routes: map[string]projections.Route{}, firms: map[string]projections.ConnectionRow{}, unread: map[string]domain.UnreadActivity{}}
}

// Run folds the ledger until ctx ends.
func (v *light) Run(ctx context.Context, l eventstore.Store) error {
	for env, err := range l.Tail(ctx, 0) {
		if err != nil {
			return err
		}
		v.take(env)
	}
	return nil
}

func (v *light) take(env eventstore.Envelope) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fold(v.history, projections.History, env)
	fold(v.routes, projections.Routes, env)
	fold(v.firms, projections.Connections, env)
	fold(v.unread, projections.Unread, env)
	v.takeDue(env)
	v.at = uint64(env.Seq)
	close(v.moved)
	v.moved = make(chan struct{})
}

func fold[R any](rows map[string]R, view projections.View[R], env eventstore.Envelope) {
	for _, key := range view.Keys(env) {
		rows[key] = view.Fold(rows[key], env)
	}
}

func (v *light) takeDue(env eventstore.Envelope) {
	if env.Stream.Kind != domain.KindMatter {
		return
	}
	key := env.Stream.String()
	m := v.matters[key].Apply(env.Event, env.At)
	v.matters[key] = m
	delete(v.due, key)
	if s := m.Current; s != nil {
		v.due[key] = s.Due(env.Stream.Firm, domain.MatterID(env.Stream.ID))
	}
}

// FollowDue yields all of them each time, and those that ended since.
func (v *light) FollowDue() (next func() ([]*domain.Due, bool), stop func()) {
	before := map[domain.MatterID]*domain.Due{}
	next = func() ([]*domain.Due, bool) {
		now := map[domain.MatterID]*domain.Due{}
		var list []*domain.Due
		for _, d := range v.Due() {
			now[d.Matter] = &d
			list = append(list, &d)
		}
		for id, d := range before {
			if now[id] == nil {
				list = append(list, &domain.Due{Firm: d.Firm, Matter: id})
			}
		}
		before = now
		return list, false
	}
	return next, func() {}
}

// Due lists the syncs that have not ended.
func (v *light) Due() []domain.Due {
	v.mu.Lock()
	defer v.mu.Unlock()
	var list []domain.Due
	for _, d := range v.due {
		firm := v.firms[string(d.Firm)]
		d.MappingNow, d.TypesNow = firm.Mappings.Revision, firm.TypesAt
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b domain.Due) int { return a.Since.Compare(b.Since) })
	return list
}

// DueOf lists those of a firm.
func (v *light) DueOf(f domain.FirmID) (list []*domain.Due) {
	for _, d := range v.Due() {
		if d.Firm == f {
			list = append(list, &d)
		}
	}
	return list
}

// AtWork is all that is due.
func (v *light) AtWork() []domain.Due { return v.Due() }

// TypesAt is when the matter types changed last.
func (v *light) TypesAt(f domain.FirmID) (uint64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.firms[string(f)].TypesAt, nil
}

// MatterOf is the matter of a Smokeball matter.
func (v *light) MatterOf(f domain.FirmID, id domain.SmokeballID) (domain.MatterID, error) {
	return v.route(f, "matter", string(id)), nil
}

// MatterFor is the matter of a request or a resource.
func (v *light) MatterFor(f domain.FirmID, r domain.RequestID, id domain.SmokeballID) (domain.MatterID, error) {
	m := v.route(f, "request", string(r))
	for _, kind := range []string{"matter", "contact", "file"} {
		if m == "" {
			m = v.route(f, kind, string(id))
		}
	}
	return m, nil
}

func (v *light) route(f domain.FirmID, kind, id string) domain.MatterID {
	v.mu.Lock()
	defer v.mu.Unlock()
	if id == "" {
		return ""
	}
	return v.routes[string(f)+"/"+kind+"/"+id].Matter
}

// Changes tells the position and when it moves.
func (v *light) Changes() (uint64, <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.at, v.moved
}

// Wait waits for a position.
func (v *light) Wait(ctx context.Context, position uint64) error {
	for {
		at, moved := v.Changes()
		if at >= position {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Sync is one entry of the history.
func (v *light) Sync(f domain.FirmID, id domain.SyncID) (projections.Entry, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e, ok := v.history[string(f)+"/"+string(id)]
	return e.Worded(), ok, nil
}

// MatterOfSync is the matter of a sync.
func (v *light) MatterOfSync(f domain.FirmID, id domain.SyncID) (domain.MatterID, domain.Standing, bool, error) {
	e, ok, err := v.Sync(f, id)
	return e.Matter, domain.Standing{Status: e.Status, Warned: len(e.Warnings) > 0}, ok, err
}

// History lists the syncs of a matter, newest first.
func (v *light) History(_ domain.FirmID, q projections.HistoryQuery) (projections.Page, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var page projections.Page
	for _, e := range v.history {
		if e.Matter == q.Matter {
			page.Entries = append(page.Entries, e.Worded())
		}
	}
	slices.SortFunc(page.Entries, func(a, b projections.Entry) int { return int(b.Position) - int(a.Position) })
	return page, nil
}

// Connection is a firm's row.
func (v *light) Connection(f domain.FirmID) (projections.ConnectionRow, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.firms[string(f)], nil
}

// Unread lists what was told of and not read.
func (v *light) Unread() ([]domain.UnreadActivity, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var list []domain.UnreadActivity
	for _, u := range v.unread {
		if !projections.Unread.Gone(u) {
			list = append(list, u)
		}
	}
	return list, nil
}

// Close has nothing to close.
func (v *light) Close() error { return nil }
