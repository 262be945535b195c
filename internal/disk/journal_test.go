package disk_test

import (
	"path/filepath"
	"testing"

	"github.com/casehug/smokeball-sync/internal/disk"
)

func TestALivingFileSystemPasses(t *testing.T) {
	j := open(t, t.TempDir())
	for range 1000 {
		if err := j.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

// A journal that was closed stands for one that cannot be changed: real ones are broken by the
// campaign days of internal/rig/crashtest, which requires root.
func TestAFileSystemThatChangesNothingFails(t *testing.T) {
	j := open(t, t.TempDir())
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Check(); err == nil {
		t.Error("nothing can be changed, and the check passes")
	}
}

func BenchmarkCheck(b *testing.B) {
	j := open(b, b.TempDir())
	for b.Loop() {
		if err := j.Check(); err != nil {
			b.Fatal(err)
		}
	}
}

func open(t testing.TB, dir string) *disk.Journal {
	t.Helper()
	j, err := disk.OpenJournal(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}
