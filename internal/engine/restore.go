package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/backup"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// VerifiedBackup is what was found of a backup.
type VerifiedBackup struct {
	Manifest backup.Manifest
	Ledger   eventstore.Verified
	Proof    eventstore.Proof
	DataKeys int    // that no key of the master keyset opens
	Again    int    // erasures that are done again, because the backup is older than they are
	Erasures string // where the engine that made the backup keeps its list of erasures; empty: unknown

	key *vault.Vault
}

// VerifyBackup reads all of a backup: each file against the manifest, the manifest's signature, every
// event, hash chain and signature of the ledger, and whether its data keys open. masterKey is the master
// key file; empty: the one in the backup.
func VerifyBackup(ctx context.Context, dir, masterKey string) (v VerifiedBackup, err error) {
	if v.Manifest, err = backup.Read(dir); err != nil {
		return v, err
	}
	if err := v.Manifest.CheckFiles(ctx, dir); err != nil {
		return v, err
	}
	if masterKey == "" && !v.Manifest.MasterKey {
		return v, fmt.Errorf("the backup in %s was made without the master key file: name it with --master-key-file", dir)
	}
	if masterKey == "" {
		masterKey = filepath.Join(dir, masterKeyFile)
	}
	key, err := openVault(masterKey)
	if err != nil {
		return v, err
	}
	if err := v.Manifest.CheckSignature(key); err != nil {
		return v, fmt.Errorf("backup in %s: %w", dir, err)
	}
	if v.Erasures, err = listPathOf(dir, v.Manifest); err != nil {
		return v, err
	}
	v.key = key
	return v, v.ledger(ctx, dir, masterKey, key)
}

// ledger reads the ledger of the backup.
func (v *VerifiedBackup) ledger(ctx context.Context, dir, masterKey string, key *vault.Vault) (err error) {
	keys, err := sealing.OpenKeysReadOnly(sealing.Path(dir), key)
	if err != nil {
		return err
	}
	v.DataKeys, err = keys.Lost()
	if err := errors.Join(err, keys.Close()); err != nil {
		return err
	}
	if v.DataKeys > 0 {
		return fmt.Errorf("%d data keys of the backup are wrapped by keys that the master key file no longer has: what they sealed is gone", v.DataKeys)
	}
	ledger, err := sealing.OpenLedger(dir, masterKey)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	if v.Ledger, err = eventstore.Verify(ctx, ledger, eventstore.Seq(v.Manifest.Position)); err != nil {
		return err
	}
	if uint64(v.Ledger.Last) != v.Manifest.Position {
		return fmt.Errorf("the ledger of the backup ends at %d, and its manifest says %d: %w", v.Ledger.Last, v.Manifest.Position, backup.ErrDamaged)
	}
	v.Proof, err = eventstore.Prove(ctx, ledger, key, v.Ledger.Last)
	return err
}

// openVault opens a master key file that exists: one that is made now opens nothing.
func openVault(path string) (*vault.Vault, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("ENGINE_MASTER_KEY_FILE: %w; it needs the engine's own master key file", err)
	}
	return vault.Open(path)
}

// Restore makes the data directory dir from a backup, which is verified first. masterKey is the master key
// file; the backup's own is put there if there is none. Of the erasures in erased, which may be nil, those
// that the backup does not know of are done again. An engine that starts on the directory goes on
// from there; none starts if this was broken off.
func Restore(ctx context.Context, from, dir, masterKey string, erased *domain.ErasureList) (v VerifiedBackup, err error) {
	r := restoring{from: from, dir: dir, masterKey: masterKey, key: cmp.Or(masterKey, filepath.Join(dir, masterKeyFile)), erased: erased}
	if _, err := os.Stat(masterKey); err == nil {
		r.masterKey = ""
	} else {
		r.masterKey, masterKey = cmp.Or(masterKey, filepath.Join(dir, masterKeyFile)), ""
	}
	if v, err = VerifyBackup(ctx, from, masterKey); err != nil {
		return v, err
	}
	r.manifest = v.Manifest
	if !time.Now().Before(v.Manifest.Until) {
		return v, fmt.Errorf("the backup in %s ended on %s: delete it, as was promised for what was erased since; restore a newer one", from, v.Manifest.Until.Format(time.DateOnly))
	}
	if err := v.checkErasures(erased); err != nil {
		return v, err
	}
	target, err := backup.Begin(dir)
	if err != nil {
		return v, err
	}
	for _, step := range []func(context.Context) error{r.files, r.streams, r.note, func(ctx context.Context) (err error) { v.Again, err = r.erasures(ctx); return err }} {
		if err := step(ctx); err != nil {
			return v, fmt.Errorf("restore into %s: %w", dir, err)
		}
	}
	return v, target.Finish()
}

// checkErasures refuses a list of erasures that was not signed with the backup's master keyset, or that is
// older than the backup: what it lacks would come back.
func (v VerifiedBackup) checkErasures(list *domain.ErasureList) error {
	if list == nil {
		return nil
	}
	if err := believe(*list, v.key.Name); err != nil {
		return fmt.Errorf("%w; name the list as it was written with --erasures, or restore without one with “--erasures none”", err)
	}
	if list.Made.Before(v.Manifest.MadeAt) {
		return fmt.Errorf("the list of erasures is of %s, and the backup of %s: it can't have what was erased after the backup was made; name a newer list with --erasures, or restore with “--erasures none” and erase again yourself",
			list.Made.UTC().Format(time.RFC3339), v.Manifest.MadeAt.UTC().Format(time.RFC3339))
	}
	return nil
}

// restoring is a restore under way.
type restoring struct {
	from, dir string
	masterKey string // where the backup's master key file is put; empty: nowhere
	key       string // the master key file
	erased    *domain.ErasureList
	manifest  backup.Manifest
}

// files copies the files.
func (r restoring) files(ctx context.Context) error {
	to := map[string]string{ledgerFile: ledgerPath(r.dir), dataKeysFile: sealing.Path(r.dir)}
	if r.manifest.Has(proofFile) {
		to[proofFile] = filepath.Join(r.dir, proofFile)
	}
	if r.masterKey != "" {
		to[masterKeyFile] = r.masterKey
	}
	for name, path := range to {
		if err := r.manifest.CopyTo(ctx, r.from, name, path); err != nil {
			return err
		}
	}
	return nil
}

// streams fills an embedded server with the snapshots.
func (r restoring) streams(ctx context.Context) (err error) {
	b, err := bus.OpenBare(ctx, bus.Config{Listen: "off", DataDir: r.dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, messaging{bus: b}.close()) }()
	for _, name := range slices.Concat(bus.SnapshotsBeforeLedger(), bus.SnapshotsAfterLedger()) {
		if err := r.stream(ctx, bus.SnapshotsOf(b).WithReplicas(1), name); err != nil {
			return err
		}
	}
	return bus.SnapshotsOf(b).DeliverAfter(ctx, r.manifest.Floors)
}

func (r restoring) stream(ctx context.Context, to bus.Snapshots, name string) error {
	f, err := os.Open(filepath.Join(r.from, filepath.FromSlash(busFolder+name)))
	if err != nil {
		return err
	}
	return errors.Join(to.Restore(ctx, name, f), f.Close())
}

// note records in the ledger that it was restored.
func (r restoring) note(ctx context.Context) (err error) {
	ledger, err := eventstore.OpenBolt(ledgerPath(r.dir), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	_, _, err = eventstore.Execute(ctx, ledger, time.Now, domain.LedgerStream(), func(domain.Backups) ([]domain.Event, error) {
		return []domain.Event{domain.LedgerRestored{Backup: r.manifest.ID, Position: r.manifest.Position, Made: r.manifest.MadeAt}}, nil
	})
	return err
}

// erasures takes over the erasures that are newer than the backup.
func (r restoring) erasures(ctx context.Context) (taken int, err error) {
	if r.erased == nil || len(r.erased.Entries) == 0 {
		return 0, nil
	}
	e := newEngine(config.Settings{DataDir: r.dir, MasterKeyFile: r.key}, Options{Log: slog.New(slog.DiscardHandler)})
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.store.openLedger(ctx); err != nil {
		return 0, err
	}
	return e.store.erasing().Again(ctx, r.erased.Entries)
}

// loadRestored reads when the ledger was restored.
func (s *storage) loadRestored(ctx context.Context) error {
	b, _, err := eventstore.Load[domain.Backups](ctx, s.ledger, domain.LedgerStream())
	s.restored = b.Restored
	return err
}

// afterRestore lets work begin when Smokeball shows what was created just before the ledger was restored:
// the engine looks for it before it creates anything. visible is how long Smokeball may take.
func afterRestore(restored time.Time, visible time.Duration, log *slog.Logger, work func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if wait := min(visible, time.Until(restored.Add(visible))); wait > 0 {
			log.Info("the ledger was just restored: Smokeball is called when it shows what was created before", "in", wait)
			if retry.Wait(ctx, wait) != nil {
				return nil
			}
		}
		return work(ctx)
	}
}
