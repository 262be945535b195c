package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/backup"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

// ledger is the event store, and how it is closed.
type ledger interface {
	eventstore.Store
	Close() error
}

// wrappedLedger is a ledger behind a Store that changes what it does.
type wrappedLedger struct {
	eventstore.Store
	ledger io.Closer
}

// Close closes the ledger.
func (l wrappedLedger) Close() error { return l.ledger.Close() }

// storage is what the engine keeps in its data directory: the ledger, the views and the spool.
// On a cluster the ledger is a stream of the bus, and only its mark is here.
type storage struct {
	dir       string
	onCluster bool
	log       *slog.Logger
	told      eventstore.Observer // of appends
	closers   *closers
	ledger    ledger
	source    source             // the same ledger
	bolt      *eventstore.Bolt   // the ledger of one machine; nil on a cluster
	keys      *sealing.Keys      // of what the ledger says of persons; nil: it is not sealed
	shared    *sealing.Shared    // the keys of a cluster, which its engines share; nil on one machine
	local     *sealing.LocalKeys // of files that stay on this machine
	masterKey string             // the file of the master keyset, which wraps them
	views     *projections.Views
	fresh     bool      // the views' file was not there before
	destroyed uint64    // the newest destruction of a shared key when they were opened
	restored  time.Time // when the ledger was restored from a backup; zero: never
}

// source is a ledger of either kind.
type source interface {
	eventstore.Source
	eventstore.KindReader
	Forget()
}

// viewsFile is the file of the views in a data directory.
const viewsFile = "views.db"

func ledgerPath(dir string) string { return filepath.Join(dir, ledgerFile) }

func (s *storage) spool() string { return filepath.Join(s.dir, "spool") }

// openFolder makes the data directory. The files that only one process may hold are
// opened next: an engine that finds another one there leaves before it touches more.
func (s *storage) openFolder(context.Context) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w; it needs a directory that the engine may write", s.dir, err)
	}
	return checkRestored(s.dir)
}

// checkRestored fails if a restore into the directory was broken off.
func checkRestored(dir string) error {
	if err := backup.CheckFinished(dir); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w", dir, err)
	}
	return nil
}

// hasLedger requires an engine to have worked here before.
func (s *storage) hasLedger(context.Context) error {
	if s.onCluster {
		return nil
	}
	if err := checkRestored(s.dir); err != nil {
		return err
	}
	if _, err := os.Stat(ledgerPath(s.dir)); err != nil {
		return noLedger(s.dir, err)
	}
	return nil
}

func noLedger(dir string, err error) error {
	return fmt.Errorf("ENGINE_DATA_DIR is %s: no engine runs on it and there is no ledger (%w); name the engine's data directory with --data-dir", dir, err)
}

// openLedger opens the ledger of one machine, a bbolt file.
func (s *storage) openLedger(context.Context) (err error) {
	if s.onCluster {
		return nil
	}
	seals := &sealing.Sealer{}
	if s.bolt, err = eventstore.OpenBolt(ledgerPath(s.dir), eventstore.BoltOptions{Log: s.log, Seals: seals, Told: s.told, Room: doctor.Free}); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w", s.dir, err)
	}
	s.ledger, s.source = s.bolt, s.bolt
	s.closers.add(s.ledger.Close)
	return s.openKeys(seals)
}

// openKeys opens the data keys; that the ledger is open shows that no other engine has them.
func (s *storage) openKeys(seals *sealing.Sealer) error {
	v, err := vault.Open(s.masterKey)
	if err != nil {
		return err
	}
	if s.keys, err = sealing.OpenKeys(sealing.Path(s.dir), v); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w", s.dir, err)
	}
	seals.Keys = s.keys
	s.closers.add(s.keys.Close)
	return s.openLocalKeys(v)
}

// openLocalKeys opens the keys of files that stay on this machine.
func (s *storage) openLocalKeys(v *vault.Vault) (err error) {
	if s.local, err = sealing.OpenLocalKeys(sealing.LocalPath(s.dir), v); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w", s.dir, err)
	}
	s.closers.add(s.local.Close)
	return nil
}

// openLedgerStream opens the ledger of a cluster, a JetStream stream.
func (s *storage) openLedgerStream(ctx context.Context, stream func() jetstream.JetStream, replicas int) (err error) {
	if !s.onCluster {
		return nil
	}
	seals := &sealing.Sealer{}
	l, err := eventstore.OpenJetStream(ctx, stream(), eventstore.JetStreamConfig{Replicas: replicas,
		MarkFile: filepath.Join(s.dir, "ledger.mark"), Log: s.log, Told: s.told, Seals: seals})
	if err != nil {
		return err
	}
	s.ledger, s.source = l, l
	s.closers.add(s.ledger.Close)
	if !l.IsSealed() {
		s.log.Warn("the cluster's ledger was begun by a version that did not seal: it holds names in plain text, and nothing of it can be erased; “smokeball-sync copy” seals it")
		return nil
	}
	return s.openSharedKeys(ctx, stream(), replicas, seals)
}

// openClusterKeys opens the data keys of a cluster whose ledger is sealed, without the ledger.
func (s *storage) openClusterKeys(ctx context.Context, js jetstream.JetStream) error {
	if !s.onCluster {
		return nil
	}
	l, err := eventstore.OpenJetStreamReadOnly(ctx, js, nil)
	if errors.Is(err, jetstream.ErrStreamNotFound) || err == nil && !l.IsSealed() {
		return nil
	}
	if err != nil {
		return err
	}
	return s.openSharedKeys(ctx, js, 0, &sealing.Sealer{})
}

// openSharedKeys opens the data keys of a cluster.
func (s *storage) openSharedKeys(ctx context.Context, js jetstream.JetStream, replicas int, seals *sealing.Sealer) error {
	v, err := vault.Open(s.masterKey)
	if err != nil {
		return err
	}
	if s.shared, err = sealing.OpenShared(ctx, js, v, replicas); err != nil {
		return err
	}
	s.keys, seals.Keys = s.shared.Keys, s.shared.Keys
	s.destroyed, _ = s.shared.Destroyed()
	s.closers.add(s.shared.Close)
	return nil
}

func (s *storage) openViews(context.Context) (err error) {
	if s.local == nil { // the ledger is a cluster's
		v, err := vault.Open(s.masterKey)
		if err == nil {
			err = s.openLocalKeys(v)
		}
		if err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, viewsFile)); errors.Is(err, os.ErrNotExist) {
		s.fresh = true
	}
	if s.views, err = projections.Open(filepath.Join(s.dir, viewsFile), s.local); err != nil {
		return err
	}
	s.closers.add(s.views.Close)
	if damage := s.views.Damage(); damage != nil {
		s.log.Warn("the views' file was damaged or its key is lost: it was removed, and the views are folded again from the ledger; check the disk", "err", damage)
	}
	return nil
}

// openSpool makes the spool and empties it of what a killed engine left.
func (s *storage) openSpool(context.Context) error {
	if err := errors.Join(os.RemoveAll(s.spool()), os.MkdirAll(s.spool(), 0o700)); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: its spool can't be emptied: %w", s.dir, err)
	}
	return nil
}
