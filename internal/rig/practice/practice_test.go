package practice_test

import (
	"bytes"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/practice"
)

// TestThePracticeHoldsWhatTheStoryNeeds keeps the people, papers and corrections consistent.
func TestThePracticeHoldsWhatTheStoryNeeds(t *testing.T) {
	matters := map[domain.MatterID]domain.MatterData{}
	for _, m := range practice.Matters() {
		matters[m.ID] = m
	}
	for _, p := range practice.DocumentsOf() {
		if _, ok := matters[p.Matter]; !ok || !bytes.HasPrefix(p.Bytes(), []byte("%PDF-")) {
			t.Errorf("document %s is no PDF, or belongs to %s, which is no matter of the practice", p.ID, p.Matter)
		}
		if p.Matter == practice.ByHand {
			t.Errorf("%s has a document", practice.ByHand)
		}
	}
	for _, m := range []domain.MatterData{practice.Corrected(), practice.Closed()} {
		if was := matters[m.ID]; m.Version != was.Version+1 || m.Title != was.Title {
			t.Errorf("%+v does not follow %+v", m, was)
		}
	}
	if got, want := practice.Wanted(), (practice.Tally{Matters: 6, Contacts: 5, Files: 8}); got != want {
		t.Errorf("the practice has %+v, want %+v", got, want)
	}
}
