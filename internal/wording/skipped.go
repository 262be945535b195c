package wording

import "github.com/casehug/smokeball-sync/domain"

// Skipped says why a sync found nothing to do. The reason of an older ledger is a sentence.
func Skipped(why domain.SkipReason) string {
	switch why {
	case domain.SkippedSame:
		return "Smokeball already has this"
	case domain.SkippedDiffers:
		return "CaseHug has nothing new to send, and people have changed the matter or its client in Smokeball: its fields say what differs"
	case domain.SkippedWarned:
		return "Nothing was left to write; see the warnings"
	}
	return string(why)
}
