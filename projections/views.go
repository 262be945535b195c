package projections

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// all views, in one list.
var allViews = []folder{History, Matters, Timelines, Connections, DueWork, Routes, DeadLetters, Clients, Unread, GoneContacts, Resources, Checks, Audit, Bulks, Erasures, People, Retentions, webhookTimelines{}}

// Views are the rows folded from a ledger, in one bbolt file: one reader for each kind of row, and
// the run that keeps them up to date.
type Views struct {
	*Progress
	Activities  ActivityRows
	Bulks       BulkRows
	Changed     ChangedRows
	Checks      CheckRows
	Connections ConnectionRows
	DeadLetters DeadLetterRows
	Drift       DriftRows
	Erasures    ErasureRows
	Gone        GoneContactRows
	Matters     MatterRows
	People      PersonRows
	Resources   ResourceRows
	Retentions  RetentionRows
	Routes      RouteRows
	Syncs       SyncRows
	Trail       AuditRows
	Webhooks    WebhookRows
	Work        WorkRows

	*file
	damage error // of the file that Open has replaced
	midway crashPoint
	tables []folding // of Run and take alone

	backlog   *backlog
	unread    *unread
	watchers  *watchers
	revisions *revisions

	written  atomic.Uint64 // the last event that is in the file, of views that are not rebuilt
	wasteful chan struct{} // the file is to be renewed
	compact  int64         // size of the file when it was renewed
	worth    int64         // size from which on the file is worth renewing
	renewals atomic.Int64
	rebuilds rebuilds
	closing  sync.WaitGroup

	rebuilt  sync.Mutex
	standIns []string // names of the views whose rows are those of an older version
}

// newViews are views of the file without a row.
func newViews(path string, keys Keys) *Views {
	f, p := &file{path: path, keys: keys, damaged: make(chan struct{}, 1)}, &Progress{moved: make(chan struct{})}
	b, u, w, r, c := newBacklog(), &unread{rows: map[string]ResourceRow{}}, &watchers{}, &revisions{}, &connectionChanges{}
	return &Views{
		Progress: p, Activities: ActivityRows{f}, Bulks: BulkRows{f}, Changed: ChangedRows{f, p, u, w, r}, Checks: CheckRows{f}, Connections: ConnectionRows{f, c},
		DeadLetters: DeadLetterRows{f}, Drift: DriftRows{f}, Erasures: ErasureRows{f}, Gone: GoneContactRows{f}, Matters: MatterRows{f, u}, People: PersonRows{f}, Resources: ResourceRows{f, u}, Retentions: RetentionRows{f}, Routes: RouteRows{f},
		Syncs: SyncRows{f}, Trail: AuditRows{f}, Webhooks: WebhookRows{f}, Work: WorkRows{b},
		file: f, backlog: b, unread: u, watchers: w, revisions: r, worth: leastCompact, wasteful: make(chan struct{}, 1), rebuilds: rebuilds{asked: make(chan struct{}, 1)},
	}
}

var checkpoints = []byte("checkpoints")

// Open opens or makes the views' file. Views that are new are empty until Run has caught up.
// Of a view of a new version the rows of the version before answer until then. A file whose key is lost
// is made again.
func Open(path string, keys Keys) (*Views, error) {
	v, err := openSound(path, keys)
	if err != nil {
		return nil, err
	}
	if err := v.dropOtherKeys(); err != nil {
		return nil, errors.Join(fmt.Errorf("open views: %w", err), v.Close())
	}
	return v, nil
}

// openSound opens the file, or an empty one in its place where it is damaged.
func openSound(path string, keys Keys) (*Views, error) {
	if err := os.Remove(path + ".new"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open views: %w", err)
	}
	v, err := open(path, keys, true)
	if !damagedRows(err) {
		return v, err
	}
	if gone := os.Remove(path); gone != nil {
		return nil, errors.Join(err, gone)
	}
	if v, again := open(path, keys, true); again == nil {
		v.damage = err
		return v, nil
	}
	return nil, err
}

// dropOtherKeys ends the keys of files that a killed engine has left or replaced.
func (v *Views) dropOtherKeys() error {
	names, own := v.keys.Names(keyPrefix), v.db.Load().box.name
	return v.keys.Drop(slices.DeleteFunc(names, func(name string) bool { return name == own })...)
}

// damagedRows reports whether the rows' own file is damaged, or its key lost. They are folded again then: all that is in
// it is in the ledger.
func damagedRows(err error) bool {
	return (errors.Is(err, boltfile.ErrDamaged) || errors.Is(err, ErrNoKey)) && !errors.Is(err, eventstore.ErrDamaged)
}

// Damage is what was wrong with the file that Open found, which it has replaced by an empty one; nil:
// nothing was.
func (v *Views) Damage() error { return v.damage }

func open(path string, keys Keys, standIns bool) (*Views, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open views: %w", err)
	}
	db, err := openSealed(path, keys)
	if err != nil {
		return nil, err
	}
	db.AllocSize = growth
	v := newViews(path, keys)
	sealing, err := boxOf(db, keys)
	if err == nil {
		v.db.Store(&sealedDB{db, sealing})
		err = boltfile.Update(db, func(tx *bbolt.Tx) error { return errors.Join(sealing.describe(tx), v.prepare(tx, standIns)) })
	}
	if err == nil {
		err = v.view(v.backlog.load)
	}
	if err == nil {
		err = v.view(v.unread.load)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare views %s: %w", path, err), db.Close())
	}
	return v, nil
}

// openSealed opens the file, and seals it first if an earlier version has written it.
func openSealed(path string, keys Keys) (*bbolt.DB, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	plain, err := isPlain(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if !plain {
		return db, nil
	}
	if err := sealPlain(db, path, keys); err != nil {
		return nil, err
	}
	return openFile(path)
}

func openFile(path string) (*bbolt.DB, error) {
	db, err := boltfile.Open(path, 0o600, &bbolt.Options{Timeout: 3 * time.Second, InitialMmapSize: addresses, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, fmt.Errorf("open views %s: %w; if another engine runs on this data directory, stop it first", path, err)
	}
	return db, nil
}

// addresses is how much of the address space the file gets at once: while it is copied, it
// can't get more.
const addresses = 1 << 30

// growth is how many bytes the file gets more at once. bbolt's own step of 16 MB would be most of
// what a small firm's file takes.
const growth = 1 << 20

// prepare makes the buckets and finds the position that all views have reached.
func (v *Views) prepare(tx *bbolt.Tx, standIns bool) error {
	v.compact = max(tx.Size(), leastCompact/2)
	if _, err := tx.CreateBucketIfNotExists(checkpoints); err != nil {
		return err
	}
	known := map[string]bool{string(checkpoints): true, string(aboutFile): true}
	var reached []eventstore.Seq
	for _, f := range allViews {
		known[f.bucket()] = true
		if old := f.standIn(tx); standIns && old != nil {
			known[string(old)] = true
			v.standIns = append(v.standIns, f.bucket())
			reached = append(reached, checkpointOf(tx.Bucket(checkpoints), string(old)))
			continue
		}
		if err := f.create(tx); err != nil {
			return err
		}
		t := f.table()
		t.forget(tx)
		v.tables = append(v.tables, t)
		reached = append(reached, *t.reached())
	}
	v.at = slices.Min(reached)
	v.written.Store(uint64(v.folded()))
	return dropOthers(tx, known)
}

// dropOthers removes the rows and the checkpoints of views that this binary does not
// have. A checkpoint that stayed would keep the rows from being folded again when a
// binary that has the view comes back.
func dropOthers(tx *bbolt.Tx, known map[string]bool) error {
	var old [][]byte
	err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !known[string(name)] {
			old = append(old, append([]byte(nil), name...))
		}
		return nil
	})
	for _, name := range old {
		err = errors.Join(err, tx.DeleteBucket(name), tx.Bucket(checkpoints).Delete(name))
	}
	return err
}

func checkpointOf(progress *bbolt.Bucket, view string) eventstore.Seq {
	data := progress.Get([]byte(view))
	if len(data) != 8 {
		return 0
	}
	return eventstore.Seq(binary.BigEndian.Uint64(data))
}

// Close closes the file. Run must have returned.
func (v *Views) Close() error {
	v.closing.Wait()
	return v.db.Load().Close()
}

// rowKey joins ids, which never contain a slash.
func rowKey(parts ...string) string { return strings.Join(parts, "/") }
