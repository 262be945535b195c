package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/eventstore"
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
	closers   *closers
	ledger    ledger
	views     *projections.Views
}

func ledgerPath(dir string) string { return filepath.Join(dir, "ledger.db") }

func (s *storage) spool() string { return filepath.Join(s.dir, "spool") }

// openFolder makes the data directory. The files that only one process may hold are
// opened next: an engine that finds another one there leaves before it touches more.
func (s *storage) openFolder(context.Context) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w; it needs a directory that the engine may write", s.dir, err)
	}
	return nil
}

// hasLedger requires an engine to have worked here before.
func (s *storage) hasLedger(context.Context) error {
	if s.onCluster {
		return nil
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
	if s.ledger, err = eventstore.OpenBolt(ledgerPath(s.dir), eventstore.BoltOptions{Log: s.log}); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w", s.dir, err)
	}
	s.closers.add(s.ledger.Close)
	return nil
}

// openLedgerStream opens the ledger of a cluster, a JetStream stream.
func (s *storage) openLedgerStream(ctx context.Context, stream func() jetstream.JetStream, replicas int) (err error) {
	if !s.onCluster {
		return nil
	}
	s.ledger, err = eventstore.OpenJetStream(ctx, stream(), eventstore.JetStreamConfig{Replicas: replicas,
		MarkFile: filepath.Join(s.dir, "ledger.mark"), Log: s.log})
	if err == nil {
		s.closers.add(s.ledger.Close)
	}
	return err
}

func (s *storage) openViews(context.Context) (err error) {
	if s.views, err = projections.Open(filepath.Join(s.dir, "views.db")); err == nil {
		s.closers.add(s.views.Close)
	}
	return err
}

// openSpool makes the spool and empties it of what a killed engine left.
func (s *storage) openSpool(context.Context) error {
	if err := errors.Join(os.RemoveAll(s.spool()), os.MkdirAll(s.spool(), 0o700)); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: its spool can't be emptied: %w", s.dir, err)
	}
	return nil
}
