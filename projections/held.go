package projections

import (
	"github.com/casehug/smokeball-sync/domain"
)

// hold is whether the syncs of a firm are held back, whatever each waits for by itself. The connection is read for
// the first row that waits for a time, and for no other.
type hold struct {
	tx   *snapshot
	firm domain.FirmID

	known bool
	why   *domain.Failure
	err   error // of reading the connection
}

// reason is why no sync of the firm is tried; nil: they are tried, or that can't be read.
func (h *hold) reason() *domain.Failure {
	if !h.known {
		h.known = true
		var row ConnectionRow
		if row, _, h.err = get(h.tx, Connections, string(h.firm)); h.err == nil {
			h.why = row.Connection.WhyUnusable()
		}
	}
	return h.why
}

// held is the row as people read it: while no sync of the firm is tried, one that would be tried again at a time
// waits for the connection, and for no time.
func (r HistoryRow) held(h *hold) HistoryRow {
	if r.Status == domain.Waiting && r.NextAttemptAt != nil {
		if why := h.reason(); why != nil {
			r.NextAttemptAt, r.Failure = nil, why
		}
	}
	return r
}

// held is the row as people read it while no sync of the firm is tried.
func (r MatterRow) held(h *hold) MatterRow {
	if s := r.Matter.Current; r.Status == domain.Waiting && s != nil && !s.NextAt.IsZero() {
		if why := h.reason(); why != nil {
			r.Failure = why
		}
	}
	return r
}
