package console

import (
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// outcomeBadge is the chip of an action's outcome.
func outcomeBadge(o domain.AuditOutcome) badge {
	if o == domain.AuditRefused {
		return badge{"bad", "bad", "Refused", false}
	}
	return badge{"ok", "ok", "Done", false}
}

// roleText is a role in people's words.
func roleText(r domain.Role) string {
	switch r {
	case domain.FirmAdmin:
		return "Firm admin"
	case domain.StandardUser:
		return "User"
	}
	return words.Capital(string(r))
}

// actionText is an action in people's words.
func actionText(a domain.Action) string {
	switch a {
	case domain.ActionAuthorize:
		return "Asked for a link to Smokeball"
	case domain.ActionConnect:
		return "Connect to Smokeball"
	case domain.ActionDisconnect:
		return "Disconnect Smokeball"
	case domain.ActionChangeSettings:
		return "Change the settings"
	case domain.ActionReviseMapping:
		return "Change a case type mapping"
	case domain.ActionRemoveMapping:
		return "Remove a case type mapping"
	case domain.ActionRegisterWebhooks:
		return "Register Webhooks"
	case domain.ActionRemoveWebhooks:
		return "Remove the webhook subscription"
	case domain.ActionRotateWebhooks:
		return "Rotate the webhook key"
	case domain.ActionTestWebhooks:
		return "Test the webhooks"
	case domain.ActionConfirmAccount:
		return "Connect another Smokeball account"
	case domain.ActionDropAccount:
		return "Stay with the Smokeball account before"
	case domain.ActionRebaseMatter:
		return "Let CaseHug’s changes of a matter count again"
	case domain.ActionRebaseClient:
		return "Let CaseHug’s changes of a client count again"
	case domain.ActionRequestSync:
		return "Sync to Smokeball"
	case domain.ActionCancelSync:
		return "Cancel a sync"
	case domain.ActionRetrySync:
		return "Retry a sync"
	case domain.ActionRetryDeadLetter:
		return "Retry a dead letter"
	case domain.ActionDiscardDeadLetter:
		return "Discard a dead letter"
	case "many":
		return "Many different things"
	}
	return readingText(a)
}

// readingText is the action of a page or answer, in people's words.
func readingText(a domain.Action) string {
	thing, verb, _ := strings.Cut(string(a), ".")
	thing = strings.ReplaceAll(thing, "_", " ")
	if verb == "read" {
		return "See: " + thing
	}
	return words.Capital(verb + " " + thing)
}
