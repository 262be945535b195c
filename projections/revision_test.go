package projections

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// TestARevisionNeverHidesAChange plays batches being written and replacements, with reads at every
// point: rows that were read under a steady revision are those of now as long as it is the same.
func TestARevisionNeverHidesAChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newViews("", &MemoryKeys{})
		firms := []domain.FirmID{"f_1", "f_2"}
		rows := map[domain.FirmID]int{} // what the file has
		type read struct {
			mark string
			row  int
		}
		seen := map[domain.FirmID][]read{}
		look := func() {
			for _, f := range firms {
				mark, steady := v.Changed.Revision(f)
				row := rows[f]
				if now, still := v.Changed.Revision(f); !steady || !still || now != mark {
					continue
				}
				for _, r := range seen[f] {
					if r.mark == mark && r.row != row {
						t.Fatalf("the rows of %s are %d, and were %d under the same revision %s", f, row, r.row, mark)
					}
				}
				seen[f] = append(seen[f], read{mark, row})
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "batches") {
			of := map[domain.FirmID]struct{}{}
			for _, f := range firms {
				if rapid.Bool().Draw(t, string(f)) {
					of[f] = struct{}{}
				}
			}
			written := of
			if rapid.IntRange(0, 5).Draw(t, "replaced") == 0 {
				of = nil // all rows
			}
			look()
			v.revisions.begin(of)
			look()
			for _, f := range firms {
				if _, ok := written[f]; ok || of == nil {
					rows[f]++
				}
			}
			look()
			v.revisions.end(of)
			look()
		}
	})
}
