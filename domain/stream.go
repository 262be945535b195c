package domain

import (
	"fmt"
	"strings"
	"time"
)

// Kind is the kind of an aggregate; it is the first word of a stream's name.
type Kind string

// The kinds of streams.
const (
	KindMatter     Kind = "matter"     // a CaseHug matter, its documents and its syncs
	KindClient     Kind = "client"     // a CaseHug client: its newest data and its contact
	KindContact    Kind = "contact"    // one person or company of a firm: at most one Smokeball contact
	KindRegister   Kind = "register"   // the clients who go by one e-mail address, or are one Smokeball contact
	KindConnection Kind = "connection" // a firm's connection to Smokeball
	KindCheck      Kind = "check"      // the daily looks at a firm's connection
	KindSettings   Kind = "settings"   // a firm's sync settings and case type mappings
	KindWebhook    Kind = "notice"     // the webhooks about one Smokeball resource
	KindDeadLetter Kind = "deadletter" // an event that could not be taken in
	KindAccount    Kind = "account"    // a Smokeball account: the one firm that is connected to it
	KindActivity   Kind = "activity"   // a task or an appointment of a linked matter
	KindObject     Kind = "object"     // an object of CaseHug's object store: the one firm whose document it is
	KindAudit      Kind = "audit"      // what was refused to people of a firm on one day
	KindDrift      Kind = "drift"      // the checks of what differs between both sides
	KindBulk       Kind = "bulk"       // many matters that are synced at once
	KindSweep      Kind = "sweep"      // the sweeps of a firm's Smokeball account
	KindEvent      Kind = "event"      // the id of an event of CaseHug: what was taken in under it
	KindErasure    Kind = "erasure"    // an erasure of a matter's or a client's data
	KindLink       Kind = "link"       // a matter of Smokeball's: the one CaseHug matter that it may be linked to
)

// KindRetention is the kind of the streams of how long a firm keeps things, and of what is no longer kept.
const KindRetention Kind = "retention"

// RetentionStream is the stream of how long a firm keeps things.
func RetentionStream(f FirmID) Stream { return Stream{KindRetention, f, ""} }

// ExpiryStream is the stream of what a firm no longer keeps since the day of at.
func ExpiryStream(f FirmID, at time.Time) Stream {
	return Stream{KindRetention, f, at.UTC().Format("20060102")}
}

// KindLedger is the kind of the one stream about the ledger itself.
const KindLedger Kind = "ledger"

// LedgerStream is the stream of the ledger's signatures.
func LedgerStream() Stream { return Stream{KindLedger, Nobody, ""} }

// Nobody stands where a stream belongs to no firm. No firm can have this id.
const Nobody FirmID = "~"

// Stream names one aggregate, such as matter.f_1.m_1001 or connection.f_1. Its
// text form is a valid NATS subject suffix.
type Stream struct {
	Kind Kind
	Firm FirmID
	ID   string // empty where a firm has one aggregate of the kind
}

// MatterStream is the stream of a CaseHug matter.
func MatterStream(f FirmID, m MatterID) Stream { return Stream{KindMatter, f, string(m)} }

// ClientStream is the stream of a CaseHug client.
func ClientStream(f FirmID, c ClientID) Stream { return Stream{KindClient, f, string(c)} }

// ContactStream is the stream of the person or company that key identifies.
func ContactStream(f FirmID, key ContactKey) Stream { return Stream{KindContact, f, string(key)} }

// RegisterStream is the stream of the clients who go by an e-mail address, or are a Smokeball
// contact, that key identifies.
func RegisterStream(f FirmID, key ContactKey) Stream { return Stream{KindRegister, f, string(key)} }

// ConnectionStream is the stream of a firm's connection.
func ConnectionStream(f FirmID) Stream { return Stream{KindConnection, f, ""} }

// CheckStream is the stream of the daily looks at a firm's connection: apart, because
// the connection is read with every sync.
func CheckStream(f FirmID) Stream { return Stream{KindCheck, f, ""} }

// SweepStream is the stream of the sweeps of a firm's Smokeball account.
func SweepStream(f FirmID) Stream { return Stream{KindSweep, f, ""} }

// SettingsStream is the stream of a firm's settings.
func SettingsStream(f FirmID) Stream { return Stream{KindSettings, f, ""} }

// WebhookStream is the stream of webhooks about one Smokeball resource.
func WebhookStream(f FirmID, resource string) Stream { return Stream{KindWebhook, f, resource} }

// DriftStream is the stream of a firm's checks of what differs.
func DriftStream(f FirmID) Stream { return Stream{KindDrift, f, ""} }

// DeadLetterStream is the stream of one event that could not be taken in.
func DeadLetterStream(f FirmID, id string) Stream { return Stream{KindDeadLetter, f, id} }

// ActivityStream is the stream of a task or an appointment in Smokeball.
func ActivityStream(f FirmID, resource SmokeballID) Stream {
	id := string(resource)
	if !ValidID(id) {
		id = shortHash(id)
	}
	return Stream{KindActivity, f, id}
}

// LinkStream is the stream of a Smokeball matter as the one that a CaseHug matter is linked to.
func LinkStream(f FirmID, matter SmokeballID) Stream {
	id := string(matter)
	if !ValidID(id) {
		id = shortHash(id)
	}
	return Stream{KindLink, f, id}
}

// BulkStream is the stream of a bulk sync.
func BulkStream(f FirmID, id BulkID) Stream { return Stream{KindBulk, f, string(id)} }

// ErasureStream is the stream of an erasure.
func ErasureStream(f FirmID, id EraseID) Stream { return Stream{KindErasure, f, string(id)} }

// ObjectStream is the stream of an object of CaseHug's object store, bucket/name.
func ObjectStream(object string) Stream { return Stream{KindObject, Nobody, shortHash(object)} }

// EventStream is the stream of an event's identity.
func EventStream(f FirmID, e EventRef) Stream { return Stream{KindEvent, f, shortHash(e.Source, e.ID)} }

// AccountStream is the stream of a Smokeball account.
func AccountStream(account string) Stream {
	if !ValidID(account) {
		account = shortHash(account)
	}
	return Stream{KindAccount, Nobody, account}
}

// AuditStream is the stream of what was refused to people of a firm on the day of at.
func AuditStream(f FirmID, at time.Time) Stream {
	return Stream{KindAudit, f, at.UTC().Format("20060102")}
}

// String is the stored name of the stream.
func (s Stream) String() string {
	if s.ID == "" {
		return string(s.Kind) + "." + string(s.Firm)
	}
	return string(s.Kind) + "." + string(s.Firm) + "." + s.ID
}

// ParseStream reads what String wrote.
func ParseStream(name string) (Stream, error) {
	parts := strings.Split(name, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Stream{}, fmt.Errorf("stream name %q: want kind.firm or kind.firm.id", name)
	}
	for i, p := range parts {
		if !ValidID(p) && (i != 1 || p != string(Nobody)) {
			return Stream{}, fmt.Errorf("stream name %q: part %q is not an id", name, p)
		}
	}
	s := Stream{Kind: Kind(parts[0]), Firm: FirmID(parts[1])}
	if len(parts) == 3 {
		s.ID = parts[2]
	}
	return s, nil
}

// HintStream is the stream of webhooks about a Smokeball resource, by its id.
func HintStream(f FirmID, id SmokeballID) Stream {
	if ValidID(string(id)) {
		return WebhookStream(f, string(id))
	}
	return WebhookStream(f, DeadLetterID("resource", []byte(id)))
}
