package disk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/casehug/smokeball-sync/internal/disk"
)

// TestAnothersJournalIsNamed: a command that was run as root has made the file, and the engine's user can't
// open it.
func TestAnothersJournalIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can leave a file to another user")
	}
	dir := t.TempDir()
	open(t, dir)
	opened := make(chan error)
	go func() { // of a thread that ends with it, because it does not become root again
		runtime.LockOSThread()
		_ = os.Chmod(filepath.Dir(dir), 0o711)
		_ = syscall.Setfsuid(65534)
		_, err := disk.OpenJournal(filepath.Join(dir, "data"))
		opened <- err
	}()
	err := <-opened
	if err == nil {
		t.Fatal("it opens")
	}
	for _, want := range []string{filepath.Join(dir, "data.flush"), "another user made it", "chown"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it is said %q, without %q", err, want)
		}
	}
}
