package domain

import (
	"errors"
	"slices"
	"time"
)

// ObjectClaimed says that a firm's event named an object of CaseHug's object store first. It
// is in ledgers of November 2026 and earlier, and means nothing any more: names can be
// guessed.
type ObjectClaimed struct {
	Firm FirmID `json:"firm"`
}

func (ObjectClaimed) EventName() string { return "object.claimed.v1" }

// ObjectProved says that a firm's document carried the digest of an object that bears no
// firm's mark, and that the object's bytes had it.
type ObjectProved struct {
	Firm   FirmID `json:"firm"`
	SHA256 string `json:"sha256"` // lower-case hex
}

func (ObjectProved) EventName() string { return "object.proved.v1" }

// Object is an unmarked object of CaseHug's object store and the firms that have proved
// that it is their document. All firms share the store.
type Object struct {
	proved []FirmID
}

// Apply returns the object after e.
func (o Object) Apply(e Event, _ time.Time) Object {
	if p, ok := e.(ObjectProved); ok && !slices.Contains(o.proved, p.Firm) {
		o.proved = append(slices.Clone(o.proved), p.Firm)
	}
	return o
}

// Prove decides that the firm has proved the object to be its document.
func (o Object) Prove(f FirmID, sha256 string) []Event {
	if slices.Contains(o.proved, f) {
		return nil
	}
	return []Event{ObjectProved{Firm: f, SHA256: sha256}}
}

// Others reports whether other firms, and not this one, have proved that the object is theirs.
func (o Object) Others(f FirmID) bool { return len(o.proved) > 0 && !slices.Contains(o.proved, f) }

// Why an object is not read for a firm's document.
var (
	ErrOthersObject = errors.New("the object is another firm's")
	ErrNotProved    = errors.New("nothing shows that the object is this firm's")
	ErrOtherBytes   = errors.New("the object has another SHA-256 than the document")
)

// ObjectEntry is what the object store says of an object.
type ObjectEntry struct {
	Firm   FirmID // whose it is; "": it bears no mark
	SHA256 string // lower-case hex; "": not told
}

// ObjectQuestion is a firm's request to read an object for a document.
type ObjectQuestion struct {
	Firm    FirmID
	SHA256  string // of the document; "": not told
	Vouched bool   // a publisher who serves all firms named the object for this one
}

// Allows decides whether the object is read. The mark decides where there is one. Without
// it, who knows the digest knows the document; without a digest, only a publisher who serves
// all firms can say whose it is. Where the engine learns the digest only from the
// bytes, their reader compares it.
func (e ObjectEntry) Allows(q ObjectQuestion) error {
	switch {
	case e.Firm != "" && e.Firm != q.Firm:
		return ErrOthersObject
	case e.Firm != "":
		return nil
	case q.SHA256 != "" && e.SHA256 != "" && e.SHA256 != q.SHA256:
		return ErrOtherBytes
	case q.SHA256 == "" && !q.Vouched:
		return ErrNotProved
	}
	return nil
}
