package eventstore

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// record is an event in its stored form, without its position.
type record struct {
	stream  string
	version uint64
	at      time.Time
	name    string
	data    []byte
	sealed  bool // data is the sealed form
	hash    Hash
}

// seal returns the stored form of a commit's events, by stream, in the order in which they are
// written. It fails if the commit can never be written.
func seal(c Commit, s Sealer) ([]part, error) {
	if c.At.IsZero() {
		return nil, fmt.Errorf("stream %s: a commit needs its time", c.Stream)
	}
	var parts []part
	n := 0
	for _, next := range c.InOrder() {
		if n += len(next.Events); n > MaxEvents {
			return nil, fmt.Errorf("stream %s: a commit has at most %d events, this one %d or more: %w", c.Stream, MaxEvents, n, ErrTooLarge)
		}
		p, err := sealPart(Commit{Stream: next.Stream, Last: next.Last, At: c.At, Events: next.Events}, s)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(parts, func(q part) bool { return q.stream == p.stream }) {
			return nil, fmt.Errorf("stream %s: what is written before a commit belongs to another stream", p.stream)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// sealPart returns what a commit writes to its own stream, chained to its Last.
func sealPart(c Commit, s Sealer) (part, error) {
	stream := c.Stream.String()
	if _, err := domain.ParseStream(stream); err != nil {
		return part{}, err
	}
	if len(c.Events) == 0 {
		return part{}, fmt.Errorf("stream %s: a commit needs an event", stream)
	}
	records := make([]record, 0, len(c.Events))
	at := time.Unix(0, c.At.UnixNano()).UTC()
	prev, keys := c.Last, uint64(0)
	for _, e := range c.Events {
		name, data, err := domain.Marshal(e)
		if err != nil {
			return part{}, fmt.Errorf("stream %s: %w", stream, err)
		}
		if len(data) > MaxEventSize {
			return part{}, fmt.Errorf("stream %s: event %s has %d bytes, at most %d are stored: %w", stream, name, len(data), MaxEventSize, ErrTooLarge)
		}
		r := record{stream: stream, version: prev.Version + 1, at: at, name: name, data: data}
		needs, err := r.close(s, c.Stream, e)
		if err != nil {
			return part{}, err
		}
		keys = max(keys, needs)
		r.hash = Chain(prev.Hash, r.version, at, name, r.data)
		records = append(records, r)
		prev = Head{Version: r.version, Hash: r.hash}
	}
	return part{stream: stream, last: c.Last, records: records, keys: keys}, nil
}

// envelope reads the event at seq.
func (r record) envelope(seq Seq, s Sealer) (Envelope, error) {
	stream, err := domain.ParseStream(r.stream)
	if err != nil {
		return Envelope{}, damaged(seq, err.Error())
	}
	data, err := r.open(s, stream)
	if err != nil {
		return Envelope{}, fmt.Errorf("ledger position %d, stream %s version %d: %w", seq, r.stream, r.version, err)
	}
	event, err := domain.Unmarshal(r.name, data)
	if err != nil {
		return Envelope{}, fmt.Errorf("ledger position %d, stream %s version %d: %w", seq, r.stream, r.version, err)
	}
	return Envelope{Seq: seq, Stream: stream, Version: r.version, At: r.at, Event: event, Hash: r.hash, Sealed: r.sealed}, nil
}

// follow reads the event at seq, which has to continue stream after prev.
func (r record) follow(stream string, prev Head, seq Seq, s Sealer) (Envelope, error) {
	switch {
	case r.stream != stream:
		return Envelope{}, damaged(seq, fmt.Sprintf("it belongs to stream %s, not to %s", r.stream, stream))
	case r.version != prev.Version+1:
		return Envelope{}, damaged(seq, fmt.Sprintf("stream %s has version %d after %d", stream, r.version, prev.Version))
	case seq <= prev.Seq:
		return Envelope{}, damaged(seq, fmt.Sprintf("stream %s goes back from position %d", stream, prev.Seq))
	case r.hash != Chain(prev.Hash, r.version, r.at, r.name, r.data):
		return Envelope{}, damaged(seq, fmt.Sprintf("stream %s version %d: the hash chain is broken", stream, r.version))
	}
	return r.envelope(seq, s)
}

// lastOf returns the head of a stream whose records end at position last. The positions of one
// commit are consecutive.
func lastOf(records []record, last Seq) Head {
	r := records[len(records)-1]
	return Head{Seq: last, Version: r.version, Hash: r.hash}
}

const remedy = "stop the engine and restore the ledger from a backup"

// damaged is ErrDamaged with the place, the cause and the remedy.
func damaged(seq Seq, cause string) error {
	return fmt.Errorf("ledger position %d: %s: %w; %s", seq, cause, ErrDamaged, remedy)
}

// behind is ErrDamaged for a log that ends before a position that it had reached.
func behind(last, reached Seq, who string) error {
	return fmt.Errorf("the ledger ends at position %d, but %s has seen %d: %w; %s that reaches position %d",
		last, who, reached, ErrDamaged, remedy, reached)
}

// errUnknownOutcome marks an append whose answer was lost: its events may be there.
var errUnknownOutcome = errors.New("whether the events were written is not known; read the stream again")
