package projections

import (
	"github.com/casehug/smokeball-sync/domain"
)

// SettledByOwner are the firms whose differences the owner of the field settles, with their tables
// of owners.
func (v ConnectionRows) SettledByOwner() (firms map[domain.FirmID]domain.FieldOwners, err error) {
	err = v.view(func(tx *snapshot) error {
		firms = map[domain.FirmID]domain.FieldOwners{}
		return all(tx, Connections, func(firm string, r ConnectionRow) bool {
			if r.Settings.ByOwner {
				firms[domain.FirmID(firm)] = r.Settings.Owners
			}
			return true
		})
	})
	return firms, err
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
