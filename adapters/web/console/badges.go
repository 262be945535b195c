package console

import (
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// badge is a state: an icon and a word, never only a colour.
type badge struct {
	Class string // ok, info, warn, bad or mute
	Icon  string
	Word  string
	Spin  bool
}

// syncBadge is the chip of a sync's status.
func syncBadge(s domain.Status) badge {
	switch s {
	case domain.Queued:
		return badge{"info", "queue", "Queued", false}
	case domain.Running:
		return badge{"info", "run", "Running", true}
	case domain.Confirming:
		return badge{"info", "conf", "Confirming", false}
	case domain.Waiting:
		return badge{"warn", "wait", "Waiting", false}
	case domain.Succeeded:
		return badge{"ok", "ok", "Succeeded", false}
	case domain.Failed:
		return badge{"bad", "bad", "Failed", false}
	case domain.Skipped:
		return badge{"mute", "skip", "Skipped", false}
	case domain.Cancelled:
		return badge{"mute", "cancel", "Cancelled", false}
	}
	return badge{"mute", "cancel", words.Capital(string(s)), false}
}

// connectionBadge is the chip of a connection's status.
func connectionBadge(s domain.ConnectionStatus) badge {
	switch s {
	case domain.StatusConnected:
		return badge{"ok", "ok", "Connected", false}
	case domain.StatusAuthorizing:
		return badge{"info", "run", "Connecting", true}
	case domain.StatusReauthorizeSoon:
		return badge{"warn", "alert", "Sign in again soon", false}
	case domain.StatusReauthorizationRequired:
		return badge{"bad", "bad", "Sign-in needed", false}
	case domain.StatusRevoked:
		return badge{"bad", "cancel", "Access removed", false}
	case domain.StatusError:
		return badge{"warn", "alert", "Not answering", false}
	}
	return badge{"mute", "queue", "Not connected", false}
}

// webhooksBadge is the chip of a subscription's status.
func webhooksBadge(status string) badge {
	switch status {
	case "active":
		return badge{"ok", "ok", "Active", false}
	case "lost":
		return badge{"warn", "alert", "Lost", false}
	}
	return badge{"mute", "queue", "Not registered", false}
}

// fieldBadge is the chip of a field's state.
func fieldBadge(state projections.FieldState) badge {
	switch state {
	case projections.FieldSame:
		return badge{"ok", "ok", "Same", false}
	case projections.FieldDiffers:
		return badge{"warn", "alert", "Differs", false}
	case projections.FieldAccepted:
		return badge{"info", "conf", "Accepted", false}
	case projections.FieldChanging:
		return badge{"info", "run", "Changed in Smokeball, being read", false}
	case projections.FieldUnknown:
		return badge{"mute", "minus", "Not read yet", false}
	case projections.FieldEmpty:
		return badge{"mute", "minus", "Nothing to send", false}
	}
	return badge{"info", "arrow", "Not sent yet", false}
}

// documentBadge is the chip of a document's state.
func documentBadge(state string) badge {
	switch state {
	case reading.DocumentConfirmed:
		return badge{"ok", "ok", "In Smokeball", false}
	case reading.DocumentUploaded:
		return badge{"info", "conf", "Uploaded, confirming", false}
	case reading.DocumentAnnounced:
		return badge{"info", "run", "Uploading", false}
	case reading.DocumentRemoved:
		return badge{"warn", "differs", "Removed in Smokeball", false}
	case reading.DocumentFailed:
		return badge{"bad", "bad", "Not sent", false}
	}
	return badge{"info", "arrow", "Not sent yet", false}
}

// matterBadge is the chip of a matter in a list: in sync is said of what was read, or written and
// confirmed.
func matterBadge(m reading.MatterSummary) badge {
	switch m.State {
	case projections.MatterChanging:
		return fieldBadge(projections.FieldChanging)
	case projections.MatterUndecided:
		return badge{"warn", "alert", "To decide", false}
	case projections.MatterOnlyHere:
		return badge{"mute", "minus", "CaseHug only", false}
	case projections.MatterDiffers:
		return badge{"warn", "differs", "Differs", false}
	case projections.MatterUnread:
		return badge{"mute", "minus", "Not read yet", false}
	case projections.MatterInSync:
		return badge{"ok", "ok", "In sync", false}
	}
	return syncBadge(*m.Sync.Status)
}

// matterReason is the chip's reason, in about three words.
func matterReason(m reading.MatterSummary) string {
	switch {
	case m.State == projections.MatterUndecided:
		return "which matter it is"
	case m.State == projections.MatterDiffers:
		return differing(m.Differs)
	case m.Sync.Error != nil:
		return reason(m.Sync.Status, m.Sync.Error.Code)
	}
	return ""
}

// differing names the field that differs, or says how many do.
func differing(fields []string) string {
	if len(fields) == 1 {
		return strings.ToLower(fieldText(fields[0]))
	}
	return words.Plural(len(fields), "field")
}

// momentBadge is the icon of a moment in a timeline, with the class of its row.
func momentBadge(event string) badge {
	switch {
	case event == domain.SyncFailed{}.EventName(), event == domain.DocumentFailed{}.EventName():
		return badge{Class: "no", Icon: "bad"}
	case event == domain.SyncDeferred{}.EventName():
		return badge{Class: "hold", Icon: "wait"}
	case event == domain.SyncRequested{}.EventName():
		return badge{Class: "on", Icon: "queue"}
	case event == domain.DocumentApproved{}.EventName():
		return badge{Class: "off", Icon: "file"}
	case strings.HasPrefix(event, "matter."):
		return badge{Class: "off", Icon: "user"}
	}
	return badge{Icon: "ok"}
}

// stepBadge is the icon of a step, with the class of its row.
func stepBadge(o domain.Outcome) badge {
	switch o {
	case domain.OutcomeFailed:
		return badge{Class: "no", Icon: "bad"}
	case domain.OutcomeUnchanged:
		return badge{Class: "off", Icon: "minus"}
	case domain.OutcomeAccepted:
		return badge{Class: "on", Icon: "conf"}
	}
	return badge{Icon: "ok"}
}
