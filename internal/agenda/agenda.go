// Package agenda keeps for each firm when something of it is due, so that a loop over ten thousand firms
// does work for those alone whose time has come.
package agenda

import (
	"container/heap"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Agenda has at most one time for each firm. The zero value is empty; one goroutine uses it.
type Agenda struct {
	byFirm map[domain.FirmID]*entry
	order  order
}

type entry struct {
	firm  domain.FirmID
	at    time.Time
	index int // in order
}

// Set sets when something of the firm is due; the zero time removes it.
func (a *Agenda) Set(f domain.FirmID, at time.Time) {
	e := a.byFirm[f]
	switch {
	case at.IsZero() && e != nil:
		heap.Remove(&a.order, e.index)
		delete(a.byFirm, f)
	case at.IsZero():
	case e != nil:
		e.at = at
		heap.Fix(&a.order, e.index)
	default:
		if a.byFirm == nil {
			a.byFirm = map[domain.FirmID]*entry{}
		}
		e = &entry{firm: f, at: at}
		a.byFirm[f] = e
		heap.Push(&a.order, e)
	}
}

// Take removes the firm that has been due for longest and returns it; false: none is due yet.
func (a *Agenda) Take(now time.Time) (domain.FirmID, bool) {
	if len(a.order) == 0 || a.order[0].at.After(now) {
		return "", false
	}
	e := heap.Pop(&a.order).(*entry)
	delete(a.byFirm, e.firm)
	return e.firm, true
}

// Next is the earliest time; zero: there is none.
func (a *Agenda) Next() time.Time {
	if len(a.order) == 0 {
		return time.Time{}
	}
	return a.order[0].at
}

// order is a heap, the earliest first, and by firm at the same time.
type order []*entry

func (o order) Len() int { return len(o) }

func (o order) Less(i, j int) bool {
	if !o[i].at.Equal(o[j].at) {
		return o[i].at.Before(o[j].at)
	}
	return o[i].firm < o[j].firm
}

func (o order) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].index, o[j].index = i, j
}

// Push is for heap.
func (o *order) Push(x any) {
	e := x.(*entry)
	e.index = len(*o)
	*o = append(*o, e)
}

// Pop is for heap.
func (o *order) Pop() any {
	old := *o
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*o = old[:len(old)-1]
	return e
}
