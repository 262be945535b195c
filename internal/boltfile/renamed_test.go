package boltfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// TestAFileThatLosesItsNameWhileItIsOpenedIsNotTheOneThatIsOpen: whoever waits for the lock of a file that is
// being replaced would get that of the old one when it is closed, and read what nobody writes any more.
func TestAFileThatLosesItsNameWhileItIsOpenedIsNotTheOneThatIsOpen(t *testing.T) {
	for _, readOnly := range []bool{true, false} {
		path, next := file(t), filepath.Join(t.TempDir(), "next.db")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(next, data, 0o600); err != nil {
			t.Fatal(err)
		}
		times := 0
		db, err := boltfile.Open(path, 0o600, &bbolt.Options{ReadOnly: readOnly, Timeout: time.Minute, OpenFile: func(name string, flags int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flags, mode)
			if times++; times == 1 {
				err = os.Rename(next, path)
			}
			return f, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		if times < 2 {
			t.Errorf("read only %v: open is the file that has lost its name", readOnly)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
