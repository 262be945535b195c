package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/casehug/smokeball-sync/internal/boltfile"
	"github.com/casehug/smokeball-sync/internal/disk"
)

// lockWait is how long opening waits for another process to release the file.
const lockWait = time.Second

// The buckets of a ledger file. Each record has the position of the event before it in its
// stream, and the head that of the newest one. An index of all versions would double the pages
// that a commit has to write, and with them its cost.
const (
	bucketLog   = "log"   // position → record
	bucketHeads = "heads" // stream → its newest event
)

// BoltOptions are the settings of a Bolt; the zero value is fine.
type BoltOptions struct {
	Log   *slog.Logger // nil: slog.Default
	Seals Sealer       // nil: nothing is sealed
	Told  Observer     // nil: nobody is told of appends
	// Room is how many bytes a folder's disk has left, so that no compaction fills it. Nil: it is not asked.
	Room func(folder string) (uint64, error)
}

// Bolt is the Store of one machine: a bbolt file, and beside it the high-water mark of the log.
// Positions have no gaps. One process at a time may write it.
type Bolt struct {
	path     string
	db       atomic.Pointer[bolt.DB] // another one after each Compact
	seals    Sealer
	queue    *appender     // nil when open for reading only
	mark     *mark         // nil when open for reading only
	disk     *disk.Journal // nil when open for reading only
	moved    broadcast     // notifies after each commit and on Close
	known    folds
	compacts *compactor // nil when open for reading only
	once     sync.Once
	err      error // what Close returned
}

// OpenBolt opens the ledger at path for this process alone. If there is none, it creates one with
// mode 0600. A ledger that ends before its mark is ErrDamaged.
func OpenBolt(path string, o BoltOptions) (*Bolt, error) {
	b, marked, last, err := openBolt(path, false)
	if err != nil {
		return nil, err
	}
	if err := removeFile(compactionPath(path)); err != nil { // an engine was killed while it made one
		return nil, errors.Join(fmt.Errorf("open ledger %s: remove the beginning of a copy: %w", path, err), b.db.Load().Close())
	}
	if err := syncFolder(filepath.Dir(path)); err != nil { // a file that was just made has its name on the disk
		return nil, errors.Join(fmt.Errorf("open ledger %s: flush its folder: %w; check the disk's health", path, err), b.db.Load().Close())
	}
	log := o.Log
	if log == nil {
		log = slog.Default()
	}
	if b.disk, err = disk.OpenJournal(path); err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger %s: %w", path, err), b.db.Load().Close())
	}
	b.seals = o.Seals
	b.mark = startMark(markPath(path), marked, last, log)
	b.queue = startAppender(boltGroup, o.Seals, b.write)
	b.queue.told = o.Told
	b.compacts = startCompactor(b, o, log)
	return b, nil
}

// OpenBoltReadOnly opens an existing ledger for reading while no engine runs on it.
// Several processes may do so at once. Append returns an error.
func OpenBoltReadOnly(path string, o BoltOptions) (*Bolt, error) {
	b, _, _, err := openBolt(path, true)
	if err == nil {
		b.seals = o.Seals
	}
	return b, err
}

func openBolt(path string, readOnly bool) (b *Bolt, marked, last Seq, err error) {
	db, err := openFile(path, readOnly)
	if err != nil {
		return nil, 0, 0, err
	}
	b = &Bolt{path: path}
	b.db.Store(db)
	marked, last, err = b.check(readOnly)
	if err != nil {
		return nil, 0, 0, errors.Join(fmt.Errorf("open ledger %s: %w", path, err), db.Close())
	}
	return b, marked, last, nil
}

func openFile(path string, readOnly bool) (*bolt.DB, error) {
	db, err := boltfile.Open(path, 0o600, &bolt.Options{
		Timeout: lockWait, ReadOnly: readOnly, FreelistType: bolt.FreelistMapType,
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("open ledger %s: another engine runs on it: "+
			"stop that engine, or use another data directory: %w: %w", path, ErrHeld, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", path, damagedFile(err))
	}
	return db, nil
}

// damagedFile makes ErrDamaged of what bbolt says of damaged pages.
func damagedFile(err error) error {
	if errors.Is(err, boltfile.ErrDamaged) {
		return fmt.Errorf("%w: %w; %s", ErrDamaged, err, remedy)
	}
	return err
}

// check compares the end of the log with the mark.
func (b *Bolt) check(readOnly bool) (marked, last Seq, err error) {
	if !readOnly {
		if err = boltfile.Update(b.db.Load(), makeBuckets); err != nil {
			return 0, 0, damagedFile(err)
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

// markPath returns the path of the mark: ledger.mark for ledger.db.
func markPath(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".mark"
}

// Close stops writing after the current group, makes every Tail yield ErrClosed, and saves the
// mark.
func (b *Bolt) Close() error {
	b.once.Do(func() {
		var marking error
		if b.queue != nil {
			b.compacts.stop()
			b.queue.close() // no copy replaces the file any more
			b.compacts.work.Wait()
			marking = errors.Join(b.mark.close(), b.disk.Close())
		}
		b.err = errors.Join(marking, b.db.Load().Close())
		b.moved.notify()
	})
	return b.err
}
