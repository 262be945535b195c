package eventstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// SealedLedger says how a sealed ledger came from one that was not sealed: whoever has a copy of the
// old one can show that it is the same ledger, because its digest is the one named here.
type SealedLedger struct {
	Events     uint64    `json:"events"`
	Sealed     uint64    `json:"sealed"`     // of them, those whose texts are sealed now and were not before
	Signatures int       `json:"signatures"` // of the old ledger, all of which fitted
	Old        string    `json:"old_digest"` // of all events as they were, in hex
	New        string    `json:"new_digest"` // of all events as they are
	At         time.Time `json:"at"`
	Signature  string    `json:"signature"` // with the master keyset, of all that
}

// text is what the signature covers.
func (s SealedLedger) text() string {
	return fmt.Sprintf("ledger of %d events sealed at %s: %s became %s", s.Events, s.At.Format(time.RFC3339Nano), s.Old, s.New)
}

// Check reports whether the statement was made with the key.
func (s SealedLedger) Check(key Signer) error {
	want, err := key.Name(s.text())
	if err == nil && want != s.Signature {
		err = ErrRewritten
	}
	return err
}

// SealTo is CopyToFile for a ledger that is written in the same data directory.
func (b *Bolt) SealTo(ctx context.Context, path string, seals Sealer, key Signer, now time.Time) (SealedLedger, error) {
	return CopyToFile(ctx, b, path, seals, key, now)
}

// CopyToFile writes a copy of a ledger to a new file whose events are all sealed. Positions, versions
// and times stay; the hash chains run over the sealed bytes, and the signatures are made again. It
// fails with ErrRewritten if a signature of the old ledger does not fit.
func CopyToFile(ctx context.Context, from Source, path string, seals Sealer, key Signer, now time.Time) (SealedLedger, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return SealedLedger{}, err
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		return SealedLedger{}, err
	}
	var s SealedLedger
	if err = db.Update(makeBuckets); err == nil {
		s, err = copyLedger(ctx, from, &copying{to: fileCopy{db}, seals: seals, key: key}, now)
	}
	if err == nil {
		err = db.Sync()
	}
	return s, errors.Join(err, db.Close())
}

// fileCopy writes a copy to a file.
type fileCopy struct{ db *bolt.DB }

func (f fileCopy) most() int { return 1000 }

func (f fileCopy) put(_ context.Context, batch []copied) error {
	return f.db.Update(func(tx *bolt.Tx) error {
		log, heads := tx.Bucket([]byte(bucketLog)), tx.Bucket([]byte(bucketHeads))
		log.FillPercent = 0.9
		for _, c := range batch {
			err := errors.Join(log.Put(encodeSeq(c.head.Seq), encodeRecord(c.record, c.before.Seq)), heads.Put([]byte(c.record.stream), encodeHead(c.head)))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
