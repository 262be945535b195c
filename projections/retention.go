package projections

import (
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// RetentionRow is how long a firm keeps things, and what is no longer kept.
type RetentionRow struct {
	Firm        domain.FirmID    `json:"firm"`
	Retention   domain.Retention `json:"retention,omitzero"`
	By          string           `json:"by,omitempty"` // who chose it; empty: nobody did
	ByName      string           `json:"by_name,omitempty"`
	At          time.Time        `json:"at,omitzero"`
	History     Expired          `json:"history,omitzero"`
	Audit       Expired          `json:"audit,omitzero"`
	DeadLetters Expired          `json:"dead_letters,omitzero"`
	Position    uint64           `json:"position,omitempty"` // of the newest event by which something left the rows
	// AuditUpTo is the ledger position of the newest act that has left the audit trail: names of people who
	// did nothing since are not shown.
	AuditUpTo uint64 `json:"audit_up_to,omitempty"`
}

// Expired is what is no longer kept of one kind.
type Expired struct {
	Before time.Time `json:"before,omitzero"` // all that is older is gone, but for what was not over
	Count  int       `json:"count,omitempty"`
	At     time.Time `json:"at,omitzero"` // of the newest removal
}

func (e Expired) after(before time.Time, count int, at time.Time) Expired {
	if before.Before(e.Before) {
		before = e.Before
	}
	return Expired{before, e.Count + count, at}
}

// Retentions has one row per firm that chose how long things are kept, or of which something has expired.
var Retentions = View[RetentionRow]{Name: "retentions", Version: 2, Keys: retentionKeys, Fold: foldRetention}

func retentionKeys(env eventstore.Envelope) []string {
	switch env.Event.(type) {
	case domain.RetentionChanged, domain.HistoryExpired, domain.AuditExpired, domain.DeadLetterExpired:
		return []string{string(env.Stream.Firm)}
	}
	return nil
}

func foldRetention(r RetentionRow, env eventstore.Envelope) RetentionRow {
	r.Firm = env.Stream.Firm
	switch e := env.Event.(type) {
	case domain.RetentionChanged:
		r.Retention, r.By, r.ByName, r.At = e.Retention, e.By, e.ByName, env.At
		return r
	case domain.HistoryExpired:
		r.History = r.History.after(e.Before, len(e.Syncs), env.At)
	case domain.AuditExpired:
		r.Audit = r.Audit.after(e.Before, len(e.Entries), env.At)
		for _, key := range e.Entries {
			if at, err := strconv.ParseUint(string(key), 10, 64); err == nil { // else it is a refusal's
				r.AuditUpTo = max(r.AuditUpTo, at)
			}
		}
	case domain.DeadLetterExpired:
		r.DeadLetters = r.DeadLetters.after(e.Before, 1, env.At)
	}
	r.Position = uint64(env.Seq)
	return r
}

// RetentionRows reads how long things are kept.
type RetentionRows struct{ *file }

// Retention is a firm's row; empty where the firm chose nothing.
func (v RetentionRows) Retention(f domain.FirmID) (r RetentionRow, err error) {
	err = v.view(func(tx *snapshot) error {
		r, _, err = get(tx, Retentions, string(f))
		return err
	})
	r.Firm = f
	return r, err
}

// Newest is the ledger position of the newest event by which something left the rows; 0: none did.
func (v RetentionRows) Newest() (position uint64, err error) {
	err = v.view(func(tx *snapshot) error {
		return all(tx, Retentions, func(_ string, r RetentionRow) bool {
			position = max(position, r.Position)
			return true
		})
	})
	return position, err
}

// oldest yields the rows of a list, oldest first, until fn returns false.
func oldest[R any](tx *snapshot, v View[R], list string, fn func(key string, row R) bool) error {
	prefix := append([]byte(list), 0)
	for c, k, value := seek(v.in(tx).Bucket(orderBucket), prefix); len(k) == len(prefix)+8 && strings.HasPrefix(string(k), string(prefix)); k, value = c.Next() {
		_, key := splitOrderValue(value)
		row, ok, err := get(tx, v, string(key))
		if err != nil {
			return err
		}
		if ok && !fn(string(key), row) {
			return nil
		}
	}
	return nil
}

// Over lists a firm's oldest syncs that ended before a moment and did not change after a ledger position:
// limit of them at most.
func (v SyncRows) Over(firm domain.FirmID, before time.Time, until uint64, limit int) (list []domain.ExpiredSync, err error) {
	err = v.view(func(tx *snapshot) error {
		list = nil // it may be read again
		return oldest(tx, History, string(firm), func(_ string, r HistoryRow) bool {
			if r.FinishedAt != nil && r.Status.Ended() && r.FinishedAt.Before(before) && r.Changed <= until {
				list = append(list, domain.ExpiredSync{Sync: r.ID, Matter: r.Matter})
			}
			return len(list) < limit && r.QueuedAt.Before(before.Add(skew))
		})
	})
	return list, err
}

// Before lists the oldest entries of a firm's trail whose last repetition was before a moment: limit of
// them at most.
func (v AuditRows) Before(firm domain.FirmID, before time.Time, limit int) (list []domain.AuditKey, err error) {
	err = v.view(func(tx *snapshot) error {
		list = nil // it may be read again
		return oldest(tx, Audit, string(firm), func(key string, r AuditRow) bool {
			if r.Last.Before(before) {
				list = append(list, domain.AuditKey(strings.TrimPrefix(key, rowKey(string(firm), ""))))
			}
			return len(list) < limit && r.At.Before(before.Add(skew))
		})
	})
	return list, err
}

// Decided lists a firm's oldest dead letters that were decided before a moment: limit of them at most.
func (v DeadLetterRows) Decided(firm domain.FirmID, before time.Time, limit int) (ids []string, err error) {
	err = v.view(func(tx *snapshot) error {
		ids = nil // it may be read again
		for _, state := range []domain.DeadLetterState{domain.DeadLetterTakenIn, domain.DeadLetterDiscarded} {
			err := oldest(tx, DeadLetters, deadLetterList(firm, state), func(_ string, r DeadLetterRow) bool {
				if r.Settled.At.Before(before) {
					ids = append(ids, r.ID)
				}
				return len(ids) < limit && r.At.Before(before.Add(skew))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return ids, err
}

// timelinesOf are the matters whose timelines show expired syncs.
func timelinesOf(firm domain.FirmID, e domain.HistoryExpired) (keys []string) {
	seen := map[domain.MatterID]bool{}
	for _, s := range e.Syncs {
		if !seen[s.Matter] {
			seen[s.Matter] = true
			keys = append(keys, rowKey(string(firm), string(s.Matter)))
		}
	}
	return keys
}

// without is the timeline without what expired syncs did.
func (r TimelineRow) without(e domain.HistoryExpired) TimelineRow {
	gone := map[domain.SyncID]bool{}
	for _, s := range e.Syncs {
		gone[s.Sync] = true
	}
	kept := make([]storedMoment, 0, len(r.list))
	for _, s := range r.list {
		if m, err := s.moment(); err != nil || !gone[m.Sync] {
			kept = append(kept, s)
		}
	}
	return TimelineRow{kept}
}
