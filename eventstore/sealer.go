package eventstore

import (
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
)

// Sealer encrypts what events say of persons on the way to the ledger, and opens it again. The
// hash chain runs over the sealed form, so it holds when a key was destroyed.
type Sealer interface {
	// Seal returns the stored form of an event's data; ok is false where nothing had to be sealed.
	Seal(at Place, e domain.Event, data []byte) (stored []byte, ok bool, err error)
	// Open returns what Seal was given, without what no key opens any more.
	Open(at Place, stored []byte) (data []byte, err error)
}

// Place is where an event stands: what is sealed there opens nowhere else.
type Place struct {
	Stream  domain.Stream
	Version uint64
	Name    string // of the event
}

// close returns the stored form of an event's data.
func (r *record) close(s Sealer, stream domain.Stream, e domain.Event) (err error) {
	if s == nil {
		return nil
	}
	stored, ok, err := s.Seal(Place{stream, r.version, r.name}, e, r.data)
	if err != nil {
		return fmt.Errorf("stream %s: seal event %s: %w", r.stream, r.name, err)
	}
	if ok {
		r.data, r.sealed = stored, true
	}
	return nil
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
