package domain_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// Whatever both sides set, the setting has a field written over five values for one value of
// CaseHug's and no more, and over none of them twice.
func TestTheSettingNeverWritesWithoutEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := given[domain.Matter](synced(asSent)...)
		over := map[string][]string{} // by CaseHug's value
		for range rapid.IntRange(1, 60).Draw(t, "changes") {
			if rapid.IntRange(0, 9).Draw(t, "whose") == 0 {
				m.Data.Title = rapid.SampledFrom([]string{"Ours", "Ours again"}).Draw(t, "title")
				continue
			}
			d := domain.Difference{Field: domain.FieldTitle, CaseHug: m.Data.Title, Smokeball: rapid.StringMatching("Theirs [a-h]").Draw(t, "theirs")}
			_, facts, err := m.Repair(d, "s_1", domain.User{Subject: domain.BySetting})
			before := slices.Contains(over[d.CaseHug], d.Smokeball) || len(over[d.CaseHug]) >= 5
			if err != nil {
				if !before {
					t.Fatalf("%q is not written over %q, only over %q", d.CaseHug, d.Smokeball, over[d.CaseHug])
				}
				if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeSettledBefore || r.Failure.Remedy == "" {
					t.Fatal(err)
				}
				if _, _, err := m.Repair(d, "s_1", domain.User{Subject: "u_1"}); err != nil {
					t.Fatalf("a person can't decide: %v", err)
				}
				continue
			}
			if before {
				t.Fatalf("%q is written over %q, after %q", d.CaseHug, d.Smokeball, over[d.CaseHug])
			}
			over = map[string][]string{d.CaseHug: append(over[d.CaseHug], d.Smokeball)}
			for _, f := range facts {
				m = m.Apply(f, sampleTime)
			}
		}
	})
}
