package projections

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// choice narrows a firm's list of rows. What is zero does not narrow.
type choice struct {
	lists    [][]string // of each, the row stands in one of these lists
	text     string     // in the row's text, without regard to case
	from, to time.Time  // the row's time: at or after, and before
	before   uint64     // the row's position
	limit    int
}

// result are the rows of a choice, newest first.
type result[R any] struct {
	rows []R
	next uint64 // the rest is before this position; 0: there is none
	// partial says that there may be fewer rows than the limit because the search stopped at next:
	// no more places than looks are looked at for one answer.
	partial bool
}

// looks is how many places of lists are looked at for one answer.
const looks = 10_000

// find looks for a firm's rows in the lists that the choice names, from the newest on: it
// reads no row that the answer does not have.
func find[R any](tx *snapshot, v View[R], firm string, c choice) (f result[R], err error) {
	s := newSearch(tx, v, firm, c)
	for p, ok := s.first(); ok; p, ok = s.next(p) {
		if s.looked > looks {
			f.next, f.partial = p+1, len(f.rows) < c.limit
			return f, nil
		}
		key, err := s.key(p)
		if err != nil {
			return f, err
		}
		if key == nil {
			continue
		}
		if len(f.rows) == c.limit {
			f.next = s.last
			return f, nil
		}
		data, err := v.stored(tx, s.rows, key)
		if err != nil {
			return f, err
		}
		var row R
		if err := decode(data, &row); err != nil {
			return f, fmt.Errorf("view %s, row %s: %w", v.Name, key, err)
		}
		f.rows, s.last = append(f.rows, row), p
	}
	return f, nil
}

// search goes through the positions of a choice, newest first.
type search struct {
	choice
	tx                        *snapshot
	view, firm                string
	rows, order, lists, texts *bbolt.Bucket
	walks                     []*walk // of the lists that lead
	after                     uint64  // positions up to this one are too old
	last                      uint64  // position of the last row that was found
	looked                    int
}

func newSearch[R any](tx *snapshot, v View[R], firm string, c choice) *search {
	view := v.in(tx)
	s := &search{choice: c, tx: tx, view: v.Name, firm: firm, rows: view.Bucket(rowsBucket), order: view.Bucket(orderBucket), lists: view.Bucket(listsBucket), texts: view.Bucket(textsBucket)}
	s.text = strings.ToLower(c.text)
	if s.before == 0 {
		s.before = math.MaxUint64
	}
	if !c.to.IsZero() {
		s.before = min(s.before, s.at(c.to.Add(skew)))
	}
	if !c.from.IsZero() {
		s.after = s.at(c.from.Add(-skew)) - 1
	}
	return s
}

// at is the first position of the firm's list whose time is not before t.
func (s *search) at(t time.Time) uint64 {
	w := &walk{c: s.order.Cursor(), prefix: append([]byte(s.firm), 0)}
	until, ok := w.seek(math.MaxUint64)
	if !ok {
		return 1
	}
	from := uint64(1)
	for until++; from < until; {
		middle := from + (until-from)/2
		p, value := w.atOrAfter(middle)
		switch at, _ := splitOrderValue(value); {
		case at >= nanos(t):
			until = middle
		default:
			from = p + 1
		}
	}
	return from
}

// first is the newest position of the lists that lead.
func (s *search) first() (uint64, bool) {
	switch {
	case len(s.choice.lists) > 0:
		for _, name := range s.choice.lists[0] {
			s.walks = append(s.walks, &walk{c: s.lists.Cursor(), prefix: append([]byte(listOf(s.firm, name)), 0)})
		}
	case s.text != "":
		s.walks = []*walk{{c: s.texts.Cursor(), prefix: append([]byte(s.firm), 0)}}
	default:
		s.walks = []*walk{{c: s.order.Cursor(), prefix: append([]byte(s.firm), 0)}}
	}
	for _, w := range s.walks {
		w.seek(s.before)
	}
	return s.newest()
}

// next is the newest position before the given one, which first or next returned.
func (s *search) next(position uint64) (uint64, bool) {
	for _, w := range s.walks {
		if w.ok && w.position == position {
			w.prev()
		}
	}
	return s.newest()
}

func (s *search) newest() (position uint64, ok bool) {
	for _, w := range s.walks {
		s.looked++
		if w.ok && w.position > s.after {
			position, ok = max(position, w.position), true
		}
	}
	return position, ok
}

// key is the key of the row at a position, nil where the choice excludes it.
func (s *search) key(position uint64) ([]byte, error) {
	if len(s.choice.lists) > 1 {
		for _, lists := range s.choice.lists[1:] {
			if !s.standsIn(lists, position) {
				return nil, nil
			}
		}
	}
	place := orderKey(s.firm, position)
	if s.text != "" {
		text, err := s.textAt(place)
		if err != nil || !bytes.Contains(text, []byte(s.text)) {
			return nil, err
		}
	}
	at, key := splitOrderValue(s.order.Get(place))
	if !s.from.IsZero() && at < nanos(s.from) || !s.to.IsZero() && at >= nanos(s.to) {
		return nil, nil
	}
	return key, nil
}

// dear is what a look at a place costs that is not the next one, in looks at those that are.
const dear = 4

func (s *search) standsIn(lists []string, position uint64) bool {
	for _, name := range lists {
		s.looked += dear
		if s.lists.Get(orderKey(listOf(s.firm, name), position)) != nil {
			return true
		}
	}
	return false
}

// textAt is what a search looks through, at hand where the texts lead.
func (s *search) textAt(place []byte) ([]byte, error) {
	if w := s.walks[0]; len(s.choice.lists) == 0 {
		return s.tx.open(s.view, textsBucket, place, w.value)
	}
	s.looked += dear
	return s.tx.open(s.view, textsBucket, place, s.texts.Get(place))
}

// walk goes through the positions of a list, newest first.
type walk struct {
	c        *bbolt.Cursor
	prefix   []byte
	position uint64
	value    []byte
	ok       bool
}

// seek goes to the newest position before the given one.
func (w *walk) seek(before uint64) (uint64, bool) {
	if k, _ := w.c.Seek(binary.BigEndian.AppendUint64(bytes.Clone(w.prefix), before)); k == nil {
		w.take(w.c.Last())
	} else {
		w.prev()
	}
	return w.position, w.ok
}

func (w *walk) prev() { w.take(w.c.Prev()) }

func (w *walk) take(k, value []byte) {
	w.ok = len(k) == len(w.prefix)+8 && bytes.HasPrefix(k, w.prefix)
	if w.ok {
		w.position, w.value = binary.BigEndian.Uint64(k[len(w.prefix):]), value
	}
}

// atOrAfter is the oldest position from the given one on, which the list has.
func (w *walk) atOrAfter(position uint64) (uint64, []byte) {
	w.take(w.c.Seek(binary.BigEndian.AppendUint64(bytes.Clone(w.prefix), position)))
	return w.position, w.value
}

// newest yields a firm's rows, newest first, from those before position on (0: all),
// until fn returns false.
func newest[R any](tx *snapshot, v View[R], firm string, before uint64, fn func(row R) bool) error {
	b := v.in(tx)
	w := &walk{c: b.Bucket(orderBucket).Cursor(), prefix: append([]byte(firm), 0)}
	for w.seek(cmp.Or(before, math.MaxUint64)); w.ok; w.prev() {
		_, key := splitOrderValue(w.value)
		row, ok, err := get(tx, v, string(key))
		if err != nil {
			return fmt.Errorf("view %s, row %s: %w", v.Name, key, err)
		}
		if ok && !fn(row) {
			return nil
		}
	}
	return nil
}
