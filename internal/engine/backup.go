package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/backup"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// The files of a backup. All but the last two have the same name in a data directory.
const (
	ledgerFile    = "ledger.db"
	dataKeysFile  = "data-keys"
	masterKeyFile = "master-key.json"
	proofFile     = "ledger.sealed"
	listPathFile  = "erasures.path" // where the engine keeps its list of erasures; the manifest can't say it, because earlier versions sign only the members that they know
	busFolder     = "bus/"          // snapshots
)

// BackupPlan says where a backup is made and how.
type BackupPlan struct {
	Dir   string
	Until time.Time // from then on it is to be deleted
	NoKey bool      // the master key file is left out although it is in the data directory
}

var errNoEngine = errors.New("no engine runs on the data directory: name that of an engine of the cluster that runs, which makes the backup; where all are stopped, “smokeball-sync copy from-cluster” copies everything")

// BackUp makes a backup of the data of an engine that does not run.
func BackUp(ctx context.Context, cfg config.Settings, p BackupPlan) (m backup.Manifest, err error) {
	if cfg.NATSURL != "" {
		return m, errNoEngine
	}
	e, err := openQuiet(ctx, cfg)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if m, err = backUp(ctx, e, p); err != nil {
		return m, err
	}
	key, err := vault.Open(e.cfg.MasterKeyFile)
	if err == nil {
		err = renewErasures(ctx, e, key)
	}
	if err != nil {
		return m, fmt.Errorf("the backup in %s is made, and the list of erasures that belongs to it is not written: %w", p.Dir, err)
	}
	return m, nil
}

// openQuiet opens what an engine keeps, without what works on it. No engine can start on the same data
// meanwhile.
func openQuiet(ctx context.Context, cfg config.Settings) (*Engine, error) {
	cfg.NATSListen = "off"
	if cfg.MasterKeyFile == "" {
		cfg.MasterKeyFile = filepath.Join(cfg.DataDir, masterKeyFile)
	}
	e := newEngine(cfg, Options{Log: slog.New(slog.DiscardHandler)})
	for _, open := range []func(context.Context) error{e.store.hasLedger, e.store.openLedger, e.openBus} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

// backUp makes a backup while the engine goes on.
func backUp(ctx context.Context, e *Engine, p BackupPlan) (m backup.Manifest, err error) {
	key, err := vault.Open(e.cfg.MasterKeyFile)
	if err != nil {
		return m, err
	}
	w, err := backup.Create(p.Dir)
	if err != nil {
		return m, err
	}
	m = backup.Manifest{ID: backup.NewID(), Engine: Version(), MadeAt: time.Now(), Until: p.Until}
	err = noteBackup(ctx, e.store.ledger, m)
	if err == nil {
		err = backupParts{engine: e, to: w, noKey: p.NoKey}.copy(ctx, &m)
	}
	if err == nil && e.store.keys != nil {
		err = w.Add(listPathFile, func(to io.Writer) error { _, err := io.WriteString(to, erasuresPath(e.cfg)); return err })
	}
	if err == nil {
		m, err = w.Finish(m, key)
	}
	if err != nil {
		return m, errors.Join(err, w.Abandon())
	}
	e.log.Info("a backup was made", "backup", m.ID, "position", m.Position, "bytes", m.Bytes())
	if e.listFile != nil {
		_ = e.listFile.Renew(ctx) // a list that is older than the backup says nothing of what came after; the log says that it failed
	}
	return m, nil
}

// noteBackup records that a backup is being made, so that whoever erases something later is told how
// long it may be in there.
func noteBackup(ctx context.Context, ledger eventstore.Store, m backup.Manifest) error {
	_, _, err := eventstore.Execute(ctx, ledger, time.Now, domain.LedgerStream(), func(domain.Backups) ([]domain.Event, error) {
		return []domain.Event{domain.LedgerBackupStarted{Backup: m.ID, Until: m.Until.UTC().Round(time.Second)}}, nil
	})
	return err
}

// backupParts copies what an engine keeps. The engine goes on meanwhile; the order of the copies makes
// them fit together.
type backupParts struct {
	engine *Engine
	to     *backup.Writer
	noKey  bool
}

func (b backupParts) copy(ctx context.Context, m *backup.Manifest) error {
	master, err := os.ReadFile(b.engine.cfg.MasterKeyFile)
	if err != nil {
		return err
	}
	if err := b.streams(ctx, bus.SnapshotsBeforeLedger()); err != nil {
		return err
	}
	if m.Floors, err = bus.SnapshotsOf(b.engine.msg.bus).Floors(ctx); err != nil {
		return err
	}
	if b.engine.store.bolt == nil {
		err = b.clusterLedger(ctx, m)
	} else {
		err = b.engine.store.keys.WithoutErasure(func() error { return b.ledger(ctx, m) })
	}
	if err == nil {
		err = b.streams(ctx, bus.SnapshotsAfterLedger())
	}
	if err == nil {
		m.MasterKey, err = b.masterKey(master)
	}
	return err
}

// streams takes a snapshot of each stream of the bus.
func (b backupParts) streams(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := b.to.Add(busFolder+name, func(w io.Writer) error { return bus.SnapshotsOf(b.engine.msg.bus).Take(ctx, name, w) }); err != nil {
			return err
		}
	}
	return nil
}

// ledger copies the ledger, then the data keys, so that every event has its key.
func (b backupParts) ledger(ctx context.Context, m *backup.Manifest) error {
	err := b.to.Add(ledgerFile, func(w io.Writer) error {
		last, err := b.engine.store.bolt.CopyTo(ctx, w)
		m.Position = uint64(last)
		return err
	})
	if err == nil {
		err = b.to.Add(dataKeysFile, b.engine.store.keys.CopyTo)
	}
	if err != nil {
		return err
	}
	proof, err := os.ReadFile(filepath.Join(b.engine.store.dir, proofFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.to.Add(proofFile, func(w io.Writer) error { _, err := w.Write(proof); return err })
}

// masterKey copies the master key file, if it is in the data directory: whoever keeps it elsewhere keeps
// it apart from backups too. before is what it had when the backup began.
func (b backupParts) masterKey(before []byte) (bool, error) {
	path := b.engine.cfg.MasterKeyFile
	now, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(before, now) {
		return false, fmt.Errorf("the keys in %s were changed while the backup was made: make it again", path)
	}
	home, err := filepath.Abs(filepath.Join(b.engine.store.dir, masterKeyFile))
	if err != nil {
		return false, err
	}
	if path, err = filepath.Abs(path); err != nil || b.noKey || path != home {
		return false, err
	}
	return true, b.to.Add(masterKeyFile, func(w io.Writer) error { _, err := w.Write(now); return err })
}
