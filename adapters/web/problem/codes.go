package problem

import (
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// The codes of problems that only callers of the API and readers of the console have.
const (
	CodeConflict         domain.Code = "conflict"
	CodeExpired          domain.Code = "expired"
	CodeNotCaughtUp      domain.Code = "not_caught_up"           // the views do not have the answer in time
	CodeCrossOrigin      domain.Code = "cross_origin"            // another site submitted the form
	CodeTooManyRequests  domain.Code = "too_many_requests"       // a budget is exceeded
	CodeTooManyStreams   domain.Code = "too_many_streams"        //
	CodeMethodNotAllowed domain.Code = "method_not_allowed"      //
	CodeNotReady         domain.Code = "not_ready"               // the engine can't take work yet
	CodeNoKeys           domain.Code = "idempotency_unavailable" // a call's key can't be put on record now
	CodeLinkUsed         domain.Code = "code_used"               // of a sign-in link
	CodeBackupRunning    domain.Code = "backup_running"          // one backup at a time
)

// codes are all codes that a problem may have. The API's description lists them, so that
// generated clients can switch on them.
var codes = []domain.Code{
	domain.CodeNotConnected,
	domain.CodeReauthorizationRequired,
	domain.CodeMatterUnknown,
	domain.CodeMatterTypeUnmapped,
	domain.CodeDocumentUnavailable,
	domain.CodeDocumentMismatch,
	domain.CodeSmokeballRefused,
	domain.CodeSmokeballUnavailable,
	domain.CodeMisconfigured,
	domain.CodeAllowanceExceeded,
	domain.CodeNotConfirmed,
	domain.CodeMatterGone,
	domain.CodeMatterUnlinked,
	domain.CodeAlreadyLinked,
	domain.CodeNotLinked,
	domain.CodeLinkedElsewhere,
	domain.CodeSmokeballMatterUnknown,
	domain.CodeSyncRunning,
	domain.CodeCreationOpen,
	domain.CodeClientChoiceRequired,
	domain.CodeContactTaken,
	domain.CodeInvalidEvent,
	domain.CodeEventNotHandled,
	domain.CodeEventGone,
	domain.CodeEventIDUsed,
	domain.CodeDiscarded,
	domain.CodeTakenIn,
	domain.CodeInvalidRequest,
	domain.CodeNotFound,
	domain.CodeForbidden,
	domain.CodeNotSignedIn,
	domain.CodeAuthorizationExpired,
	domain.CodeAuthorizationDenied,
	domain.CodeAuthorizationUsed,
	domain.CodeAuthorizationReplaced,
	domain.CodeAuthorizationForeign,
	domain.CodeWrongIssuer,
	domain.CodeRevocationNotOffered,
	domain.CodeAccountInUse,
	domain.CodeAccountNotPending,
	domain.CodeNoWebhooks,
	domain.CodeWebhooksLost,
	domain.CodeWebhooksSilent,
	domain.CodeNotRetryable,
	domain.CodeNotCancellable,
	domain.CodeMappingTaken,
	domain.CodeTooManyMappings,
	domain.CodeSettingsChanged,
	domain.CodeBusFull,
	domain.CodeNoDifference,
	domain.CodeChangedMeanwhile,
	domain.CodeRepairUnderWay,
	domain.CodeNotRepairable,
	domain.CodeSettledBefore,
	domain.CodeContactShared,
	domain.CodeContactGone,
	domain.CodeBulkNotOpen,
	domain.CodeIdempotencyKeyUsed,
	domain.CodeErased,
	domain.CodeLedgerNotSealed,
	domain.CodeNotRunning,
	domain.CodeKeyInUse,
	domain.CodeInternal,
	CodeConflict, CodeExpired, CodeNotCaughtUp, CodeCrossOrigin, CodeTooManyRequests, CodeTooManyStreams, CodeMethodNotAllowed, CodeNotReady, CodeNoKeys, CodeLinkUsed, CodeBackupRunning,
}

// Codes are all codes that a problem may have, in alphabetical order.
func Codes() []domain.Code { return slices.Sorted(slices.Values(codes)) }
