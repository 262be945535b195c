package eventstore

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Loss is an event that the ledger no longer has as it was written.
type Loss struct {
	Seq     Seq    // 0: not known, since the event is missing
	Stream  string // "": not known, since the event can't be read
	Version uint64
	Why     string
}

func (l Loss) String() string {
	switch {
	case l.Stream == "":
		return fmt.Sprintf("position %d: %s", l.Seq, l.Why)
	case l.Seq == 0:
		return fmt.Sprintf("stream %s version %d: %s", l.Stream, l.Version, l.Why)
	}
	return fmt.Sprintf("position %d, stream %s version %d: %s", l.Seq, l.Stream, l.Version, l.Why)
}

// OpenBoltDamaged opens a ledger for reading whatever its end and its mark are, for Losses.
func OpenBoltDamaged(path string, o BoltOptions) (*Bolt, error) {
	db, err := openFile(path, true)
	if err != nil {
		return nil, err
	}
	b := &Bolt{path: path, seals: o.Seals}
	b.db.Store(db)
	return b, nil
}

// Losses reads a damaged ledger position by position, and names each event that is missing, can't
// be read or is not what was written: by its position, and by its stream and version where other
// events of the stream tell them.
func (b *Bolt) Losses(ctx context.Context) ([]Loss, error) {
	heads, end := b.heads(ctx)
	marked, err := readMark(markPath(b.path))
	if err == nil {
		end = max(end, marked)
	}
	l := losses{heads: map[string]Head{}}
	for at := Seq(1); at <= end && ctx.Err() == nil; at++ {
		r, err := b.recordAt(ctx, at)
		if err != nil {
			l.add(Loss{Seq: at, Why: cause(err)})
			continue
		}
		l.follow(at, r)
		if _, err := r.envelope(at, b.seals); err != nil {
			l.add(Loss{Seq: at, Stream: r.stream, Version: r.version, Why: err.Error()})
		}
	}
	l.ends(heads)
	return l.list, ctx.Err()
}

// heads returns the heads of all streams as far as they can be read, and the last position that
// any head or record names.
func (b *Bolt) heads(ctx context.Context) (heads map[string]Head, end Seq) {
	heads = map[string]Head{}
	_ = b.view(ctx, func(tx *bolt.Tx) error { // what can't be read, the log tells
		c := tx.Bucket([]byte(bucketHeads)).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if h, err := decodeHead(v); err == nil {
				heads[string(k)], end = h, max(end, h.Seq)
			}
		}
		return nil
	})
	if last, err := b.Last(ctx); err == nil {
		end = max(end, last)
	}
	return heads, end
}

func (b *Bolt) recordAt(ctx context.Context, at Seq) (r record, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) error {
		value := tx.Bucket([]byte(bucketLog)).Get(encodeSeq(at))
		if value == nil {
			return errMissing
		}
		if r, err = decodeRecord(value); err == nil {
			r.data = append([]byte(nil), r.data...)
		}
		return err
	})
	return r, err
}

var errMissing = errors.New("it is missing")

// cause is what is wrong with an event, without the remedy, which is said once.
func cause(err error) string {
	if errors.Is(err, ErrDamaged) {
		return "its page is damaged"
	}
	return err.Error()
}

// losses follows all streams side by side.
type losses struct {
	heads map[string]Head // the newest event of each stream so far
	list  []Loss
}

func (l *losses) add(loss Loss) { l.list = append(l.list, loss) }

// follow compares an event with the one before it in its stream.
func (l *losses) follow(at Seq, r record) {
	prev, first := l.heads[r.stream], r.version == 1
	l.missing(r.stream, prev.Version, r.version)
	chained := r.version == prev.Version+1
	if chained && r.hash != Chain(prev.Hash, r.version, r.at, r.name, r.data) || first && !chained {
		l.add(Loss{Seq: at, Stream: r.stream, Version: r.version, Why: "the hash chain is broken"})
	}
	l.heads[r.stream] = Head{Seq: at, Version: r.version, Hash: r.hash}
}

// missing notes the versions between two of a stream.
func (l *losses) missing(stream string, from, to uint64) {
	for version := from + 1; version < to && version <= from+mostMissing; version++ {
		l.add(Loss{Stream: stream, Version: version, Why: "it is missing"})
	}
}

// mostMissing is how many events in a row are named: a version that is damaged itself may be any number.
const mostMissing = 10_000

// ends compares the end of each stream with its head.
func (l *losses) ends(heads map[string]Head) {
	for stream, h := range heads {
		if h.Version > l.heads[stream].Version {
			l.missing(stream, l.heads[stream].Version, h.Version+1)
		}
	}
	for stream, last := range l.heads {
		if h := heads[stream]; h.Version < last.Version || h.Version == last.Version && h != last {
			l.add(Loss{Seq: last.Seq, Stream: stream, Version: last.Version, Why: "the stream's head does not name it as the newest one"})
		}
	}
}
