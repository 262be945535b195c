package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/casehug/smokeball-sync/internal/config"
)

// TestFilesOfAnotherUserAreTold: what a command made that was run as root stops the engine's next start.
func TestFilesOfAnotherUserAreTold(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can leave a file to another user")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ledger.db", "ledger.db.flush", "data-keys", "data-keys.flush"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "data-keys.flush" {
			if err := os.Chown(path, 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
	}
	found := filesOf(config.Settings{DataDir: dir})(t.Context())
	if len(found) != 1 || found[0].Subject != filepath.Join(dir, "data-keys.flush") {
		t.Errorf("found is %+v", found)
	}
}

// TestAFaultOfACopyNamesWhatWasCopied: the temporary folder is gone when the fault is read.
func TestAFaultOfACopyNamesWhatWasCopied(t *testing.T) {
	err := error(copyFault{&os.PathError{Op: "open", Path: "/tmp/keys-1/nats/jetstream", Err: os.ErrPermission}, "/tmp/keys-1", "/var/lib/engine"})
	if got := err.Error(); got != "open /var/lib/engine/nats/jetstream: permission denied" {
		t.Errorf("it is %q", got)
	}
}
