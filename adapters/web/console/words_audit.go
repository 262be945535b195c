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

// actionTexts are the actions in people's words.
var actionTexts = map[domain.Action]string{
	domain.ActionAuthorize:         "Start a connection to Smokeball",
	domain.ActionConnect:           "Connect to Smokeball",
	domain.ActionDisconnect:        "Disconnect Smokeball",
	domain.ActionChangeSettings:    "Change the settings",
	domain.ActionChangeRetention:   "Change how long things are kept",
	domain.ActionReviseMapping:     "Change a case type mapping",
	domain.ActionRemoveMapping:     "Remove a case type mapping",
	domain.ActionRegisterWebhooks:  "Register Webhooks",
	domain.ActionRemoveWebhooks:    "Remove the webhook subscription",
	domain.ActionRotateWebhooks:    "Rotate the webhook key",
	domain.ActionTestWebhooks:      "Test the webhooks",
	domain.ActionConfirmAccount:    "Connect another Smokeball account",
	domain.ActionDropAccount:       "Keep the previous Smokeball account",
	domain.ActionRebaseMatter:      "Let CaseHug’s changes of a matter count again",
	domain.ActionEraseMatter:       "Erase the data of a matter",
	domain.ActionEraseClient:       "Erase the data of a client",
	domain.ActionRebaseClient:      "Let CaseHug’s changes of a client count again",
	domain.ActionLinkMatter:        "Link a matter to one in Smokeball",
	domain.ActionUnlinkMatter:      "Unlink a matter from Smokeball",
	domain.ActionStartBulk:         "Start a bulk sync",
	domain.ActionPauseBulk:         "Pause a bulk sync",
	domain.ActionResumeBulk:        "Resume a bulk sync",
	domain.ActionCancelBulk:        "Cancel a bulk sync",
	domain.ActionRequestSync:       "Sync to Smokeball",
	domain.ActionCancelSync:        "Cancel a sync",
	domain.ActionRetrySync:         "Retry a sync",
	domain.ActionRetryDeadLetter:   "Retry a dead letter",
	domain.ActionDiscardDeadLetter: "Discard a dead letter",
	domain.ActionCheckDrift:        "Check for differences",
	domain.ActionAcceptField:       "Accept Smokeball’s value",
	domain.ActionRepairField:       "Write CaseHug’s value to Smokeball",
	"many":                         "Several actions",
}

// actionText is an action in people's words.
func actionText(a domain.Action) string {
	if text, ok := actionTexts[a]; ok {
		return text
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
