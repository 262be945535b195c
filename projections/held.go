package projections

import (
	"github.com/casehug/smokeball-sync/domain"
)

// heldBy is why no sync of the firm is tried, whatever each waits for by itself; nil: they are tried.
func heldBy(tx *snapshot, firm domain.FirmID) (*domain.Failure, error) {
	row, ok, err := get(tx, Connections, string(firm))
	if err != nil || !ok {
		return nil, err
	}
	return row.Connection.WhyUnusable(), nil
}

// held is the row as people read it while no sync of the firm is tried, because of why: one that would be tried again
// at a time waits for the connection, and for no time.
func (r HistoryRow) held(why *domain.Failure) HistoryRow {
	if why != nil && r.Status == domain.Waiting && r.NextAttemptAt != nil {
		r.NextAttemptAt, r.Failure = nil, why
	}
	return r
}

// held is the row as people read it while no sync of the firm is tried, because of why.
func (r MatterRow) held(why *domain.Failure) MatterRow {
	if s := r.Matter.Current; why != nil && r.Status == domain.Waiting && s != nil && !s.NextAt.IsZero() {
		r.Failure = why
	}
	return r
}
