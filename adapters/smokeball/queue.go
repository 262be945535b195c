package smokeball

import (
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// ticket is one call that waits for its slot.
type ticket struct {
	slot
	asker   domain.FirmID // whose call it is
	ready   chan struct{} // closed when the slot is granted
	granted bool
}

// level holds the waiting calls of one priority, firm by firm.
type level struct {
	firms   []domain.FirmID // the next firm first; each once
	waiting map[domain.FirmID][]*ticket
	ahead   map[domain.FirmID]int // calls of a firm that went before an older one of it
	passed  int                   // slots granted to more urgent calls since this level's last one
}

// queue grants slots: the most urgent level first, its firms in turn, of a firm's calls
// those that change something before those that only look, so that what was begun is done
// before more is begun, and last those that only confirm what is done: after a takeover there
// is one for each sync that ran. A level, or a call, that was passed over often enough goes
// next, so none starves but the last level, which gets what the others leave.
type queue struct {
	levels [priorities]level
	size   int
}

// maxSkips is how many slots a level lets others go first while it waits.
func maxSkips(p Priority) int {
	if p == Bulk {
		return 8
	}
	return 4
}

func (q *queue) push(t *ticket) {
	l := &q.levels[t.priority]
	if l.waiting == nil {
		l.waiting = map[domain.FirmID][]*ticket{}
	}
	if len(l.waiting[t.firm]) == 0 {
		l.firms = append(l.firms, t.firm)
	}
	l.waiting[t.firm] = append(l.waiting[t.firm], t)
	q.size++
}

// pop takes the ticket that gets the next slot; there must be one.
func (q *queue) pop() *ticket {
	chosen := q.choose()
	for p := chosen + 1; p <= Bulk; p++ {
		if len(q.levels[p].firms) > 0 {
			q.levels[p].passed++
		}
	}
	l := &q.levels[chosen]
	l.passed = 0
	q.size--
	return l.next()
}

func (q *queue) choose() Priority {
	for p := Bulk; p > Clicked; p-- {
		if len(q.levels[p].firms) > 0 && q.levels[p].passed >= maxSkips(p) {
			return p
		}
	}
	for p := Clicked; p < Background; p++ {
		if len(q.levels[p].firms) > 0 {
			return p
		}
	}
	return Background
}

func (l *level) next() *ticket {
	firm := l.firms[0]
	l.firms = l.firms[1:]
	i := l.pick(firm)
	t := l.waiting[firm][i]
	if rest := slices.Delete(l.waiting[firm], i, i+1); len(rest) > 0 {
		l.waiting[firm] = rest
		l.firms = append(l.firms, firm)
	} else {
		delete(l.waiting, firm)
		delete(l.ahead, firm)
	}
	return t
}

// mostAhead is how many calls of a firm may go before an older one of it.
const mostAhead = 4

// pick chooses among a firm's waiting calls: the oldest of the first in order, or the oldest
// of all.
func (l *level) pick(firm domain.FirmID) int {
	i := 0
	for n, t := range l.waiting[firm] {
		if t.order() < l.waiting[firm][i].order() {
			i = n
		}
	}
	if i == 0 || l.ahead[firm] >= mostAhead {
		delete(l.ahead, firm)
		return 0
	}
	if l.ahead == nil {
		l.ahead = map[domain.FirmID]int{}
	}
	l.ahead[firm]++
	return i
}

// sizes counts the waiting calls of each level.
func (q *queue) sizes() (n [priorities]int) {
	for p := range q.levels {
		for _, calls := range q.levels[p].waiting {
			n[p] += len(calls)
		}
	}
	return n
}

// remove takes out a ticket whose caller has given up.
func (q *queue) remove(t *ticket) {
	l := &q.levels[t.priority]
	rest := slices.DeleteFunc(l.waiting[t.firm], func(o *ticket) bool { return o == t })
	q.size--
	if len(rest) > 0 {
		l.waiting[t.firm] = rest
		return
	}
	delete(l.waiting, t.firm)
	delete(l.ahead, t.firm)
	l.firms = slices.DeleteFunc(l.firms, func(f domain.FirmID) bool { return f == t.firm })
}
