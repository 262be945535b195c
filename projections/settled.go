package projections

import (
	"github.com/casehug/smokeball-sync/domain"
)

// FollowSettled follows whose differences the owner of the field settles. changed yields the firms of which
// anything has changed since it was called last, at first all: with their tables of owners, and whether they
// have it switched on.
func (v ConnectionRows) FollowSettled() (changed func(fn func(f domain.FirmID, owners domain.FieldOwners, on bool)) error, stop func()) {
	rows, stop := v.Follow()
	return func(fn func(domain.FirmID, domain.FieldOwners, bool)) error {
		return rows(func(r ConnectionRow) { fn(r.Firm, r.Settings.Owners, r.Settings.ByOwner) })
	}, stop
}

// Differing lists a firm's differences about which nobody has decided, newest matters first; next
// is where the rest begins, 0 at the end.
func (v DriftRows) Differing(firm domain.FirmID, before uint64) (list []domain.OpenDifference, next uint64, err error) {
	found, next, err := v.Drift(firm, DriftQuery{Before: before, Limit: 500})
	for _, d := range found {
		if d.Repairing == "" {
			list = append(list, domain.OpenDifference{Firm: firm, Matter: d.Matter, Field: d.Name, CaseHug: d.CaseHug, Smokeball: *d.Smokeball})
		}
	}
	return list, next, err
}
