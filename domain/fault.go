package domain

import "strings"

// Fault is the stable word of one way in which something fails. A code says for programs which
// kind of failure it is; a fault has a message and a remedy of its own in internal/wording.
type Fault string

// The faults of a firm's connection.
const (
	FaultNotConnected       Fault = "not_connected"
	FaultAccessRemoved      Fault = "access_removed"
	FaultAuthorizationEnded Fault = "authorization_ended"
	FaultOtherAccount       Fault = "other_account"      // the sign-in that is kept is for another one
	FaultSignInUnreadable   Fault = "sign_in_unreadable" // in the engine's own store
	FaultAccountInUse       Fault = "account_in_use"
	FaultNoOwnApp           Fault = "no_own_app"
)

// The faults of an attempt to connect.
const (
	FaultLinkExpired         Fault = "link_expired"
	FaultLinkUsed            Fault = "link_used"
	FaultLinkReplaced        Fault = "link_replaced"
	FaultOtherBrowser        Fault = "other_browser"
	FaultNoLongerAdmin       Fault = "no_longer_admin"
	FaultAccountDeclined     Fault = "account_declined"
	FaultAccountUnanswered   Fault = "account_unanswered"
	FaultOtherIssuer         Fault = "other_issuer"
	FaultConsentDenied       Fault = "consent_denied"
	FaultConsentNotGiven     Fault = "consent_not_given"
	FaultConsentFailed       Fault = "consent_failed"        // Smokeball: OAuth's word
	FaultConsentNotExchanged Fault = "consent_not_exchanged" // Cause, where a call said so
	FaultCodeEnded           Fault = "code_ended"
)

// The faults of webhooks, and of what a disconnect leaves behind.
const (
	FaultNoWebhooks         Fault = "no_webhooks"
	FaultWebhooksSilent     Fault = "webhooks_silent" // Value: the address
	FaultWebhooksGone       Fault = "webhooks_gone"
	FaultWebhooksNotRenewed Fault = "webhooks_not_renewed" // Cause, where a call said so
	FaultAppStillAllowed    Fault = "app_still_allowed"    // Cause
	FaultLeftUnreached      Fault = "left_unreached"
)

// The faults of a sync.
const (
	FaultMatterNotAnnounced  Fault = "matter_not_announced"
	FaultTypeUnmapped        Fault = "type_unmapped"         // Name: of the case, Nearest
	FaultMappedTypeGone      Fault = "mapped_type_gone"      // Name, Value: the type, Mapping, Was: its case, Nearest
	FaultNotConfirmed        Fault = "not_confirmed"         // Thing, Resource, Seconds
	FaultContactNotConfirmed Fault = "contact_not_confirmed" // Resource, Seconds: it is looked for once more
	FaultContactMissing      Fault = "contact_missing"       // Resource
	FaultFileDeleted         Fault = "file_deleted"          // File
	FaultMatterGone          Fault = "matter_gone"           // Resource
	FaultMatterUnlinked      Fault = "matter_unlinked"       // by a firm admin
	FaultErased              Fault = "erased"                // Client: whose data were erased; "": the matter's
	FaultFolderNeverShown    Fault = "folder_never_shown"    // Value: its name
	FaultRefusedLate         Fault = "refused_late"          // Thing, Smokeball
	FaultEngine              Fault = "engine"
	FaultSpool               Fault = "spool"
)

// The faults of calls to Smokeball. Each has Op.
const (
	FaultCallAbandoned   Fault = "call_abandoned" // before it was sent
	FaultNoSlot          Fault = "no_slot"
	FaultMalformed       Fault = "malformed_request"
	FaultRedirected      Fault = "redirected"     // Value: the host
	FaultOutage          Fault = "outage"         // Since, Until: the next look
	FaultUnreachable     Fault = "unreachable"    // Setting, where it may be wrong
	FaultNoAnswer        Fault = "no_answer"      // Seconds
	FaultEndlessAnswer   Fault = "endless_answer" // Seconds
	FaultBrokeOff        Fault = "broke_off"      // before the answer
	FaultUnreadable      Fault = "unreadable"     // the answer
	FaultNotAllowed      Fault = "not_allowed"    // Smokeball
	FaultRefused         Fault = "refused"        // Smokeball
	FaultNotThere        Fault = "not_there"      // Smokeball
	FaultTokenRefused    Fault = "token_refused"  // right after it was renewed
	FaultServer          Fault = "server"         // Status
	FaultNotSmokeball    Fault = "not_smokeball"  // Status: what answers in its place
	FaultAllowanceUsedUp Fault = "allowance_used_up"
	FaultTooMany         Fault = "too_many" // entries in a list
)

// The faults of Smokeball's sign-in. Each has Op.
const (
	FaultSignInBusy         Fault = "sign_in_busy"
	FaultSignInServer       Fault = "sign_in_server" // Status
	FaultSignInUnanswered   Fault = "sign_in_unanswered"
	FaultSignInEnded        Fault = "sign_in_ended"
	FaultNoRevocation       Fault = "no_revocation"
	FaultRevocationRefused  Fault = "revocation_refused"  // Status
	FaultAppRefused         Fault = "app_refused"         // Setting, Smokeball: the API refuses the key
	FaultRequestRefused     Fault = "request_refused"     // Setting, Smokeball
	FaultRedirectUnknown    Fault = "redirect_unknown"    // Setting
	FaultScopeRefused       Fault = "scope_refused"       // Setting
	FaultCredentialsRefused Fault = "credentials_refused" // Setting
	FaultAppUnknown         Fault = "app_unknown"         // Setting, Smokeball
	FaultConsentRefused     Fault = "consent_refused"     // Setting, Smokeball: it does not take the request for consent
)

// The faults of an upload to Smokeball.
const (
	FaultUploadServer   Fault = "upload_server"  // Status
	FaultUploadRefused  Fault = "upload_refused" // Status
	FaultUploadExpired  Fault = "upload_expired"
	FaultUploadBrokeOff Fault = "upload_broke_off"
	FaultCutShort       Fault = "cut_short"    // the document on its way
	FaultOtherLength    Fault = "other_length" // Size, Limit: than was announced
)

// The faults of a document's source. Each has File.
const (
	FaultOtherBucket       Fault = "other_bucket"
	FaultNoObjectStore     Fault = "no_object_store"
	FaultOthersObject      Fault = "others_object"
	FaultObjectNotProved   Fault = "object_not_proved"
	FaultObjectMissing     Fault = "object_missing" // Until, while it is awaited
	FaultObjectDamaged     Fault = "object_damaged"
	FaultObjectStoreSilent Fault = "object_store_silent"
	FaultTooLarge          Fault = "too_large" // Limit
	FaultAddressUnreadable Fault = "address_unreadable"
	FaultNotHTTPS          Fault = "not_https"
	FaultOtherPort         Fault = "other_port"
	FaultManyRedirects     Fault = "many_redirects"
	FaultNotPublic         Fault = "not_public"
	FaultEncodingWrong     Fault = "encoding_wrong"
	FaultEncodingUnknown   Fault = "encoding_unknown"
	FaultHostSilent        Fault = "host_silent"
	FaultHostDown          Fault = "host_down"
	FaultHostSlow          Fault = "host_slow"
	FaultHostWithholds     Fault = "host_withholds"
	FaultHostNoDocument    Fault = "host_no_document"
	FaultDocumentGone      Fault = "document_gone"
	FaultSourceBrokeOff    Fault = "source_broke_off"
	FaultOtherBytes        Fault = "other_bytes"  // of an object, of which nothing more may be told
	FaultOtherSize         Fault = "other_size"   // Size, Limit: than was approved
	FaultLonger            Fault = "longer"       // Limit: than was approved
	FaultOtherDigest       Fault = "other_digest" // Value, Was: how the digest begins, and the approved one
)

// The calls that somebody who connects a firm waits for, and that which ends a sign-in, as
// facts have them.
const (
	OpFinishSignIn  = "finish_sign-in"
	OpConnectOwnApp = "connect_the_firm's_own_app"
	OpAskConsent    = "ask_for_consent"
	OpEndSignIn     = "end_sign-in"
)

// Connects reports whether somebody waits for the call, in order to connect.
func Connects(op string) bool {
	return op == OpFinishSignIn || op == OpConnectOwnApp || op == OpAskConsent
}

// OpOf is a call in a fact: create matter is create_matter.
func OpOf(op string) string { return strings.ReplaceAll(op, " ", "_") }

// SettingPrivateApps is the engine's setting that holds the firms' own apps.
const SettingPrivateApps = "SMOKEBALL_PRIVATE_APPS_FILE"

// DocumentBucket is the one bucket of the bus's object store that documents may come from.
const DocumentBucket = "casehug-documents"
