package sealing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Path is where the data keys of a data directory are.
func Path(dir string) string { return filepath.Join(dir, "data-keys") }

// OpenLedger opens the ledger in the data directory of an engine that does not run, for reading,
// with its data keys.
func OpenLedger(dir, masterKey string) (*eventstore.Bolt, error) {
	return openLedger(dir, masterKey, eventstore.OpenBoltReadOnly)
}

// OpenDamagedLedger is OpenLedger for a ledger whose end is not what it was, to name what it lost.
func OpenDamagedLedger(dir, masterKey string) (*eventstore.Bolt, error) {
	return openLedger(dir, masterKey, eventstore.OpenBoltDamaged)
}

func openLedger(dir, masterKey string, open func(string, eventstore.BoltOptions) (*eventstore.Bolt, error)) (*eventstore.Bolt, error) {
	seals := &Sealer{}
	ledger, err := open(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Seals: seals})
	if err != nil {
		return nil, err
	}
	if seals.Keys, err = openForReading(Path(dir), masterKey); err != nil {
		_ = ledger.Close()
		return nil, err
	}
	return ledger, nil
}

// openForReading opens the data keys of an engine that does not run. Without a file nothing is
// sealed yet.
func openForReading(path, masterKey string) (*Keys, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return &Keys{home: &keyFile{path: path}}, nil
	}
	v, err := openMasterKey(masterKey)
	if err != nil {
		return nil, err
	}
	return OpenKeysReadOnly(path, v)
}

// openMasterKey opens a master key file that exists: one that is made now opens nothing.
func openMasterKey(path string) (*vault.Vault, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("ENGINE_MASTER_KEY_FILE: %w; it needs the file that the engine uses, because it opens what the ledger says of persons", err)
	}
	return vault.Open(path)
}

// OpenKeysReadOnly opens an existing file of data keys for reading.
func OpenKeysReadOnly(path string, v *vault.Vault) (*Keys, error) {
	f, err := openKeyFile(path, true)
	if err != nil {
		return nil, err
	}
	return &Keys{vault: v, home: f, opened: map[string]*dataKey{}}, nil
}

// ClusterLedger is the ledger of a cluster, opened for reading.
type ClusterLedger struct {
	*eventstore.JetStream
	keys *Shared // nil: it is not sealed
}

// OpenClusterLedger opens the ledger of a cluster for reading, with its data keys if it is sealed.
func OpenClusterLedger(ctx context.Context, js jetstream.JetStream, masterKey string) (l ClusterLedger, err error) {
	seals := &Sealer{}
	if l.JetStream, err = eventstore.OpenJetStreamReadOnly(ctx, js, seals); err != nil || !l.IsSealed() {
		return l, err
	}
	v, err := openMasterKey(masterKey)
	if err != nil {
		return l, err
	}
	if l.keys, err = OpenShared(ctx, js, v, 0); err == nil {
		seals.Keys = l.keys.Keys
	}
	return l, err
}

// Close closes the data keys.
func (l ClusterLedger) Close() error {
	if l.keys == nil {
		return nil
	}
	return l.keys.Close()
}
