package smokeball

import (
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// ticket is one call that waits for its turn.
type ticket struct {
	turn
	ready   chan struct{} // closed when the turn has come
	granted bool
}

// lane holds the waiting calls of one priority, firm by firm.
type lane struct {
	firms   []domain.FirmID // the next firm first; each once
	waiting map[domain.FirmID][]*ticket
	passed  int // turns given to more urgent calls since this lane's last one
}

// queue hands out turns: the most urgent lane first, its firms in turn. A lane that was
// passed over often enough goes next, so none starves.
type queue struct {
	lanes [priorities]lane
	size  int
}

// patience is how many turns a lane lets others go first while it waits.
func patience(p Priority) int {
	if p == Bulk {
		return 8
	}
	return 4
}

func (q *queue) push(t *ticket) {
	l := &q.lanes[t.priority]
	if l.waiting == nil {
		l.waiting = map[domain.FirmID][]*ticket{}
	}
	if len(l.waiting[t.firm]) == 0 {
		l.firms = append(l.firms, t.firm)
	}
	l.waiting[t.firm] = append(l.waiting[t.firm], t)
	q.size++
}

// pop takes the ticket whose turn it is; there must be one.
func (q *queue) pop() *ticket {
	chosen := q.choose()
	for p := chosen + 1; p <= Bulk; p++ {
		if len(q.lanes[p].firms) > 0 {
			q.lanes[p].passed++
		}
	}
	l := &q.lanes[chosen]
	l.passed = 0
	q.size--
	return l.next()
}

func (q *queue) choose() Priority {
	for p := Bulk; p > Clicked; p-- {
		if len(q.lanes[p].firms) > 0 && q.lanes[p].passed >= patience(p) {
			return p
		}
	}
	for p := Clicked; p < Bulk; p++ {
		if len(q.lanes[p].firms) > 0 {
			return p
		}
	}
	return Bulk
}

func (l *lane) next() *ticket {
	firm := l.firms[0]
	l.firms = l.firms[1:]
	t := l.waiting[firm][0]
	if rest := l.waiting[firm][1:]; len(rest) > 0 {
		l.waiting[firm] = rest
		l.firms = append(l.firms, firm)
	} else {
		delete(l.waiting, firm)
	}
	return t
}

// remove takes out a ticket whose caller has given up.
func (q *queue) remove(t *ticket) {
	l := &q.lanes[t.priority]
	rest := slices.DeleteFunc(l.waiting[t.firm], func(o *ticket) bool { return o == t })
	q.size--
	if len(rest) > 0 {
		l.waiting[t.firm] = rest
		return
	}
	delete(l.waiting, t.firm)
	l.firms = slices.DeleteFunc(l.firms, func(f domain.FirmID) bool { return f == t.firm })
}
