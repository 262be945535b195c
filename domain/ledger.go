package domain

import "time"

// LedgerSigned is the engine's signature under the ledger up to a position, with a key that
// is kept apart from it.
type LedgerSigned struct {
	Position  uint64 `json:"position"`
	Digest    string `json:"digest"` // of all events up to there, in hex
	Signature string `json:"signature"`
}

func (LedgerSigned) EventName() string { return "ledger.signed.v1" }

// Signed is how far the ledger was signed.
type Signed struct{ Last LedgerSigned }

// Apply returns how far it was signed after e.
func (s Signed) Apply(e Event, _ time.Time) Signed {
	if e, ok := e.(LedgerSigned); ok {
		s.Last = e
	}
	return s
}

// Sign decides to record a signature that reaches further than the last one.
func (s Signed) Sign(e LedgerSigned) []Event {
	if e.Position <= s.Last.Position {
		return nil
	}
	return []Event{e}
}
