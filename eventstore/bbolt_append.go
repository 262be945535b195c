package eventstore

import (
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"
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

// write puts a group into one transaction and tells each writer its outcome.
func (b *Bolt) write(group []*pending) {
	group = waiting(group)
	if len(group) == 0 {
		return
	}
	outcomes := make([]outcome, len(group))
	var last Seq
	err := b.db.Update(func(tx *bolt.Tx) (err error) {
		last, err = putGroup(tx, group, outcomes)
		return err
	})
	if err != nil {
		err = fmt.Errorf("write ledger %s: %w; check the disk's space and health", b.path, err)
	} else {
		b.mark.note(last)
		b.moved.notify()
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
		stored, err := decodeHead(tx.Bucket([]byte(bucketHeads)).Get([]byte(p.stream)))
		if err != nil {
			return 0, fmt.Errorf("head of stream %s: %w: %w; %s", p.stream, err, ErrDamaged, remedy)
		}
		if stored != p.last {
			outcomes[i].err = ErrConflict
			continue
		}
		if err := putCommit(tx, p, last); err != nil {
			return 0, err
		}
		last += Seq(len(p.records))
		outcomes[i].head = lastOf(p.records, last)
	}
	return last, nil
}

// putCommit writes one commit's records after position last.
func putCommit(tx *bolt.Tx, p *pending, last Seq) error {
	log, prev := tx.Bucket([]byte(bucketLog)), p.last.Seq
	for _, r := range p.records {
		last++
		if err := log.Put(encodeSeq(last), encodeRecord(r, prev)); err != nil {
			return err
		}
		prev = last
	}
	return tx.Bucket([]byte(bucketHeads)).Put([]byte(p.stream), encodeHead(lastOf(p.records, last)))
}
