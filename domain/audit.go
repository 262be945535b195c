package domain

import "time"

// Action is a stable word for what somebody asked for, such as settings.change.
type Action string

// The actions of which facts say who did them.
const (
	ActionAuthorize         Action = "connection.authorize" // a link to Smokeball's consent page
	ActionConnect           Action = "connection.connect"   // what came of the link
	ActionDisconnect        Action = "connection.disconnect"
	ActionChangeSettings    Action = "settings.change"
	ActionReviseMapping     Action = "mapping.revise"
	ActionRemoveMapping     Action = "mapping.remove"
	ActionRegisterWebhooks  Action = "webhooks.register"
	ActionRemoveWebhooks    Action = "webhooks.remove"
	ActionRotateWebhooks    Action = "webhooks.rotate"
	ActionTestWebhooks      Action = "webhooks.test"
	ActionConfirmAccount    Action = "connection.confirm"
	ActionDropAccount       Action = "connection.drop"
	ActionRebaseMatter      Action = "matter.rebase"
	ActionRebaseClient      Action = "client.rebase"
	ActionLinkMatter        Action = "matter.link"
	ActionUnlinkMatter      Action = "matter.unlink"
	ActionRequestSync       Action = "sync.request"
	ActionRetrySync         Action = "sync.retry"
	ActionCancelSync        Action = "sync.cancel"
	ActionStartBulk         Action = "bulk.start"
	ActionPauseBulk         Action = "bulk.pause"
	ActionResumeBulk        Action = "bulk.resume"
	ActionCancelBulk        Action = "bulk.cancel"
	ActionRetryDeadLetter   Action = "dead_letter.retry"
	ActionDiscardDeadLetter Action = "dead_letter.discard"
	ActionEraseMatter       Action = "matter.erase"
	ActionEraseClient       Action = "client.erase"
	ActionCheckDrift        Action = "drift.check"
	ActionAcceptField       Action = "field.accept"
	ActionRepairField       Action = "field.repair"
	ActionChangeRetention   Action = "retention.change"
)

// RequestRefused says that somebody of the firm asked for what they were not given. The
// same refusal again within a minute is counted: an event of the same Since tells how
// often.
type RequestRefused struct {
	Actor  string    `json:"actor"`          // sub of their token
	Name   string    `json:"name,omitempty"` // as their token has it
	Role   Role      `json:"role,omitempty"`
	Action Action    `json:"action"`
	Target string    `json:"target,omitempty"` // the id that was asked for
	Code   Code      `json:"code"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"` // of the first one
	Times  int       `json:"times"` // that this event stands for
}

func (RequestRefused) EventName() string { return "audit.refused.v1" }

// Key names the refusal and its repetitions among those of the firm.
func (r RequestRefused) Key() string {
	return shortHash(r.Since.UTC().Format(time.RFC3339Nano), r.Actor, string(r.Action), r.Target, string(r.Code))
}

// AuditOutcome says what came of what somebody asked for.
type AuditOutcome string

// The outcomes of audit entries.
const (
	AuditDone    AuditOutcome = "done"
	AuditRefused AuditOutcome = "refused"
)

// AuditEntry is what somebody asked for, and what came of it.
type AuditEntry struct {
	Actor   string // sub of their token; empty: not known
	Name    string // as the token told it, where the fact keeps it
	Role    Role   // empty: the fact does not tell
	Action  Action
	Target  string
	Code    Code     // of a refusal; empty: it was done
	Reason  string   // of a refusal, where the fact has it in words
	Failure *Failure // of a refusal, where the fact has it in codes
	Times   int
}

// Outcome is done, unless the action has the code of a refusal.
func (d AuditEntry) Outcome() AuditOutcome {
	if d.Code == "" {
		return AuditDone
	}
	return AuditRefused
}

// AuditEntryOf is the action that an event of a stream proves; most events prove none. What only
// firm admins may do was done by one.
func AuditEntryOf(s Stream, e Event) (AuditEntry, bool) {
	d, ok := manages(e)
	if !ok {
		d, ok = settles(s, e)
	}
	if !ok {
		d, ok = rebases(s, e)
	}
	if !ok {
		d, ok = reconciles(s, e)
	}
	if !ok {
		d, ok = bulks(s, e)
	}
	if e, erases := e.(EraseRequested); erases {
		d, ok = e.audited(), true
	}
	if ok && d.Actor != Operator {
		d.Role = FirmAdmin
	}
	switch e := e.(type) {
	case SyncRequested:
		d, ok = asked(s, e)
	case SyncJoined:
		d, ok = AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRequestSync, Target: s.ID}, authenticated(e.Proof, e.Origin)
	case SyncReleased:
		d, ok = AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRetrySync, Target: s.ID}, e.Reason == ReleasedByPerson
	case SyncCancelled:
		d, ok = AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionCancelSync, Target: s.ID}, true
	case RequestRefused:
		return AuditEntry{Actor: e.Actor, Name: e.Name, Role: e.Role, Action: e.Action, Target: e.Target, Code: e.Code, Reason: e.Reason, Times: e.Times}, true
	}
	d.Times = 1
	return d, ok && d.Actor != ""
}

// manages is what firm admins do to the connection, the settings and the mappings.
func manages(e Event) (AuditEntry, bool) {
	switch e := e.(type) {
	case AuthorizationStarted:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionAuthorize}, true
	case AuthorizationFailed:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionConnect, Code: e.Failure.Code, Failure: &e.Failure}, true
	case ConnectionAuthorized:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionConnect, Target: e.Account.ID}, true
	case Disconnected:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionDisconnect}, true
	case WebhooksRegistered:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRegisterWebhooks, Target: e.Subscription}, true
	case WebhooksRemoved:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRemoveWebhooks, Target: e.Subscription}, true
	case WebhooksRestored:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRegisterWebhooks, Target: e.Subscription}, true
	case WebhookRotationStarted:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRotateWebhooks}, true
	case WebhooksTested:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionTestWebhooks, Target: e.Subscription}, true
	case AccountConfirmed:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionConfirmAccount, Target: e.Account.ID}, true
	case AccountDropped:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionDropAccount, Target: e.Account.ID}, true
	case SettingsChanged:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionChangeSettings}, true
	case RetentionChanged:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionChangeRetention}, true
	case MappingRevised:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionReviseMapping, Target: string(e.Mapping.ID)}, true
	case MappingRemoved:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRemoveMapping, Target: string(e.ID)}, true
	}
	return AuditEntry{}, false
}

// settles is what firm admins, and operators in their place, do to dead letters.
func settles(s Stream, e Event) (AuditEntry, bool) {
	switch e := e.(type) {
	case DeadLetterRetried:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRetryDeadLetter, Target: s.ID, Code: e.Code, Reason: "The event is still not accepted"}, true
	case DeadLetterSettled:
		action := ActionRetryDeadLetter
		if e.State == DeadLetterDiscarded {
			action = ActionDiscardDeadLetter
		}
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: action, Target: s.ID}, true
	}
	return AuditEntry{}, false
}

// rebases is how firm admins mend the versions and the links of matters and clients.
func rebases(s Stream, e Event) (AuditEntry, bool) {
	switch e := e.(type) {
	case MatterRebased:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRebaseMatter, Target: s.ID}, true
	case ClientRebased:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRebaseClient, Target: s.ID}, true
	case MatterLinked:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionLinkMatter, Target: s.ID}, e.By != ""
	case MatterUnlinked:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionUnlinkMatter, Target: s.ID}, e.By != ""
	}
	return AuditEntry{}, false
}

// reconciles is what firm admins decide about differences, not what their setting decides.
func reconciles(s Stream, e Event) (AuditEntry, bool) {
	d, ok := decides(s, e)
	return d, ok && d.Actor != BySetting
}

func decides(s Stream, e Event) (AuditEntry, bool) {
	switch e := e.(type) {
	case DriftCheckAsked:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionCheckDrift, Target: string(e.Matter)}, true
	case DifferenceAccepted:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionAcceptField, Target: s.ID + " " + e.Field}, true
	case ClientDifferenceAccepted:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionAcceptField, Target: string(e.Matter) + " " + e.Field}, true
	case RepairAsked:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRepairField, Target: s.ID + " " + e.Field}, true
	}
	return AuditEntry{}, false
}

// bulks is what firm admins do to bulk syncs.
func bulks(s Stream, e Event) (AuditEntry, bool) {
	switch e := e.(type) {
	case BulkStarted:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionStartBulk, Target: s.ID}, true
	case BulkSyncPaused:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionPauseBulk, Target: s.ID}, true
	case BulkResumed:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionResumeBulk, Target: s.ID}, true
	case BulkSyncCancelled:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionCancelBulk, Target: s.ID}, true
	}
	return AuditEntry{}, false
}

// asked is a sync that a person asked for.
func asked(s Stream, e SyncRequested) (AuditEntry, bool) {
	if !authenticated(e.Proof, e.Origin) {
		return AuditEntry{}, false
	}
	switch e.Trigger {
	case TriggerManual:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRequestSync, Target: s.ID}, true
	case TriggerRetry:
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionRetrySync, Target: s.ID}, true
	}
	return AuditEntry{}, false
}

// APISource is the source of what people ask for over the API and in the console.
const APISource = "/api"

// authenticated reports whether it is known who asked.
func authenticated(p AskProof, origin EventRef) bool {
	return p == AskedByToken || p == "" && (origin == EventRef{} || origin.Source == APISource)
}
