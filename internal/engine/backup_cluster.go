package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/backup"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// A backup of a cluster has the form of one of a single machine: the ledger as a file, sealed with data
// keys of its own, because those of the cluster never leave it.

// backupTries is how often the ledger is copied again because a key was destroyed meanwhile.
const backupTries = 5

var errErasing = errors.New("data were erased while each of several copies was made: make the backup again when erasures are done")

// clusterLedger copies the ledger of a cluster while engines write to it. A copy during which a key was
// destroyed is made again: it could lack what says why its texts can't be read.
func (b backupParts) clusterLedger(ctx context.Context, m *backup.Manifest) error {
	key, err := vault.Open(b.engine.cfg.MasterKeyFile)
	if err != nil {
		return err
	}
	err = b.to.Made(ledgerFile, func(path string) error {
		keysPath := filepath.Join(filepath.Dir(path), dataKeysFile)
		for range backupTries {
			before, err := b.destroyed()
			if err != nil {
				return err
			}
			if m.Position, err = copySealed(ctx, b.engine.store.source, path, keysPath, key); err != nil {
				return err
			}
			after, err := b.destroyed()
			if err != nil || before == after {
				return err
			}
		}
		return errErasing
	})
	if err != nil {
		return err
	}
	return b.to.Made(dataKeysFile, func(string) error { return nil }) // it stands there already
}

// destroyed is the newest destruction of a key of the cluster.
func (b backupParts) destroyed() (uint64, error) {
	if b.engine.store.shared == nil {
		return 0, nil
	}
	err := b.engine.store.shared.Refresh()
	newest, _ := b.engine.store.shared.Destroyed()
	return newest, err
}

// copySealed copies a ledger to a file that it seals with new keys, and returns its last position.
func copySealed(ctx context.Context, from eventstore.Source, path, keysPath string, key *vault.Vault) (uint64, error) {
	if err := os.Remove(keysPath); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	keys, err := sealing.OpenKeys(keysPath, key)
	if err != nil {
		return 0, err
	}
	s, err := eventstore.CopyToFile(ctx, from, path, &sealing.Sealer{Keys: keys}, key, time.Now())
	return s.Events, errors.Join(err, keys.Close())
}
