package projections

import (
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// CaseTypeCount is how many of a firm's matters have a case type.
type CaseTypeCount struct {
	Newest  MatterRow // of them
	Number  int
	Waiting int // for a matter type
}

// CaseTypes counts a firm's matters by case type, practice area and place. It reads one matter of
// each.
func (v MatterRows) CaseTypes(firm domain.FirmID) (list []CaseTypeCount, err error) {
	err = v.view(func(tx *snapshot) error {
		for name, n := range caseTypesIn(countsIn(tx, Matters, string(firm))) {
			f, err := find(tx, Matters, string(firm), choice{lists: [][]string{{name}}, limit: 1})
			if err != nil {
				return err
			}
			if len(f.rows) > 0 {
				n.Newest = f.rows[0]
				list = append(list, *n)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b CaseTypeCount) int { return int(b.Newest.Position) - int(a.Newest.Position) })
	return list, err
}

// caseTypesIn adds the numbers up by the list of the case type.
func caseTypesIn(counts map[string]int) map[string]*CaseTypeCount {
	types := map[string]*CaseTypeCount{}
	for counted, k := range counts {
		before, name, known := strings.Cut(counted, typeSign)
		if !known {
			continue
		}
		n := types[name]
		if n == nil {
			n = &CaseTypeCount{}
			types[name] = n
		}
		n.Number += k
		if strings.HasPrefix(before, string(MatterWaiting)+causeSign+string(domain.CodeMatterTypeUnmapped)+causeSign) {
			n.Waiting += k
		}
	}
	return types
}
