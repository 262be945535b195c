package reading

import (
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// ChooseMatters are the matters that CaseHug has announced and that the scope means, the newest
// first.
func ChooseMatters(rows ports.Matters, sides ports.MatterFields, f domain.FirmID, s domain.BulkScope) (list []domain.MatterID, err error) {
	q := s.Filter
	if q == nil {
		q = &domain.BulkFilter{}
	}
	var compare []projections.MatterRow // whose fields have to be compared, after the rows were read
	err = rows.EachMatter(f, func(r projections.MatterRow) bool {
		switch {
		case !r.Matter.Known || !BulkFits(*q, r):
		case q.Differs != nil:
			compare = append(compare, r)
		default:
			list = append(list, r.ID)
		}
		return true
	})
	for _, r := range compare {
		fields, fault := sides.MatterFields(r)
		if fault != nil {
			return nil, fault
		}
		differs := slices.ContainsFunc(fields, func(x projections.Field) bool { return x.State == projections.FieldDiffers })
		if differs == *q.Differs {
			list = append(list, r.ID)
		}
	}
	return list, err
}

// BulkFits reports whether the filter keeps the matter, whatever differs.
func BulkFits(q domain.BulkFilter, r projections.MatterRow) bool {
	since, err := time.Parse(time.RFC3339, q.UpdatedSince)
	return (q.Status == "" || hasState(r, q.Status)) && (q.CaseType == "" || domain.SameText(q.CaseType, r.Matter.Data.CaseType)) &&
		(q.UpdatedSince == "" || err != nil || !r.Told.Before(since))
}

func hasState(r projections.MatterRow, status string) bool {
	if status == domain.NotSynced {
		return r.Matter.Smokeball.ID == ""
	}
	return r.Matter.Data.Status == status || string(r.Status) == status
}

// BulkStatuses are the statuses by which a bulk sync's filter keeps matters.
func BulkStatuses() []string {
	return append([]string{domain.NotSynced, "active", "pending", "closed"}, Statuses()...)
}
