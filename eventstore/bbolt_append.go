package eventstore

import (
	"cmp"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// boltGroup is how many commits share a transaction.
const boltGroup = 64

// Append implements Store. Commits that wait at the same time share a transaction.
func (b *Bolt) Append(ctx context.Context, c Commit) (Head, error) {
	if b.queue == nil {
		return Head{}, fmt.Errorf("ledger %s is open for reading only", b.path)
	}
	return b.queue.append(ctx, c)
}

// write puts a group into one transaction and answers each writer with its outcome.
func (b *Bolt) write(group []*pending) {
	group = waiting(group)
	if len(group) == 0 {
		return
	}
	outcomes := make([]outcome, len(group))
	var last Seq
	err := b.compacts.refused()
	if err == nil {
		err = boltfile.Update(b.db.Load(), func(tx *bolt.Tx) (err error) {
			settled := b.queue.settleKeys(group) // while the group is put into the transaction
			last, err = putGroup(tx, group, outcomes)
			return cmp.Or(settled(), err)
		})
	}
	if err == nil {
		err = b.disk.Check()
	}
	if err != nil {
		err = fmt.Errorf("write ledger %s: %w; check the disk's space and health", b.path, damagedFile(err))
	} else {
		b.mark.note(last)
		b.moved.notify()
		b.compacts.reach(last)
	}
	for i, p := range group {
		if err != nil {
			p.settle(Head{}, err)
			continue
		}
		p.settle(outcomes[i].head, outcomes[i].err)
	}
}

// putGroup writes the commits whose stream is as they expect, one after the other, so
// that each sees those before it. Its error undoes the whole group.
func putGroup(tx *bolt.Tx, group []*pending, outcomes []outcome) (Seq, error) {
	log := tx.Bucket([]byte(bucketLog))
	log.FillPercent = 0.9 // positions only grow
	key, _ := log.Cursor().Last()
	last := decodeSeq(key)
	for i, p := range group {
		expected, err := areExpected(tx, p.parts)
		if err != nil {
			return 0, err
		}
		if !expected {
			outcomes[i].err = ErrConflict
			continue
		}
		for _, a := range p.parts {
			if last, err = putPart(tx, a, last); err != nil {
				return 0, err
			}
		}
		outcomes[i].head = lastOf(p.own().records, last)
	}
	return last, nil
}

// areExpected reports whether the streams still end at the heads that their writer has seen.
func areExpected(tx *bolt.Tx, parts []part) (bool, error) {
	for _, a := range parts {
		stored, err := decodeHead(tx.Bucket([]byte(bucketHeads)).Get([]byte(a.stream)))
		if err != nil {
			return false, fmt.Errorf("head of stream %s: %w: %w; %s", a.stream, err, ErrDamaged, remedy)
		}
		if stored != a.last {
			return false, nil
		}
	}
	return true, nil
}

// putPart writes a part's records after position last, and returns the position of the last one.
func putPart(tx *bolt.Tx, a part, last Seq) (Seq, error) {
	log, prev := tx.Bucket([]byte(bucketLog)), a.last.Seq
	for _, r := range a.records {
		last++
		if err := log.Put(encodeSeq(last), encodeRecord(r, prev)); err != nil {
			return 0, err
		}
		prev = last
	}
	return last, tx.Bucket([]byte(bucketHeads)).Put([]byte(a.stream), encodeHead(lastOf(a.records, last)))
}

// Forget drops what is remembered of streams. Whoever destroys the key of a stream calls it then:
// a remembered aggregate would still hold the texts that can no longer be opened.
func (b *Bolt) Forget() { b.known.forget() }
