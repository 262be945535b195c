package eventstore_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/casehug/smokeball-sync/eventstore"
)

// TestANewLedgerFlushesItsFolder: a power cut right after the first start would take the file's name. Who
// may not read the folder can't flush it, and is told.
func TestANewLedgerFlushesItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() { // of a thread that ends with it, because it does not become root again
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			_ = os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o711)
			_ = os.Chmod(filepath.Dir(dir), 0o711)
			_ = os.Chown(dir, 65534, 65534)
			_ = syscall.Setfsuid(65534)
		}
		err := os.Chmod(dir, 0o300)
		if err == nil {
			_, err = eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
		}
		opened <- err
	}()
	if err := <-opened; err == nil || !strings.Contains(err.Error(), "flush its folder") {
		t.Errorf("it opens with %v", err)
	}
	_ = os.Chmod(dir, 0o700)
}
