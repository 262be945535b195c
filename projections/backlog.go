package projections

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unique"

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

// firmBacklog are the unfinished syncs of a firm.
type firmBacklog struct {
	due     map[domain.MatterID]keptDue
	queue   Queue
	bearing bearing
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

// changes are what events changed of the rows of firms that the backlog follows.
type changes struct{ firms map[domain.FirmID]bearing }

type dueKey struct {
	firm   domain.FirmID
	matter domain.MatterID
}

func newChanges() *changes { return &changes{firms: map[domain.FirmID]bearing{}} }

func (c *changes) ofConnection(env eventstore.Envelope, r ConnectionRow) {
	c.firms[env.Stream.Firm] = bearingOf(r)
}

func newBacklog() *backlog {
	return &backlog{firms: map[domain.FirmID]*firmBacklog{}, followers: map[*follower]struct{}{}}
}

// load fills the backlog from the rows.
func (b *backlog) load(tx *snapshot) error {
	c := newChanges()
	if err := all(tx, Connections, func(_ string, r ConnectionRow) bool { c.firms[r.Firm] = bearingOf(r); return true }); err != nil {
		return err
	}
	b.apply(c)
	return eachKept(tx, DueWork, b.keep)
}

// apply takes over what was committed to the view of connections.
func (b *backlog) apply(c *changes) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for f, now := range c.firms {
		b.bear(f, now)
	}
}

func (b *backlog) firm(f domain.FirmID) *firmBacklog {
	fb := b.firms[f]
	if fb == nil {
		fb = &firmBacklog{due: map[domain.MatterID]keptDue{}}
		b.firms[one(f)] = fb
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
	if len(b.followers) == 0 {
		return
	}
	for m, kept := range fb.due {
		if d, err := kept.due(dueKey{f, m}); err != nil || d.WaitsOn != "" {
			b.publish(dueKey{f, m})
		}
	}
}

// show notes with a sync that waits for a mapping what there is now, so that it goes on.
func (g bearing) show(d *domain.Due) {
	if d.WaitsOn == domain.CodeMatterTypeUnmapped {
		d.MappingNow, d.TypesNow = g.mapping, g.types
	}
}

// keep takes over what was committed to the view of due work.
func (b *backlog) keep(key string, kept []byte) error {
	firm, matter, _ := strings.Cut(key, "/")
	k := dueKey{one(domain.FirmID(firm)), domain.MatterID(matter)}
	b.mu.Lock()
	defer b.mu.Unlock()
	fb := b.firm(k.firm)
	if old, ok := fb.due[k.matter]; ok {
		d, err := old.due(k)
		if err != nil {
			return err
		}
		fb.queue.count(d.Status, -1)
		delete(fb.due, k.matter)
	}
	if kept != nil {
		d, err := keptDue(kept).due(k)
		if err != nil {
			return err
		}
		fb.queue.count(d.Status, 1)
		fb.due[domain.MatterID(strings.Clone(matter))] = keptDue(kept)
	}
	b.publish(k)
	return nil
}

// replace takes over what another file's rows say, and reports what may be different.
func (b *backlog) replace(other *backlog) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, firms := range []map[domain.FirmID]*firmBacklog{b.firms, other.firms} {
		for f, fb := range firms {
			for m := range fb.due {
				b.publish(dueKey{f, m})
			}
		}
	}
	b.firms = other.firms
}

// due is the unfinished sync of a matter as it stands now; one without a status has ended.
func (b *backlog) due(k dueKey) *domain.Due {
	fb := b.firm(k.firm)
	kept, ok := fb.due[k.matter]
	if !ok {
		return &domain.Due{Firm: k.firm, Matter: k.matter}
	}
	d, _ := kept.due(k) // keep has read it before
	fb.bearing.show(&d)
	return &d
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

// follower has what changed since it asked last, and what it was not told of yet.
type follower struct {
	backlog *backlog
	first   []dueKey // the longest queued first
	changed map[dueKey]struct{}
}

// atOnce is how many syncs a follower is told of at once, of those that were there before it.
const atOnce = 2000

func (b *backlog) publish(k dueKey) {
	for f := range b.followers {
		f.changed[k] = struct{}{}
	}
}

// WorkRows reads the syncs that have not ended, from memory.
type WorkRows struct{ backlog *backlog }

// FollowDue follows the syncs that have not ended. next yields those that changed since the
// last time, the longest queued first, and before that, part by part, all that there are; more
// tells that there is another part. One without a status has ended, with no other of its matter
// after it.
func (v WorkRows) FollowDue() (next func() (changed []*domain.Due, more bool), stop func()) {
	b := v.backlog
	b.mu.Lock()
	defer b.mu.Unlock()
	f := &follower{backlog: b, first: b.longest(), changed: map[dueKey]struct{}{}}
	b.followers[f] = struct{}{}
	return f.next, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.followers, f)
	}
}

func (f *follower) next() (list []*domain.Due, more bool) {
	f.backlog.mu.Lock()
	defer f.backlog.mu.Unlock()
	part := f.first[:min(len(f.first), atOnce)]
	f.first = f.first[len(part):]
	for _, k := range part {
		f.changed[k] = struct{}{}
	}
	for k := range f.changed {
		list = append(list, f.backlog.due(k))
	}
	f.changed = map[dueKey]struct{}{}
	slices.SortFunc(list, longestQueued)
	return list, len(f.first) > 0
}

func longestQueued(a, b *domain.Due) int {
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Firm, b.Firm), cmp.Compare(a.Matter, b.Matter))
}

// longest are all unfinished syncs, the longest queued first.
func (b *backlog) longest() (keys []dueKey) {
	type queued struct {
		key   dueKey
		since int64
	}
	var list []queued
	for f, fb := range b.firms {
		for m := range fb.due {
			k := dueKey{f, m}
			list = append(list, queued{k, b.due(k).Since.UnixNano()})
		}
	}
	slices.SortFunc(list, func(a, b queued) int {
		return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.key.firm, b.key.firm), cmp.Compare(a.key.matter, b.key.matter))
	})
	for _, q := range list {
		keys = append(keys, q.key)
	}
	return keys
}

// DueOf lists a firm's syncs that have not ended, the longest queued first.
func (v WorkRows) DueOf(firm domain.FirmID) (list []*domain.Due) {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	if fb := v.backlog.firms[firm]; fb != nil {
		for m := range fb.due {
			list = append(list, v.backlog.due(dueKey{firm, m}))
		}
	}
	slices.SortFunc(list, longestQueued)
	return list
}

// Due lists every sync that has not ended, the longest queued first.
func (v WorkRows) Due() (list []domain.Due) {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	for _, k := range v.backlog.longest() {
		list = append(list, *v.backlog.due(k))
	}
	return list
}

// AtWork lists the syncs that run or are being confirmed.
func (v WorkRows) AtWork() (list []domain.Due) {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	for f, fb := range v.backlog.firms {
		if fb.queue.Running == 0 {
			continue
		}
		for m := range fb.due {
			if d := v.backlog.due(dueKey{f, m}); d.Status == domain.Running || d.Status == domain.Confirming {
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

// All counts every firm's unfinished syncs.
func (v WorkRows) All() (sum Queue) {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	for _, fb := range v.backlog.firms {
		sum.Waiting += fb.queue.Waiting
		sum.Queued += fb.queue.Queued
		sum.Running += fb.queue.Running
	}
	return sum
}

// Queue counts a firm's unfinished syncs.
func (v WorkRows) Queue(firm domain.FirmID) Queue {
	v.backlog.mu.Lock()
	defer v.backlog.mu.Unlock()
	if fb := v.backlog.firms[firm]; fb != nil {
		return fb.queue
	}
	return Queue{}
}
