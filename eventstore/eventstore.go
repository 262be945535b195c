// Package eventstore is the ledger: an append-only log of domain events, grouped in
// streams. Store is its contract; Bolt (one machine) and JetStream (a cluster)
// implement it, and nothing above knows which one it has. Execute is the one way to
// change an aggregate: read, fold, decide, append, again on conflict.
//
// An acknowledged event is on disk. What is read back is checked: versions without
// gaps and a hash chain in each stream, no gap in the log, and a high-water mark kept
// apart from it, so that a ledger which has lost events is noticed (ErrDamaged).
package eventstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Seq is a position in the log: the one number for order and checkpoints. It grows;
// it may have gaps. 0 is before the first event.
type Seq uint64

// Envelope is a stored event with its place in the log.
type Envelope struct {
	Seq     Seq
	Stream  domain.Stream
	Version uint64    // place in the stream: 1, 2, 3 … without gaps
	At      time.Time // when it was decided, UTC
	Event   domain.Event
	Hash    Hash // chains the stream: see Chain
}

// Head is what the envelope makes of its stream: what the next commit builds on.
func (e Envelope) Head() Head { return Head{Seq: e.Seq, Version: e.Version, Hash: e.Hash} }

// Hash is a link of a stream's hash chain.
type Hash [sha256.Size]byte

// Head is the newest event of a stream; zero for a stream without events.
type Head struct {
	Seq     Seq
	Version uint64
	Hash    Hash
}

// Commit is what a writer requires to append to one stream.
type Commit struct {
	Stream domain.Stream
	Last   Head // the stream's newest event, as Read or Append gave it
	At     time.Time
	Events []domain.Event
	// First is what another stream must hold before this one is written: a claim that makes
	// no difference while it stands alone. Its own At and First do not count. nil: nothing.
	First *Commit
}

// ErrConflict says that the stream has moved on since the writer read it.
var ErrConflict = errors.New("eventstore: the stream has newer events")

// ErrDamaged says that the ledger is not what was written: a version is missing, the
// hash chain is broken, or the log ends before a position it had reached. Nothing may
// be decided on such a ledger.
var ErrDamaged = errors.New("eventstore: the ledger is damaged")

// ErrTooLarge says that a commit has more events, or a larger one, than the ledger
// takes. The same commit would be refused again.
var ErrTooLarge = errors.New("eventstore: more than the ledger takes at once")

// ErrClosed says that the store was closed.
var ErrClosed = errors.New("eventstore: the ledger is closed")

// The limits of a commit. Both kinds of ledger have the same, so that a ledger can be
// copied from one to the other.
const (
	MaxEvents    = 500     // events of one commit
	MaxEventSize = 900_000 // bytes of one event's stored form
)

// Store is an append-only log. Implementations must pass eventstoretest.Run.
type Store interface {
	// Append writes c.Events in order, all or none, provided that c.Last is still the
	// newest event of c.Stream; otherwise it returns ErrConflict and writes nothing.
	// c.First, under the same condition for its own stream, is written before c.Events or
	// together with them; an Append that fails may leave it without them. What exceeds the limits of a commit is ErrTooLarge, and nothing is written. It
	// returns the new head of c.Stream. When it returns nil the events survive a power
	// failure. After any other error the events may or may not be there: read again.
	Append(ctx context.Context, c Commit) (Head, error)
	// Read yields the events of one stream, oldest first, and ErrDamaged where the
	// stored stream is not whole.
	Read(ctx context.Context, s domain.Stream) iter.Seq2[Envelope, error]
	// Tail yields every event after seq in log order, then waits for more until ctx
	// ends, which ends the sequence without an error. A log that ends before after, or
	// has a hole, yields ErrDamaged.
	Tail(ctx context.Context, after Seq) iter.Seq2[Envelope, error]
}

// Chain is the hash of an event that follows prev in its stream: SHA-256 over the
// previous hash, the version, the time (Unix nanoseconds), the length of the name, the
// name and the data.
func Chain(prev Hash, version uint64, at time.Time, name string, data []byte) Hash {
	h := sha256.New()
	h.Write(prev[:])
	var n [8]byte
	for _, v := range []uint64{version, uint64(at.UnixNano()), uint64(len(name))} {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	h.Write([]byte(name))
	h.Write(data)
	return Hash(h.Sum(nil))
}
