package console

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
	"github.com/casehug/smokeball-sync/projections"
)

// TestWhatASkippedSyncSays: a sync that wrote nothing says that Smokeball has everything only where it has.
func TestWhatASkippedSyncSays(t *testing.T) {
	for _, c := range []struct {
		why           domain.SkipReason
		happened, end string
	}{
		{domain.SkippedSame, "Smokeball already has this", "Nothing to send: Smokeball has this already"},
		{domain.SkippedWarned, "Nothing was left to write; see the warnings", ""},
		{domain.SkippedDiffers, wording.Skipped(domain.SkippedDiffers), ""},
	} {
		at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		e := projections.Entry{Status: domain.Skipped, FinishedAt: &at, Steps: []projections.EntryStep{
			{Name: domain.StepContact, Outcome: domain.OutcomeUnchanged, Detail: "client c_77"},
			{Name: domain.StepMatter, Outcome: domain.OutcomeUnchanged, Detail: wording.Skipped(c.why)}}}
		if got := happened(e); got != c.happened {
			t.Errorf("%s: the history says %q, want %q", c.why, got, c.happened)
		}
		if got := endText(e, at); got != c.end {
			t.Errorf("%s: the matter's page says %q, want %q", c.why, got, c.end)
		}
	}
}
