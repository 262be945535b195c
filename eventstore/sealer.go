package eventstore

import (
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
)

// Sealer encrypts what events say of persons on the way to the ledger, and opens it again. The
// hash chain runs over the sealed form, so it holds when a key was destroyed.
type Sealer interface {
	// Seal returns the stored form of an event's data. It may be stored once its keys are settled.
	Seal(at Place, e domain.Event, data []byte) (Sealed, error)
	// Settle returns when the keys up to those are durable: an event is never stored before its key.
	Settle(keys uint64) error
	// Open returns what Seal was given, without what no key opens any more.
	Open(at Place, stored []byte) (data []byte, err error)
}

// Sealed is what Seal returns.
type Sealed struct {
	Data []byte // nil: nothing had to be sealed
	Keys uint64 // what has to be settled; 0: nothing
}

// Place is where an event stands: what is sealed there opens nowhere else.
type Place struct {
	Stream  domain.Stream
	Version uint64
	Name    string // of the event
}

// close puts the stored form of an event's data into the record, and returns the keys that it needs.
func (r *record) close(s Sealer, stream domain.Stream, e domain.Event) (keys uint64, err error) {
	if s == nil {
		return 0, nil
	}
	stored, err := s.Seal(Place{stream, r.version, r.name}, e, r.data)
	if err != nil {
		return 0, fmt.Errorf("stream %s: seal event %s: %w", r.stream, r.name, err)
	}
	if stored.Data != nil {
		r.data, r.sealed = stored.Data, true
	}
	return stored.Keys, nil
}

// open returns an event's data.
func (r record) open(s Sealer, stream domain.Stream) ([]byte, error) {
	switch {
	case !r.sealed:
		return r.data, nil
	case s == nil:
		return nil, fmt.Errorf("the event is sealed, and this program has opened no keys")
	}
	return s.Open(Place{stream, r.version, r.name}, r.data)
}
