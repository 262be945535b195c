package syncing

import (
	"cmp"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// sorted puts what people wait for first, then the oldest.
func sorted(list []domain.Due) []domain.Due {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b domain.Due) int {
		return cmp.Or(cmp.Compare(rank(a.Trigger), rank(b.Trigger)), a.Since.Compare(b.Since))
	})
	return list
}

// rank is 0 for what a person asked for, 1 for the rest.
func rank(t domain.Trigger) int {
	if t == domain.TriggerManual || t == domain.TriggerRetry {
		return 0
	}
	return 1
}
