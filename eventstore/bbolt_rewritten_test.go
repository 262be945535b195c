package eventstore

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
)

// TestARewrittenRecordBreaksTheChain rewrites the second of three events whole, with the checksum that
// its new bytes have: only the chain of hashes tells.
func TestARewrittenRecordBreaksTheChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	stream := domain.MatterStream("f_1", "m_1")
	threeEvents(t, path, stream)
	rewriteRecord(t, path, 2, func(r *record) { r.data = []byte(strings.ReplaceAll(string(r.data), "s_2", "s_9")) })
	b, err := OpenBoltReadOnly(path, BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	n := 0
	for _, err = range b.Read(t.Context(), stream) {
		if err != nil {
			break
		}
		n++
	}
	if !errors.Is(err, ErrDamaged) || n != 1 {
		t.Errorf("after %d events the read says %v; want one event, then ErrDamaged", n, err)
	}
}

// TestARecordThatLeadsToItselfEndsTheRead: the way back is followed before the record is checked.
func TestARecordThatLeadsToItselfEndsTheRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	stream := domain.MatterStream("f_1", "m_1")
	threeEvents(t, path, stream)
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		log, key := tx.Bucket([]byte(bucketLog)), binary.BigEndian.AppendUint64(nil, 2)
		r, err := decodeRecord(append([]byte(nil), log.Get(key)...))
		return errors.Join(err, log.Put(key, encodeRecord(r, 2)))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := OpenBoltReadOnly(path, BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, err = range b.Read(t.Context(), stream) {
		if err != nil {
			break
		}
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("the read says %v", err)
	}
}

func threeEvents(t *testing.T, path string, stream domain.Stream) {
	t.Helper()
	b, err := OpenBolt(path, BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var last Head
	for _, id := range []domain.SyncID{"s_1", "s_2", "s_3"} {
		last, err = b.Append(t.Context(), Commit{Stream: stream, Last: last, At: time.Unix(1, 0), Events: []domain.Event{domain.SyncReleased{Sync: id}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

// rewriteRecord stores another record at a position, as encodeRecord does.
func rewriteRecord(t *testing.T, path string, at uint64, change func(*record)) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		log, key := tx.Bucket([]byte(bucketLog)), binary.BigEndian.AppendUint64(nil, at)
		r, err := decodeRecord(append([]byte(nil), log.Get(key)...))
		if err != nil {
			return err
		}
		change(&r)
		return log.Put(key, encodeRecord(r, Seq(at-1)))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
