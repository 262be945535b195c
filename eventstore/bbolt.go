package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long opening waits for another process to let go of the file.
const lockWait = time.Second

// The buckets of a ledger file. A record knows where the event before it in its
// stream is, and the head where to begin: an index of all versions would double the
// pages that a commit has to write, and with them its cost.
const (
	bucketLog   = "log"   // position → record
	bucketHeads = "heads" // stream → its newest event
)

// BoltOptions are the settings of a Bolt; the zero value is fine.
type BoltOptions struct {
	Log *slog.Logger // nil: slog.Default
}

// Bolt is the Store of one machine: one bbolt file, and beside it a mark of how far
// the log had come. Positions have no gaps. One process at a time may write it.
type Bolt struct {
	path  string
	db    *bolt.DB
	queue *appender // nil when open for reading only
	mark  *mark     // nil when open for reading only
	moved broadcast // rings after each commit and on Close
	once  sync.Once
	err   error // what Close returned
}

// OpenBolt opens the ledger at path for this process alone, and makes it, with mode
// 0600, where there is none. A ledger that ends before its mark is ErrDamaged.
func OpenBolt(path string, o BoltOptions) (*Bolt, error) {
	b, marked, last, err := openBolt(path, false)
	if err != nil {
		return nil, err
	}
	log := o.Log
	if log == nil {
		log = slog.Default()
	}
	b.mark = startMark(markPath(path), marked, last, log)
	b.queue = startAppender(boltGroup, b.write)
	return b, nil
}

// OpenBoltReadOnly opens an existing ledger for reading while no engine runs on it.
// Several processes may do so at once. Append returns an error.
func OpenBoltReadOnly(path string) (*Bolt, error) {
	b, _, _, err := openBolt(path, true)
	return b, err
}

func openBolt(path string, readOnly bool) (b *Bolt, marked, last Seq, err error) {
	if err := checkSize(path); err != nil {
		return nil, 0, 0, err
	}
	db, err := openFile(path, readOnly)
	if err != nil {
		return nil, 0, 0, err
	}
	b = &Bolt{path: path, db: db}
	marked, last, err = b.check(readOnly)
	if err != nil {
		return nil, 0, 0, errors.Join(fmt.Errorf("open ledger %s: %w", path, err), db.Close())
	}
	return b, marked, last, nil
}

func openFile(path string, readOnly bool) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: lockWait, ReadOnly: readOnly, FreelistType: bolt.FreelistMapType,
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("open ledger %s: another engine runs on it: "+
			"stop that engine, or use another data directory: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", path, err)
	}
	return db, nil
}

// checkSize fails where the file is shorter than the pages it claims to have, because
// bbolt ends the process when it meets such a page. A new ledger has no file yet, or
// an empty one.
func checkSize(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open ledger: %w", err)
	}
	db, err := openFile(path, true)
	if err != nil {
		return err
	}
	err = db.View(func(tx *bolt.Tx) error {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("open ledger: %w", err)
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("open ledger %s: the file has %d bytes of %d: %w; %s", path, info.Size(), tx.Size(), ErrDamaged, remedy)
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// check compares the end of the log with the mark.
func (b *Bolt) check(readOnly bool) (marked, last Seq, err error) {
	if !readOnly {
		if err = b.db.Update(makeBuckets); err != nil {
			return 0, 0, err
		}
	}
	if last, err = b.Last(context.Background()); err != nil {
		return 0, 0, err
	}
	marked, err = checkMark(markPath(b.path), last)
	return marked, last, err
}

func makeBuckets(tx *bolt.Tx) error {
	for _, name := range []string{bucketLog, bucketHeads} {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// markPath is ledger.mark for ledger.db.
func markPath(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".mark"
}

// Close ends the writing after the commits at hand, wakes every Tail, which then
// yields ErrClosed, and brings the mark up to date.
func (b *Bolt) Close() error {
	b.once.Do(func() {
		var marking error
		if b.queue != nil {
			b.queue.close()
			marking = b.mark.close()
		}
		b.err = errors.Join(marking, b.db.Close())
		b.moved.notify()
	})
	return b.err
}
