package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// SealLedger seals what was written before the ledger in a data directory was sealed. No engine may
// run there. It writes a new file and puts it in the place of the old one at the end, so that it may
// be stopped at any time.
func SealLedger(ctx context.Context, dir, masterKey string) (s eventstore.SealedLedger, err error) {
	masterKey = cmp.Or(masterKey, filepath.Join(dir, "master-key.json"))
	e := newEngine(config.Settings{DataDir: dir, MasterKeyFile: masterKey}, Options{Log: slog.New(slog.DiscardHandler)})
	defer func() { err = errors.Join(err, e.Close()) }()
	for _, open := range []func(context.Context) error{e.store.hasLedger, e.store.openLedger} {
		if err := open(ctx); err != nil {
			return s, err
		}
	}
	v, err := vault.Open(masterKey)
	if err != nil {
		return s, err
	}
	path := ledgerPath(dir) + ".sealing"
	s, err = e.store.bolt.SealTo(ctx, path, &sealing.Sealer{Keys: e.store.keys}, v, time.Now())
	if err == nil {
		err = keepProof(dir, s)
	}
	if err == nil {
		err = dropViews(dir) // their rows name hashes of the old chain
	}
	if err == nil {
		err = os.Rename(path, ledgerPath(dir))
	}
	if err != nil {
		return s, errors.Join(fmt.Errorf("seal the ledger in %s: %w", dir, err), os.RemoveAll(path))
	}
	return s, nil
}

// lostKeys counts the data keys of the ledger that no key of the master keyset opens.
func (s *storage) lostKeys(context.Context) (lost int, ok bool, err error) {
	if s.keys == nil {
		return 0, false, nil
	}
	lost, err = s.keys.Lost()
	return lost, true, err
}

func dropViews(dir string) error {
	if err := os.Remove(filepath.Join(dir, "views.db")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// keepProof writes how the sealed ledger came from the old one beside it, as the newest line.
func keepProof(dir string, s eventstore.SealedLedger) error {
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "ledger.sealed"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}
