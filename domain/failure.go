package domain

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Code is a stable word for what went wrong; programs may switch on it.
type Code string

// The codes of failures and waits.
const (
	CodeNotConnected            Code = "not_connected"
	CodeReauthorizationRequired Code = "reauthorization_required"
	CodeMatterUnknown           Code = "matter_unknown"
	CodeMatterTypeUnmapped      Code = "matter_type_unmapped"
	CodeDocumentUnavailable     Code = "document_unavailable"
	CodeDocumentMismatch        Code = "document_mismatch"
	CodeSmokeballRefused        Code = "smokeball_refused"
	CodeSmokeballUnavailable    Code = "smokeball_unavailable"
	CodeMisconfigured           Code = "misconfigured"
	CodeAllowanceExceeded       Code = "allowance_exceeded"
	CodeNotConfirmed            Code = "not_confirmed"
	CodeMatterGone              Code = "matter_gone"
	CodeMatterUnlinked          Code = "matter_unlinked"          // a person unlinked it, and nobody has said since what it is to become
	CodeAlreadyLinked           Code = "already_linked"           // the CaseHug matter is linked to one of Smokeball's
	CodeNotLinked               Code = "not_linked"               //
	CodeLinkedElsewhere         Code = "linked_elsewhere"         // Smokeball's matter is linked to another CaseHug matter
	CodeSmokeballMatterUnknown  Code = "smokeball_matter_unknown" // the connected account has none of that id
	CodeSyncRunning             Code = "sync_running"             //
	CodeCreationOpen            Code = "creation_open"            // whether Smokeball made a matter is not known yet
	CodeClientChoiceRequired    Code = "client_choice_required"   // Smokeball's matter has other clients
	CodeContactTaken            Code = "contact_taken"            // the contact is another client's
	CodeInvalidEvent            Code = "invalid_event"
	CodeEventNotHandled         Code = "event_not_handled"
	CodeEventGone               Code = "event_gone"
	CodeEventIDUsed             Code = "event_id_used"
	CodeDiscarded               Code = "discarded"
	CodeTakenIn                 Code = "taken_in"
	CodeInvalidRequest          Code = "invalid_request"
	CodeNotFound                Code = "not_found"
	CodeForbidden               Code = "forbidden"
	CodeNotSignedIn             Code = "not_signed_in"
	CodeAuthorizationExpired    Code = "authorization_expired"
	CodeAuthorizationDenied     Code = "authorization_denied"
	CodeAuthorizationUsed       Code = "authorization_used"
	CodeAuthorizationReplaced   Code = "authorization_replaced"
	CodeAuthorizationForeign    Code = "authorization_foreign"
	CodeWrongIssuer             Code = "wrong_issuer"
	CodeRevocationNotOffered    Code = "revocation_not_offered"
	CodeAccountInUse            Code = "account_in_use"
	CodeAccountNotPending       Code = "account_not_pending"
	CodeNoWebhooks              Code = "no_webhooks"
	CodeWebhooksLost            Code = "webhooks_lost"
	CodeWebhooksSilent          Code = "webhooks_silent"
	CodeNotRetryable            Code = "not_retryable"
	CodeNotCancellable          Code = "not_cancellable"
	CodeMappingTaken            Code = "mapping_taken"
	CodeTooManyMappings         Code = "too_many_mappings"
	CodeSettingsChanged         Code = "settings_changed"
	CodeBusFull                 Code = "bus_full"
	CodeNoDifference            Code = "no_difference"
	CodeChangedMeanwhile        Code = "changed_meanwhile"
	CodeRepairUnderWay          Code = "repair_under_way"
	CodeNotRepairable           Code = "not_repairable"
	CodeSettledBefore           Code = "settled_before"
	CodeContactShared           Code = "contact_shared"
	CodeContactGone             Code = "contact_gone"
	CodeBulkNotOpen             Code = "bulk_sync_not_open"
	CodeIdempotencyKeyUsed      Code = "idempotency_key_used"
	CodeErased                  Code = "erased"            // its data were erased
	CodeLedgerNotSealed         Code = "ledger_not_sealed" // what was written before can't be erased
	CodeNotRunning              Code = "not_running"       // no engine runs on the data directory
	CodeKeyInUse                Code = "key_in_use"        // the master key is needed
	CodeInternal                Code = "internal"
)

// Failure is what could not be done, and why. Facts hold its fault and what it is about;
// internal/wording makes the message and the remedy of them where people read it.
type Failure struct {
	Code  Code   `json:"code"`
	Fault Fault  `json:"fault,omitempty"`
	About *About `json:"about,omitempty"`
	// Message and Remedy are in facts of older ledgers, and in what is answered at once and
	// never stored.
	Message   string   `json:"message,omitempty"`
	Remedy    string   `json:"remedy,omitempty"`
	Smokeball *Refusal `json:"smokeball,omitempty"` // Smokeball's own words, whole
}

// String is the failure in a log: people read what internal/wording makes of it.
func (f Failure) String() string { return cmp.Or(f.Message, string(f.Fault), string(f.Code)) }

// With is the failure, about more than before: f changes a copy of what it is about.
func (f Failure) With(change func(*About)) Failure {
	about := About{}
	if f.About != nil {
		about = *f.About
	}
	change(&about)
	f.About = &about
	return f
}

// Refusal is Smokeball's own answer, kept for the operator.
type Refusal struct {
	Status    int       `json:"status,omitempty"` // HTTP status; 0: said by a webhook
	Title     string    `json:"title,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Errors    []string  `json:"errors,omitempty"`
	RequestID RequestID `json:"request_id,omitempty"`
}

// longestLine is the most characters of what a person reads in one line.
const longestLine = 300

// Line is all of it in one line for a person: the detail, or else the title, followed by what
// the errors add. "": Smokeball said nothing.
func (r *Refusal) Line() string {
	if r == nil {
		return ""
	}
	var parts []string
	for _, text := range append([]string{cmp.Or(r.Detail, r.Title)}, r.Errors...) {
		text = strings.TrimRight(text, ".; ")
		if text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	line := []rune(strings.Join(parts, "; "))
	if len(line) <= longestLine {
		return string(line)
	}
	return string(line[:longestLine-1]) + "…"
}

// Class says what may be done after a call to the outside failed.
type Class int

// The classes of failed calls.
const (
	Permanent    Class = iota + 1 // the same call would fail again
	Retryable                     // the same call may go through later
	SignIn                        // a firm admin has to authorize CaseHug again
	Allowance                     // Smokeball's rate limit; the call was not processed
	NotThere                      // 404: unknown, or accepted and not yet there
	NotPermitted                  // 403 or lacking scope: the account does not allow it
)

// CallError is the one error that calls to Smokeball and to document sources
// return. Adapters decide Class once; handlers only look at it.
type CallError struct {
	Op      string // what was attempted, such as "create matter"
	Class   Class
	Failure Failure
	// Unsettled reports that the call may have had its effect: the answer was lost,
	// cut off, or a server error. What it creates must be looked for before it is
	// asked for again.
	Unsettled bool
	After     time.Duration // wait at least this long before the next try; 0: the answer names none
	NotSent   bool          // no call was made: others failed before it, and After is all that it has to wait
	Setting   string        // the engine's setting that the failure points to; "": none
	Err       error         // the cause, for operators
}

func (e *CallError) Error() string {
	s := e.Op + ": " + e.Failure.String()
	if e.Err != nil {
		s += fmt.Sprintf(" (%v)", e.Err)
	}
	return s
}

func (e *CallError) Unwrap() error { return e.Err }

// AsCallError finds the CallError in err's chain, or nil.
func AsCallError(err error) *CallError {
	var ce *CallError
	if errors.As(err, &ce) {
		return ce
	}
	return nil
}

// IsNotThere reports whether err says that a resource is unknown or not yet there.
func IsNotThere(err error) bool {
	ce := AsCallError(err)
	return ce != nil && ce.Class == NotThere
}

// Reason says why a command of a person was not carried out.
type Reason int

// The reasons.
const (
	Unknown  Reason = iota + 1 // there is no such thing, or it is another firm's
	Invalid                    // the command's own values are wrong
	Conflict                   // the state of things does not allow it now
	Expired                    // its time is over
	Denied                     // the caller may not do it
)

// Rejection is the error of a command that was not carried out. Nothing was changed.
type Rejection struct {
	Reason  Reason
	Failure Failure
	Faults  []FieldFault // what is wrong with which field, where that is the cause
}

func (r *Rejection) Error() string { return r.Failure.String() }

// AsRejection finds the Rejection in err's chain, or nil.
func AsRejection(err error) *Rejection {
	var r *Rejection
	if errors.As(err, &r) {
		return r
	}
	return nil
}
