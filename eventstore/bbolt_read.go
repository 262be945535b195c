package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// A page is the most that one read transaction reads. No transaction stays open while the events
// are handled: while one is open, bbolt cannot reuse freed pages and the file grows.
const (
	pageEvents = 256
	pageBytes  = 1 << 20
)

// Read implements Store. It looks up the positions of the stream's events, newest first, and then
// reads them forward, page by page. Separate transactions are safe, because records never change.
func (b *Bolt) Read(ctx context.Context, s domain.Stream) iter.Seq2[Envelope, error] {
	return b.readAfter(ctx, s, Head{})
}

func (b *Bolt) folds() *folds { return &b.known }

// readAfter is Read for the events after head.
func (b *Bolt) readAfter(ctx context.Context, s domain.Stream, head Head) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		newest, places, err := b.places(ctx, s.String(), head)
		if err != nil {
			yield(Envelope{}, err)
			return
		}
		for first := head.Version; head.Version-first < uint64(len(places)); {
			page, err := b.streamPage(ctx, s.String(), head, places[head.Version-first:])
			if !yieldPage(page, err, yield) {
				return
			}
			head = page[len(page)-1].Head()
		}
		if head != newest {
			yield(Envelope{}, damaged(newest.Seq, fmt.Sprintf("stream %s does not end as its head says", s)))
		}
	}
}

// ReadKind implements KindReader. The heads are in the order of the streams' names, which begin with
// kind and firm.
func (b *Bolt) ReadKind(ctx context.Context, k domain.Kind, f domain.FirmID) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		streams, err := b.streamsOf(ctx, k, f)
		if err != nil {
			yield(Envelope{}, err)
			return
		}
		for _, s := range streams {
			for env, err := range b.Read(ctx, s) {
				if !yield(env, err) || err != nil {
					return
				}
			}
		}
	}
}

// streamsOf lists a firm's streams of a kind that have an id.
func (b *Bolt) streamsOf(ctx context.Context, k domain.Kind, f domain.FirmID) (list []domain.Stream, err error) {
	prefix := []byte(kindPrefix(k, f))
	err = b.view(ctx, func(tx *bolt.Tx) error {
		heads := tx.Bucket([]byte(bucketHeads)).Cursor()
		for name, _ := heads.Seek(prefix); bytes.HasPrefix(name, prefix); name, _ = heads.Next() {
			s, err := domain.ParseStream(string(name))
			if err != nil {
				return damaged(0, fmt.Sprintf("head of stream %s: %v", name, err))
			}
			list = append(list, s)
		}
		return nil
	})
	return list, err
}

// kindPrefix is what the names of a firm's streams of a kind begin with.
func kindPrefix(k domain.Kind, f domain.FirmID) string {
	return domain.Stream{Kind: k, Firm: f}.String() + "."
}

// Tail implements Store.
func (b *Bolt) Tail(ctx context.Context, after Seq) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		if err := b.reached(ctx, after); err != nil {
			yieldUnlessEnded(ctx, err, yield)
			return
		}
		for pos := after; ctx.Err() == nil; {
			moved := b.moved.wait()
			page, err := b.logPage(ctx, pos)
			if ctx.Err() != nil || !yieldPage(page, err, yield) {
				return
			}
			if len(page) > 0 {
				pos = page[len(page)-1].Seq
				continue
			}
			select {
			case <-moved:
			case <-ctx.Done():
			}
		}
	}
}

// Last is the newest position of the log; 0 when it is empty.
func (b *Bolt) Last(ctx context.Context) (last Seq, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) error {
		log := tx.Bucket([]byte(bucketLog))
		if log == nil {
			return errors.New("the file is not a ledger: it has no log; check the path")
		}
		key, _ := log.Cursor().Last()
		last = decodeSeq(key)
		return nil
	})
	return last, err
}

// reached fails if the log ends before the position that a reader has seen.
func (b *Bolt) reached(ctx context.Context, after Seq) error {
	last, err := b.Last(ctx)
	if err != nil {
		return err
	}
	if after > last {
		return behind(last, after, "a reader")
	}
	return nil
}

// places returns the positions of a stream's events after the given one, oldest first.
func (b *Bolt) places(ctx context.Context, stream string, after Head) (head Head, places []Seq, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) (err error) {
		head, err = decodeHead(tx.Bucket([]byte(bucketHeads)).Get([]byte(stream)))
		if err != nil {
			return damaged(0, fmt.Sprintf("head of stream %s: %v", stream, err))
		}
		log := tx.Bucket([]byte(bucketLog))
		for at := head.Seq; at > after.Seq; {
			places = append(places, at)
			next := before(log.Get(encodeSeq(at)))
			if next >= at {
				return damaged(at, fmt.Sprintf("stream %s goes on to %d, which is not before it", stream, next))
			}
			at = next
		}
		if after.Version+uint64(len(places)) != head.Version {
			return damaged(head.Seq, fmt.Sprintf("stream %s has %d events of %d", stream, len(places), head.Version-after.Version))
		}
		return nil
	})
	slices.Reverse(places)
	return head, places, err
}

// streamPage reads the events at places, which follow prev, up to the size of a page.
func (b *Bolt) streamPage(ctx context.Context, stream string, prev Head, places []Seq) (page []Envelope, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) error {
		log, size := tx.Bucket([]byte(bucketLog)), 0
		for _, at := range places {
			if len(page) == pageEvents || size > pageBytes {
				return nil
			}
			value := log.Get(encodeSeq(at))
			r, err := storedRecord(at, value)
			if err != nil {
				return err
			}
			env, err := r.follow(stream, prev, at, b.seals)
			if err != nil {
				return err
			}
			page, prev, size = append(page, env), env.Head(), size+len(value)
		}
		return nil
	})
	return page, err
}

// logPage reads a page of the log after pos.
func (b *Bolt) logPage(ctx context.Context, pos Seq) (page []Envelope, err error) {
	err = b.view(ctx, func(tx *bolt.Tx) error {
		log, size := tx.Bucket([]byte(bucketLog)).Cursor(), 0
		for k, v := log.Seek(encodeSeq(pos + 1)); k != nil; k, v = log.Next() {
			if len(page) == pageEvents || size > pageBytes {
				return nil
			}
			if decodeSeq(k) != pos+1 {
				return damaged(pos+1, fmt.Sprintf("it is missing; the next one is %d", decodeSeq(k)))
			}
			r, err := storedRecord(pos+1, v)
			if err != nil {
				return err
			}
			env, err := r.envelope(pos+1, b.seals)
			if err != nil {
				return err
			}
			page, pos, size = append(page, env), pos+1, size+len(v)
		}
		return nil
	})
	return page, err
}

func storedRecord(seq Seq, value []byte) (record, error) {
	if value == nil {
		return record{}, damaged(seq, "the record is missing")
	}
	r, err := decodeRecord(value)
	if err != nil {
		return record{}, damaged(seq, err.Error())
	}
	return r, nil
}

// view runs read in a new transaction.
func (b *Bolt) view(ctx context.Context, read func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		db := b.db.Load()
		err := boltfile.View(db, read)
		switch {
		case !errors.Is(err, berrors.ErrDatabaseNotOpen):
			return damagedFile(err)
		case db == b.db.Load():
			return ErrClosed
		}
	}
}

// yieldPage yields a page and then its error, and reports whether to go on.
func yieldPage(page []Envelope, err error, yield func(Envelope, error) bool) bool {
	for _, env := range page {
		if !yield(env, nil) {
			return false
		}
	}
	if err != nil {
		yield(Envelope{}, err)
	}
	return err == nil
}

// yieldUnlessEnded yields err unless it only says that ctx has ended.
func yieldUnlessEnded(ctx context.Context, err error, yield func(Envelope, error) bool) {
	if ctx.Err() == nil {
		yield(Envelope{}, err)
	}
}
