package web

import (
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// mark is a state as a chip shows it: an icon and a word, never colour alone.
type mark struct {
	Class string // ok, info, warn, bad or mute
	Icon  string
	Word  string
	Spin  bool
}

// syncMark is the chip of a sync's status.
func syncMark(s domain.Status) mark {
	switch s {
	case domain.Queued:
		return mark{"info", "queue", "Queued", false}
	case domain.Running:
		return mark{"info", "run", "Running", true}
	case domain.Confirming:
		return mark{"info", "conf", "Confirming", false}
	case domain.Waiting:
		return mark{"warn", "wait", "Waiting", false}
	case domain.Succeeded:
		return mark{"ok", "ok", "Succeeded", false}
	case domain.Failed:
		return mark{"bad", "bad", "Failed", false}
	case domain.Skipped:
		return mark{"mute", "skip", "Skipped", false}
	case domain.Cancelled:
		return mark{"mute", "cancel", "Cancelled", false}
	}
	return mark{"mute", "cancel", capital(string(s)), false}
}

// connectionMark is the chip of a connection's status.
func connectionMark(s domain.ConnectionStatus) mark {
	switch s {
	case domain.StatusConnected:
		return mark{"ok", "ok", "Connected", false}
	case domain.StatusAuthorizing:
		return mark{"info", "run", "Connecting", true}
	case domain.StatusReauthorizeSoon:
		return mark{"warn", "alert", "Sign in again soon", false}
	case domain.StatusReauthorizationRequired:
		return mark{"bad", "bad", "Sign-in needed", false}
	case domain.StatusRevoked:
		return mark{"bad", "cancel", "Access removed", false}
	case domain.StatusError:
		return mark{"warn", "alert", "Not answering", false}
	}
	return mark{"mute", "queue", "Not connected", false}
}

// webhooksMark is the chip of a subscription's status.
func webhooksMark(status string) mark {
	switch status {
	case "active":
		return mark{"ok", "ok", "Active", false}
	case "lost":
		return mark{"warn", "alert", "Lost", false}
	}
	return mark{"mute", "queue", "Not registered", false}
}

// fieldMark is the chip of a field's state.
func fieldMark(state string) mark {
	switch state {
	case stateSame:
		return mark{"ok", "ok", "Same", false}
	case stateAccepted:
		return mark{"info", "conf", "Accepted", false}
	case stateLinked:
		return mark{"ok", "ok", "On the contact", false}
	case stateEmpty:
		return mark{"mute", "minus", "Nothing to send", false}
	}
	return mark{"info", "arrow", "Not sent yet", false}
}

// documentMark is the chip of a document's state.
func documentMark(state string) mark {
	switch state {
	case documentConfirmed:
		return mark{"ok", "ok", "In Smokeball", false}
	case documentUploaded:
		return mark{"info", "conf", "Uploaded, confirming", false}
	case documentAnnounced:
		return mark{"info", "run", "Uploading", false}
	case documentFailed:
		return mark{"bad", "bad", "Not sent", false}
	}
	return mark{"info", "arrow", "Not sent yet", false}
}

// matterMark is the chip of a matter in a list.
func matterMark(m MatterSummary) mark {
	if m.Sync.Status == nil {
		if m.Smokeball.ID == nil {
			return mark{"mute", "minus", "CaseHug only", false}
		}
		return mark{"ok", "ok", "In step", false}
	}
	switch s := *m.Sync.Status; s {
	case domain.Succeeded, domain.Skipped:
		return mark{"ok", "ok", "In step", false}
	default:
		return syncMark(s)
	}
}

// momentMark is the icon of a moment in a timeline, with the class of its row.
func momentMark(event string) mark {
	switch {
	case event == domain.SyncFailed{}.EventName(), event == domain.DocumentFailed{}.EventName():
		return mark{Class: "no", Icon: "bad"}
	case event == domain.SyncDeferred{}.EventName():
		return mark{Class: "hold", Icon: "wait"}
	case event == domain.SyncRequested{}.EventName():
		return mark{Class: "on", Icon: "queue"}
	case event == domain.DocumentApproved{}.EventName():
		return mark{Class: "off", Icon: "file"}
	case strings.HasPrefix(event, "matter."):
		return mark{Class: "off", Icon: "user"}
	}
	return mark{Icon: "ok"}
}

// stepMark is the icon of a step, with the class of its row.
func stepMark(o domain.Outcome) mark {
	switch o {
	case domain.OutcomeFailed:
		return mark{Class: "no", Icon: "bad"}
	case domain.OutcomeUnchanged:
		return mark{Class: "off", Icon: "minus"}
	case domain.OutcomeAccepted:
		return mark{Class: "on", Icon: "conf"}
	}
	return mark{Icon: "ok"}
}
