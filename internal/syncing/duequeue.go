package syncing

import (
	"container/heap"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// dueQueue is what a running scheduler knows of the syncs that have not ended: which of them wait
// for a time, and which firms have syncs that wait for the connection. Syncs that wait for a fact
// are in the views alone, which report them when the fact appears.
type dueQueue struct {
	entries    map[matterKey]*entry
	scheduled  timeline
	held       map[domain.FirmID]struct{} // firms whose syncs wait for the connection
	behindView []*entry                   // entries whose last attempt is not in the views yet
	seen       time.Time                  // on the wall clock, when it was looked at last
	heldAt     time.Time                  // when the held firms were last checked

	mu      sync.Mutex // guards what workers change: stirred, and job, running, after, not, faults of entries
	changed []*entry   // entries to check
}

type matterKey struct {
	firm   domain.FirmID
	matter domain.MatterID
}

// entry is a matter with a sync that has not ended, or whose last attempt has not.
type entry struct {
	key       matterKey
	due       *domain.Due // nil: the sync has ended
	job       *job        // waits for a worker
	running   bool
	after     uint64    // do not look again before the views include this position
	notBefore time.Time // nor before this time: the ledger itself failed
	faults    int
	until     time.Time // of a resting one
	index     int       // in resting, plus 1; 0: not there
}

func newDueQueue() *dueQueue {
	return &dueQueue{entries: map[matterKey]*entry{}, held: map[domain.FirmID]struct{}{}}
}

// learn notes what changed.
func (a *dueQueue) learn(changed []*domain.Due) {
	for _, d := range changed {
		key := matterKey{d.Firm, d.Matter}
		e := a.entries[key]
		switch {
		case d.Status != "" && e == nil:
			e = &entry{key: key, due: d}
			a.entries[key] = e
		case d.Status != "" && (e.due == nil || *e.due != *d):
			a.set(e, d)
		case d.Status == "" && e != nil:
			a.set(e, nil)
		}
		if e != nil {
			a.noteChange(e)
		}
	}
}

func (a *dueQueue) set(e *entry, d *domain.Due) {
	a.unplace(e)
	a.mu.Lock()
	defer a.mu.Unlock()
	e.due = d
}

func (a *dueQueue) drop(e *entry) {
	if a.entries[e.key] == e {
		delete(a.entries, e.key)
	}
}

// noteChange marks an entry to be checked.
func (a *dueQueue) noteChange(e *entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed = append(a.changed, e)
}

// due returns the entries to check now.
func (a *dueQueue) due(position uint64, now time.Time) []*entry {
	a.release(now)
	late := a.behindView
	a.behindView = nil
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range late {
		if e.after <= position {
			a.changed = append(a.changed, e)
		} else {
			a.behindView = append(a.behindView, e)
		}
	}
	list := a.changed
	a.changed = nil
	return list
}

// release marks the entries whose time has come; if the wall clock was set back, all resting
// entries.
func (a *dueQueue) release(now time.Time) {
	wall := now.Round(0)
	setBack := wall.Before(a.seen)
	a.seen = wall
	for len(a.scheduled) > 0 && (setBack || !now.Before(a.scheduled[0].until)) {
		e := a.scheduled[0]
		a.unplace(e)
		a.noteChange(e)
	}
	if setBack {
		a.heldAt = time.Time{}
	}
}

// firmsToAsk returns, periodically, the firms whose connections may have become usable without an
// event in the ledger.
func (a *dueQueue) firmsToAsk(now time.Time) []domain.FirmID {
	wall := now.Round(0)
	if wall.Sub(a.heldAt) < look && !wall.Before(a.heldAt) {
		return nil
	}
	firms := slices.Collect(maps.Keys(a.held))
	a.heldAt, a.held = wall, map[domain.FirmID]struct{}{}
	return firms
}

// wait is how long nothing will be due by itself.
func (a *dueQueue) wait(now time.Time) time.Duration {
	if len(a.scheduled) == 0 {
		return look
	}
	return min(look, max(a.scheduled[0].until.Sub(now), time.Millisecond))
}

// rest keeps an entry until a time.
func (a *dueQueue) rest(e *entry, until time.Time) {
	e.until = until
	heap.Push(&a.scheduled, e)
}

// holdBack notes that syncs of a firm wait for its connection.
func (a *dueQueue) holdBack(f domain.FirmID) { a.held[f] = struct{}{} }

// unplace removes an entry from wherever it waits.
func (a *dueQueue) unplace(e *entry) {
	if e.index > 0 {
		heap.Remove(&a.scheduled, e.index-1)
	}
}

// timeline is a heap of resting entries, the earliest first.
type timeline []*entry

func (t timeline) Len() int           { return len(t) }
func (t timeline) Less(i, j int) bool { return t[i].until.Before(t[j].until) }

func (t timeline) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i+1, j+1
}

// Push is for heap.
func (t *timeline) Push(x any) {
	e := x.(*entry)
	e.index = len(*t) + 1
	*t = append(*t, e)
}

// Pop is for heap.
func (t *timeline) Pop() any {
	old := *t
	e := old[len(old)-1]
	e.index = 0
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	return e
}
