package projections

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"unique"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// backlog has in memory which syncs have not ended, so that nobody decodes rows to find or
// to count them. It follows what is committed to the views of due work and of connections;
// a question about one firm costs nothing of the others.
type backlog struct {
	mu        sync.Mutex
	firms     map[domain.FirmID]*firmBacklog
	followers map[*follower]struct{}
}

// firmBacklog are the unfinished syncs of a firm. A Due is never changed in place: the
// followers share it.
type firmBacklog struct {
	due      map[domain.MatterID]*domain.Due
	awaiting map[domain.MatterID]struct{} // those that wait for something of their firm
	queue    Queue
	bearing  bearing
}

// bearing is what of a firm lets its waiting syncs go on: the revision of its mappings, the
// position at which the account's matter types changed last, and its connection.
type bearing struct {
	mapping   int
	types     uint64
	state     domain.ConnectionStatus
	at, until int64
}

func bearingOf(r ConnectionRow) bearing {
	c := r.Connection
	return bearing{mapping: r.Mappings.Revision, types: r.TypesAt, state: c.State, at: c.At.UnixNano(), until: c.ReauthorizeBy.UnixNano()}
}

// changes are what events changed of the rows that the backlog follows.
type changes struct {
	due   map[dueKey]domain.Due // the zero Due: the matter has no sync any more
	firms map[domain.FirmID]bearing

	resources map[string]ResourceRow // by key; see unread
}

type dueKey struct {
	firm   domain.FirmID
	matter domain.MatterID
}

func newChanges() *changes {
	return &changes{due: map[dueKey]domain.Due{}, firms: map[domain.FirmID]bearing{}, resources: map[string]ResourceRow{}}
}

func (c *changes) ofDue(env eventstore.Envelope, r dueRow) {
	d := domain.Due{}
	if r.Current != nil {
		d = r.Due
	}
	c.due[dueKey{env.Stream.Firm, domain.MatterID(env.Stream.ID)}] = d
}

func (c *changes) ofConnection(env eventstore.Envelope, r ConnectionRow) {
	c.firms[env.Stream.Firm] = bearingOf(r)
}

func newBacklog() *backlog {
	return &backlog{firms: map[domain.FirmID]*firmBacklog{}, followers: map[*follower]struct{}{}}
}

// load fills the backlog from the rows.
func (b *backlog) load(tx *bbolt.Tx) error {
	c := newChanges()
	if err := all(tx, Connections, func(_ string, r ConnectionRow) bool { c.firms[r.Firm] = bearingOf(r); return true }); err != nil {
		return err
	}
	if err := all(tx, DueWork, func(_ string, r dueRow) bool { c.due[dueKey{r.Due.Firm, r.Due.Matter}] = r.Due; return true }); err != nil {
		return err
	}
	b.apply(c)
	return nil
}

// apply takes over what was committed.
func (b *backlog) apply(c *changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for f, now := range c.firms {
		b.bear(f, now)
	}
	for k, d := range c.due {
		b.put(k, d)
	}
}

func (b *backlog) firm(f domain.FirmID) *firmBacklog {
	fb := b.firms[f]
	if fb == nil {
		fb = &firmBacklog{due: map[domain.MatterID]*domain.Due{}, awaiting: map[domain.MatterID]struct{}{}}
		b.firms[f] = fb
	}
	return fb
}

// bear records what a firm has now, and reports its syncs that wait for such things.
func (b *backlog) bear(f domain.FirmID, now bearing) {
	fb := b.firm(f)
	if fb.bearing == now {
		return
	}
	fb.bearing = now
	for m := range fb.awaiting {
		d := *fb.due[m]
		fb.bearing.show(&d)
		fb.due[m] = &d
		b.publish(dueKey{f, m}, &d)
	}
}

// show notes with a sync that waits for a mapping what there is now, so that it goes on.
func (g bearing) show(d *domain.Due) {
	if d.WaitsOn == domain.CodeMatterTypeUnmapped {
		d.MappingNow, d.TypesNow = g.mapping, g.types
	}
}

func (b *backlog) put(k dueKey, d domain.Due) {
	fb := b.firm(k.firm)
	if old := fb.due[k.matter]; old != nil {
		fb.queue.count(old.Status, -1)
		delete(fb.due, k.matter)
		delete(fb.awaiting, k.matter)
	}
	if d.Status == "" {
		b.publish(k, &domain.Due{Firm: k.firm, Matter: k.matter})
		return
	}
	fb.queue.count(d.Status, 1)
	fb.bearing.show(&d)
	d.Firm, d.Trigger, d.Status, d.WaitsOn = one(d.Firm), one(d.Trigger), one(d.Status), one(d.WaitsOn)
	fb.due[d.Matter] = &d
	if d.WaitsOn != "" {
		fb.awaiting[d.Matter] = struct{}{}
	}
	b.publish(k, &d)
}

// one is the same text, kept once however many rows have it.
func one[T ~string](s T) T { return unique.Make(s).Value() }

func (q *Queue) count(s domain.Status, n int) {
	if s == domain.Running || s == domain.Confirming {
		q.Running += n
		return
	}
	q.Waiting += n
	if s == domain.Queued {
		q.Queued += n
	}
}

// follower has what changed since it asked last.
type follower struct{ changed map[dueKey]*domain.Due }

func (b *backlog) publish(k dueKey, d *domain.Due) {
	for f := range b.followers {
		f.changed[k] = d
	}
}

// FollowDue follows the syncs that have not ended. next yields those that changed since the
// last time, the longest queued first; at first it yields all. One without a status has
// ended, with no other of its matter after it. Nobody may change them.
func (v *Views) FollowDue() (next func() []*domain.Due, stop func()) {
	b, f := v.backlog, &follower{}
	b.mu.Lock()
	defer b.mu.Unlock()
	f.changed = b.all()
	b.followers[f] = struct{}{}
	next = func() []*domain.Due {
		b.mu.Lock()
		changed := f.changed
		f.changed = map[dueKey]*domain.Due{}
		b.mu.Unlock()
		return slices.SortedFunc(maps.Values(changed), longestQueued)
	}
	return next, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.followers, f)
	}
}

func longestQueued(a, b *domain.Due) int {
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Firm, b.Firm), cmp.Compare(a.Matter, b.Matter))
}

func (b *backlog) all() map[dueKey]*domain.Due {
	list := map[dueKey]*domain.Due{}
	for f, fb := range b.firms {
		for m, d := range fb.due {
			list[dueKey{f, m}] = d
		}
	}
	return list
}

// Due lists every sync that has not ended, the longest queued first.
func (v *Views) Due() []domain.Due {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	var list []domain.Due
	for _, d := range slices.SortedFunc(maps.Values(v.backlog.all()), longestQueued) {
		list = append(list, *d)
	}
	return list
}

// AtWork lists the syncs that run or are being confirmed.
func (v *Views) AtWork() []domain.Due {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	var list []domain.Due
	for _, fb := range v.backlog.firms {
		if fb.queue.Running == 0 {
			continue
		}
		for _, d := range fb.due {
			if d.Status == domain.Running || d.Status == domain.Confirming {
				list = append(list, *d)
			}
		}
	}
	return list
}

// Queue are the numbers of a firm's syncs that have not ended.
type Queue struct {
	Waiting int `json:"waiting"` // queued, or waiting for something
	Queued  int `json:"queued"`  // of these: wait for a worker only
	Running int `json:"running"` // running or confirming
}

// Queue counts a firm's unfinished syncs.
func (v *Views) Queue(firm domain.FirmID) Queue {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	if fb := v.backlog.firms[firm]; fb != nil {
		return fb.queue
	}
	return Queue{}
}
