package domain

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// FirmID names a law firm in CaseHug.
type FirmID string

// MatterID names a matter in CaseHug.
type MatterID string

// ClientID names a client in CaseHug.
type ClientID string

// DocumentID names a document in CaseHug.
type DocumentID string

// SyncID names one sync: one entry of the sync history.
type SyncID string

// SmokeballID names a resource in Smokeball (a matter, contact or file): a UUID.
type SmokeballID string

// RequestID is sent with a call to Smokeball, which returns it in the answer and
// in every webhook that the call caused.
type RequestID string

// ValidID reports whether s may be a firm, matter, client or document id:
// 1 to 64 of the characters A-Z a-z 0-9 _ -.
func ValidID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// EventRef is the identity of a CloudEvent: the same pair twice is one event.
type EventRef struct {
	Source string `json:"source"`
	ID     string `json:"id"`
}

// SyncIDFor derives the id of the sync that an event asks for, so that the event
// delivered again asks for the same sync.
func SyncIDFor(firm FirmID, matter MatterID, origin EventRef) SyncID {
	return SyncID("s_" + shortHash(string(firm), string(matter), origin.Source, origin.ID))
}

// shortHash is 16 characters of base32 over the SHA-256 of the parts.
func shortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10])
}

// NewRequestID derives the request id of one call of one sync. It has the form of a
// UUID, as Smokeball's own examples have, and differs with every part.
func NewRequestID(parts ...string) RequestID {
	b := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return RequestID(fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]))
}
