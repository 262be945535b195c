package eventstore

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// leastCompact is how many events a ledger has when its file is compacted for the first time. After that it
// is compacted each time their number has doubled, so that all copies together cost less than two of the
// whole log.
const leastCompact = 100_000

// compactor compacts a ledger's file by itself.
type compactor struct {
	of   *Bolt
	room func(folder string) (uint64, error)
	log  *slog.Logger
	next atomic.Uint64 // from this position on it is worthwhile
	due  chan struct{}
	stop context.CancelFunc
	work sync.WaitGroup        // and the files that are being closed
	no   atomic.Pointer[error] // why nothing may be appended any more
}

func startCompactor(b *Bolt, o BoltOptions, log *slog.Logger) *compactor {
	ctx, stop := context.WithCancel(context.Background())
	c := &compactor{of: b, room: o.Room, log: log, due: make(chan struct{}, 1), stop: stop}
	c.next.Store(uint64(max(leastCompact, 2*compactedUpTo(b))))
	c.work.Go(func() { c.run(ctx) })
	return c
}

// compactedUpTo is the last event after which the file was copied without gaps. 0: it never was, or that
// can't be read, which only makes the next compaction earlier.
func compactedUpTo(b *Bolt) (at Seq) {
	_ = b.view(context.Background(), func(tx *bolt.Tx) error {
		if done := tx.Bucket([]byte(bucketCompacted)); done != nil {
			at = decodeSeq(done.Get(compactedKey))
		}
		return nil
	})
	return at
}

// reach says that the log has reached a position. It is called by the appending goroutine and returns at
// once.
func (c *compactor) reach(last Seq) {
	if uint64(last) < c.next.Load() {
		return
	}
	select {
	case c.due <- struct{}{}:
	default:
	}
}

func (c *compactor) run(ctx context.Context) {
	for {
		select {
		case <-c.due:
			c.compact(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// compact compacts the file, unless the disk has too little room for a second one. In each case the next
// attempt comes after some more events.
func (c *compactor) compact(ctx context.Context) {
	last, err := c.of.Last(ctx)
	before, began := c.size(), time.Now()
	if err == nil && c.lacksRoom(before) {
		c.log.Warn("the ledger's file was not compacted: the disk has too little room for a copy", "bytes", before)
		c.next.Store(uint64(last + leastCompact))
		return
	}
	if err == nil {
		err = c.of.Compact(ctx)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.log.Error("the ledger's file was not compacted; the ledger goes on in the old file", "err", err)
		c.next.Store(uint64(last + leastCompact))
	default:
		c.log.Info("the ledger's file was compacted", "seq", last, "bytes", c.size(), "bytes_before", before, "took", time.Since(began).Round(time.Millisecond))
		c.next.Store(uint64(2 * last))
	}
}

// lacksRoom reports whether a copy would take more than half of what the disk has left.
func (c *compactor) lacksRoom(size int64) bool {
	if c.room == nil {
		return false
	}
	left, err := c.room(filepath.Dir(c.of.path))
	return err == nil && left < 2*uint64(size)
}

// size is the file's size in bytes.
func (c *compactor) size() (bytes int64) {
	_ = boltfile.View(c.of.db.Load(), func(tx *bolt.Tx) error {
		bytes = tx.Size()
		return nil
	})
	return bytes
}

// closeLater closes the old file when those that read it have ended.
func (c *compactor) closeLater(old *bolt.DB) {
	c.work.Go(func() {
		if err := old.Close(); err != nil {
			c.log.Warn("the ledger's old file can't be closed", "err", err)
		}
	})
}

// refuse makes each later append fail with a reason.
func (c *compactor) refuse(why error) { c.no.Store(&why) }

// refused returns the reason why nothing may be appended, or nil.
func (c *compactor) refused() error {
	if why := c.no.Load(); why != nil {
		return *why
	}
	return nil
}
