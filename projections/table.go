package projections

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
)

// table has the rows of a view that events changed lately, decoded, in front of those in the
// file: an event changes a row in memory, and a row that many events of a batch changed is
// encoded and written once. Losing a table loses nothing. One goroutine at a time uses it.
type table[R any] struct {
	View[R]
	own        string         // the view's own bucket
	seen       eventstore.Seq // the last event that was folded
	young, old map[string]*cached[R]
	bytes      int // of the young rows as they are stored
	dirty      []*cached[R]
	flying     map[string][]byte // rows that the newest batch changed; perhaps not in the file yet
}

// cached is a row in memory.
type cached[R any] struct {
	key    string
	row    R
	exists bool
	listed listing // where the stored row stands
	size   int     // of the stored row
	dirty  bool
}

// tableBytes bounds what is kept of a view's rows in memory beside those of the batch at hand: at
// most twice as much, as they are stored, and nothing of a batch that is larger than that.
const tableBytes = 512 << 10

func (v View[R]) table() folding {
	return &table[R]{View: v, own: v.bucket(), young: map[string]*cached[R]{}}
}

func (t *table[R]) reached() *eventstore.Seq { return &t.seen }

func (t *table[R]) fold(stored *reader, env eventstore.Envelope, c *changes) error {
	for _, key := range t.Keys(env) {
		row, err := t.get(stored, key)
		if err != nil {
			return fmt.Errorf("view %s, row %s, event at %d: %w", t.Name, key, env.Seq, err)
		}
		t.change(row, env, c)
	}
	return nil
}

func (t *table[R]) change(c *cached[R], env eventstore.Envelope, told *changes) {
	c.row, c.exists = t.Fold(c.row, env), true
	if t.Told != nil {
		t.Told(told, env, c.row)
	}
	if t.Gone != nil && t.Gone(c.row) {
		var none R
		c.row, c.exists = none, false
	}
	if !c.dirty {
		c.dirty = true
		t.dirty = append(t.dirty, c)
	}
}

// get is a row from memory, from what is about to be in the file, or from the file.
func (t *table[R]) get(stored *reader, key string) (*cached[R], error) {
	if c := t.young[key]; c != nil {
		return c, nil
	}
	if c := t.old[key]; c != nil {
		t.keep(c)
		return c, nil
	}
	data, err := t.stored(stored, key)
	if err != nil {
		return nil, err
	}
	c := &cached[R]{key: key, size: len(data)}
	if data != nil {
		if err := decode(data, &c.row); err != nil {
			return nil, err
		}
		c.exists, c.listed = true, t.listing(c.row, key)
	}
	t.keep(c)
	return c, nil
}

func (t *table[R]) stored(stored *reader, key string) ([]byte, error) {
	if data, ok := t.flying[key]; ok {
		return data, nil
	}
	sealed, err := stored.sealed(t.own, key)
	if sealed == nil || err != nil {
		return nil, err
	}
	return stored.open.open(t.Name, rowsBucket, []byte(key), sealed)
}

// keep puts a row among the young ones.
func (t *table[R]) keep(c *cached[R]) {
	t.young[c.key] = c
	t.bytes += c.size
}

// flush returns what changed since the last flush. Rows that no event changed for a while
// leave the memory.
func (t *table[R]) flush() (*viewWrites, error) {
	rows, indexes := make(map[string][]byte, len(t.dirty)), newIndexWrites()
	for _, c := range t.dirty {
		data, err := t.encode(c, indexes)
		if err != nil {
			return nil, fmt.Errorf("view %s, row %s: %w", t.Name, c.key, err)
		}
		rows[c.key] = data
		t.bytes += len(data) - c.size
		c.size, c.dirty = len(data), false
	}
	t.dirty, t.flying = nil, rows // an emptied list would hold the rows of the batch
	switch {
	case t.bytes > 2*tableBytes: // a batch of an engine that catches up
		t.young, t.old, t.bytes = map[string]*cached[R]{}, nil, 0
	case t.bytes > tableBytes:
		t.young, t.old, t.bytes = map[string]*cached[R]{}, t.young, 0
	}
	return &viewWrites{view: t.own, at: t.seen, in: append(indexes.buckets(), bucketWrites{rowsBucket, rows}), counts: indexes.counts, kept: indexes.kept}, nil
}

// settle drops the rows that are in the file by now.
func (t *table[R]) settle() { t.flying = nil }

// encode returns the stored form of a row, nil for one that is gone, and moves it in the indexes.
func (t *table[R]) encode(c *cached[R], indexes indexWrites) (data []byte, err error) {
	var now listing
	if c.exists {
		if data, err = encode(c.row); err != nil {
			return nil, err
		}
		now = t.listing(c.row, c.key)
	}
	indexes.move(c.key, c.listed, now)
	c.listed = now
	return data, nil
}

// forget drops all rows in memory, and goes back to what the file has seen.
func (t *table[R]) forget(tx *bbolt.Tx) {
	*t = table[R]{View: t.View, own: t.own, young: map[string]*cached[R]{}, seen: checkpointOf(tx.Bucket(checkpoints), t.own)}
}
