package projections

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// ChangedRow is a row with the ledger position of its last change.
type ChangedRow struct {
	Position uint64
	Row      any // a HistoryRow, a MatterRow, a BulkRow or an ErasureRow
}

// changing are the views whose rows ChangedAfter lists.
var changing = []changeLister{History, Matters, Bulks, Erasures}

// changeLister is a View with Changed, without its row type.
type changeLister interface {
	changedAfter(tx *snapshot, firm string, after uint64, limit int) []changedKey
}

// changedKey is a row that changed, not decoded yet.
type changedKey struct {
	position uint64
	read     func() (any, error)
}

// changeKey is where a row stands among those of its firm that changed, in the order of their
// last changes: before the key of the row, for several may change with one event. The keys lie
// beside those of the narrower lists.
func changeKey(firm string, position uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(firm), 1), position)
}

// changedAfter lists the view's rows of a firm that changed after a position, in the order of
// their last changes: limit of them, and those that changed together with the last one.
func (v View[R]) changedAfter(tx *snapshot, firm string, after uint64, limit int) (list []changedKey) {
	at := len(firm) + 1
	prefix := changeKey(firm, 0)[:at]
	c := v.in(tx).Bucket(listsBucket).Cursor()
	for k, _ := c.Seek(changeKey(firm, after+1)); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		position := binary.BigEndian.Uint64(k[at:])
		if len(list) >= limit && position != list[len(list)-1].position {
			break
		}
		key := string(k[at+8:])
		list = append(list, changedKey{position, func() (any, error) { r, _, err := get(tx, v, key); return r, err }})
	}
	return list
}

// ChangedRows reads which rows of a firm changed, and reports changes.
type ChangedRows struct {
	*file
	progress  *Progress
	unread    *unread
	watchers  *watchers
	revisions *revisions
}

// ChangedAfter lists rows of a firm that changed after a ledger position, in the order of
// their last changes: limit of them, and those that changed together with the last one. upTo is
// the position that the list is complete to.
func (v ChangedRows) ChangedAfter(firm domain.FirmID, after uint64, limit int) (list []ChangedRow, upTo uint64, err error) {
	upTo = max(after, v.progress.Position()) // before the rows, which may include more but never less
	err = v.view(func(tx *snapshot) error {
		h := &hold{tx: tx, firm: firm}
		var keys []changedKey
		for _, c := range changing {
			keys = append(keys, c.changedAfter(tx, string(firm), after, limit+1)...)
		}
		slices.SortStableFunc(keys, func(a, b changedKey) int { return cmp.Compare(a.position, b.position) })
		for i, k := range keys {
			if i >= limit && k.position != keys[i-1].position {
				upTo = keys[i-1].position
				return h.err
			}
			row, err := k.read()
			if err != nil {
				return err
			}
			list = append(list, ChangedRow{Position: k.position, Row: v.asOfNow(row, h)})
			upTo = max(upTo, k.position)
		}
		return h.err
	})
	return list, upTo, err
}

// asOfNow is a row with what it does not fold.
func (v ChangedRows) asOfNow(row any, h *hold) any {
	switch r := row.(type) {
	case MatterRow:
		r = r.held(h)
		r.Changing = v.unread.changing(r)
		return r
	case HistoryRow:
		return r.held(h)
	}
	return row
}

// Hinted are the firm's matters that a hint says may have changed in Smokeball since they were read,
// or whose clients may have.
func (v ChangedRows) Hinted(firm domain.FirmID) (ids []domain.MatterID, err error) {
	err = v.view(func(tx *snapshot) error {
		for _, r := range v.unread.hinted(firm) {
			if r.Matter != "" {
				ids = append(ids, r.Matter)
			}
			for _, c := range r.Clients {
				row, _, err := get(tx, Clients, rowKey(string(firm), string(c)))
				if err != nil {
					return err
				}
				ids = append(ids, row.Matters...)
			}
		}
		return nil
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// watchers are told when the rows of their firm change.
type watchers struct {
	mu    sync.Mutex
	firms map[domain.FirmID]map[chan struct{}]struct{}
}

// Watch returns a channel that receives after changes of the firm's rows, however many there
// were since it was read. Other firms' changes cost the watcher nothing.
func (v ChangedRows) Watch(firm domain.FirmID) (changed <-chan struct{}, stop func()) {
	w, ch := v.watchers, make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.firms == nil {
		w.firms = map[domain.FirmID]map[chan struct{}]struct{}{}
	}
	if w.firms[firm] == nil {
		w.firms[firm] = map[chan struct{}]struct{}{}
	}
	w.firms[firm][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.firms[firm], ch)
		if len(w.firms[firm]) == 0 {
			delete(w.firms, firm)
		}
	}
}

// notify tells the watchers of firms; nil: of all.
func (w *watchers) notify(firms map[domain.FirmID]struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for firm, list := range w.firms {
		if _, moved := firms[firm]; firms != nil && !moved {
			continue
		}
		for ch := range list {
			select {
			case ch <- struct{}{}:
			default: // it has not read the last one yet
			}
		}
	}
}
