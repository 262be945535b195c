package projections

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// BulkRow is a bulk sync without its matters.
type BulkRow struct {
	ID       domain.BulkID       `json:"id"`
	Firm     domain.FirmID       `json:"firm"`
	Scope    domain.BulkScope    `json:"scope"` // without the matters that it lists
	Named    int                 `json:"named,omitempty"`
	Estimate bool                `json:"estimate,omitempty"`
	LinkOnly bool                `json:"link_only,omitempty"`
	By       string              `json:"by"`
	ByName   string              `json:"by_name,omitempty"`
	Started  time.Time           `json:"started"`
	Progress domain.BulkProgress `json:"progress"`
	Position uint64              `json:"position"`
	Changed  uint64              `json:"changed"` // ledger position of its last change
}

// Bulks are the bulk syncs.
var Bulks = View[BulkRow]{Name: "bulks", Version: 4, Keys: bulkKeys, Fold: foldBulk,
	Order:   func(r BulkRow) (string, uint64) { return string(r.Firm), r.Position },
	Changed: func(r BulkRow) uint64 { return r.Changed }}

func bulkKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindBulk {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

func foldBulk(r BulkRow, env eventstore.Envelope) BulkRow {
	if e, ok := env.Event.(domain.BulkStarted); ok {
		r = BulkRow{ID: e.Bulk, Firm: env.Stream.Firm, Scope: e.Scope, Named: len(e.Scope.Matters), Estimate: e.Estimates, LinkOnly: e.LinkOnly,
			By: e.By, ByName: e.ByName, Started: env.At, Position: uint64(env.Seq)}
		r.Scope.Matters = nil
	}
	r.Progress, r.Changed = r.Progress.Apply(env.Event, env.At), uint64(env.Seq)
	return r
}

// BulkRows reads bulk syncs.
type BulkRows struct{ *file }

// Bulk is one bulk sync of a firm.
func (v BulkRows) Bulk(firm domain.FirmID, id domain.BulkID) (r BulkRow, ok bool, err error) {
	err = v.view(func(tx *snapshot) (err error) {
		r, ok, err = get(tx, Bulks, rowKey(string(firm), string(id)))
		return err
	})
	return r, ok, err
}

// Bulks lists a firm's bulk syncs, newest first, from those before position on (0: all).
func (v BulkRows) Bulks(firm domain.FirmID, before uint64, limit int) (list []BulkRow, next uint64, err error) {
	err = v.view(func(tx *snapshot) error {
		list, next = nil, 0 // it may be read again
		return newest(tx, Bulks, string(firm), before, func(r BulkRow) bool {
			if len(list) == limit {
				next = list[limit-1].Position
				return false
			}
			list = append(list, r)
			return true
		})
	})
	return list, next, err
}

// ActiveBulks are the bulk syncs of all firms that are not over.
func (v BulkRows) ActiveBulks() (list []BulkRow, err error) {
	err = v.view(func(tx *snapshot) error {
		list = nil // it may be read again
		return all(tx, Bulks, func(_ string, r BulkRow) bool {
			if !r.Progress.Status.Over() {
				list = append(list, r)
			}
			return true
		})
	})
	return list, err
}
