// Package eventstore is the ledger: an append-only log of domain events, grouped in
// streams. Store is its contract; Bolt (one machine) and JetStream (a cluster) implement it, and
// their users do not depend on either. Execute is the one way to change an aggregate: read, fold,
// decide and append, and retry on a conflict.
//
// An acknowledged event is on disk. Reads check that each stream has versions without gaps and an
// unbroken hash chain, and that the log has no hole. A high-water mark apart from the log reveals
// a ledger that has lost events at its end (ErrDamaged).
package eventstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
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
	Hash    Hash // links the event to the one before it in the stream: see Chain
	Sealed  bool // a Sealer sealed what it says of persons
}

// Head returns the stream's head after this event, on which the next commit builds.
func (e Envelope) Head() Head { return Head{Seq: e.Seq, Version: e.Version, Hash: e.Hash} }

// Hash is a link of a stream's hash chain.
type Hash [sha256.Size]byte

// Head is the newest event of a stream; zero for a stream without events.
type Head struct {
	Seq     Seq
	Version uint64
	Hash    Hash
}

// Commit is what a writer appends to one stream.
type Commit struct {
	Stream domain.Stream
	Last   Head // the stream's newest event, as Read or Append gave it
	At     time.Time
	Events []domain.Event
	// First is a commit to another stream that must be written before this one: a claim that has
	// no effect without this one, or a fact to which this one refers. Its own First is written
	// before it; its own At is ignored. nil: none.
	First *Commit
}

// InOrder returns what an Append of c writes, c itself last.
func (c Commit) InOrder() []Commit {
	list := []Commit{c}
	for c.First != nil {
		c = *c.First
		list = append(list, c)
	}
	slices.Reverse(list)
	return list
}

// ErrConflict says that the stream has newer events than the writer has read.
var ErrConflict = errors.New("eventstore: the stream has newer events")

// ErrDamaged says that the ledger is not what was written: a version is missing, the hash chain
// is broken, or the log ends before a position that it had reached. The engine must not decide
// anything from such a ledger.
var ErrDamaged = errors.New("eventstore: the ledger is damaged")

// ErrTooLarge says that a commit exceeds MaxEvents or MaxEventSize. A retry would fail again.
var ErrTooLarge = errors.New("eventstore: more than the ledger takes at once")

// ErrClosed says that the store was closed.
var ErrClosed = errors.New("eventstore: the ledger is closed")

// The limits of a commit. Both kinds of ledger have the same, so that a ledger can be
// copied from one to the other.
const (
	MaxEvents    = 500     // events of one commit
	MaxEventSize = 900_000 // bytes of one event's stored form
)

// ErrHeld says that another process holds the ledger's file.
var ErrHeld = errors.New("eventstore: another process holds the ledger")

// Store is an append-only log. Implementations must pass eventstoretest.Run.
type Store interface {
	// Append writes c.Events in order, all or none, provided that c.Last is still the
	// newest event of c.Stream; otherwise it returns ErrConflict and writes nothing. The newer event
	// may be another writer's that is not written yet, so that Read does not show it; and a cluster
	// whose leader changes may refuse an event with nothing in its place.
	// c.First, under the same condition for its own stream, is written before c.Events or
	// together with them; an Append that fails may have written only c.First, or only what
	// c.First has before it. A commit that
	// exceeds the limits is ErrTooLarge and writes nothing. Append returns the new head of
	// c.Stream. After a nil error the events survive a power failure. After any other error the
	// events may or may not have been written: read again.
	Append(ctx context.Context, c Commit) (Head, error)
	// Read yields the events of one stream, oldest first, and ErrDamaged if the stored stream
	// is not intact. It has every event that was acknowledged, or that a Tail of the same Store
	// yielded, before it began. One exception: while a cluster's leader changes, the old or the
	// new one may answer with less; an Append that builds on that is ErrConflict.
	Read(ctx context.Context, s domain.Stream) iter.Seq2[Envelope, error]
	// Tail yields every event after seq in log order, then waits for more until ctx
	// ends, which ends the sequence without an error. A log that ends before after, or
	// has a hole, yields ErrDamaged.
	Tail(ctx context.Context, after Seq) iter.Seq2[Envelope, error]
}

// KindReader is a ledger that reads what it has of one firm alone. Implementations must pass
// eventstoretest.Run.
type KindReader interface {
	// ReadKind yields the events of a firm's streams of a kind that have an id: each stream's oldest
	// first, the streams in any order. It has every event that was acknowledged before it began, and
	// yields ErrDamaged if one of the streams is not intact. What other firms have costs it nothing.
	ReadKind(ctx context.Context, k domain.Kind, f domain.FirmID) iter.Seq2[Envelope, error]
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
