package console

import (
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// bulkBadge is the chip of a bulk sync's status.
func bulkBadge(s domain.BulkStatus) badge {
	switch s {
	case domain.BulkEstimating:
		return badge{"info", "run", "Estimating", true}
	case domain.BulkRunning:
		return badge{"info", "run", "Running", true}
	case domain.BulkPaused:
		return badge{"warn", "pause", "Paused", false}
	case domain.BulkDone:
		return badge{"ok", "ok", "Done", false}
	}
	return badge{"mute", "cancel", words.Capital(string(s)), false}
}

// bulkResultBadge is the chip of what came of a matter.
func bulkResultBadge(r domain.BulkResult) badge {
	switch r {
	case domain.BulkSucceeded:
		return badge{"ok", "ok", "Succeeded", false}
	case domain.BulkSame:
		return badge{"mute", "skip", "Same already", false}
	case domain.BulkFailed:
		return badge{"bad", "bad", "Failed", false}
	case domain.BulkWaits:
		return badge{"warn", "wait", "Waiting", false}
	case domain.BulkUndecided:
		return badge{"warn", "alert", "To decide", false}
	case domain.BulkNotThere:
		return badge{"mute", "skip", "Not in Smokeball", false}
	}
	return badge{"info", "queue", "Not started", false}
}
