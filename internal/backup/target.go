package backup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// unfinished is the file in a data directory while a backup is restored into it.
const unfinished = "restore-unfinished"

// Target is a data directory that a backup is restored into.
type Target struct{ dir string }

// Begin makes the directory, which must be empty or not exist, and marks it as one that no engine may
// start on. One that an earlier restore was broken off in is emptied.
func Begin(dir string) (Target, error) {
	t := Target{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return t, fmt.Errorf("restore into %s: %w", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return t, fmt.Errorf("restore into %s: %w", dir, err)
	}
	if len(entries) > 0 && CheckFinished(dir) == nil {
		return t, fmt.Errorf("restore into %s: the directory is not empty; name one that is empty or does not exist", dir)
	}
	if len(entries) == 0 {
		if err := t.claim(); err != nil {
			return t, fmt.Errorf("restore into %s: %w", dir, err)
		}
	}
	for _, e := range entries {
		if e.Name() == unfinished {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return t, fmt.Errorf("restore into %s: %w", dir, err)
		}
	}
	return t, nil
}

// claim marks the directory as one that a restore is under way in.
func (t Target) claim() error {
	err := writeFile(filepath.Join(t.dir, unfinished), func(w io.Writer) error {
		_, err := io.WriteString(w, "A backup is being restored, or a cluster copied, into this directory, or that was broken off. Run the command again.\n")
		return err
	})
	return errors.Join(err, SyncFolder(t.dir))
}

// Finish lets engines start on the directory.
func (t Target) Finish() error {
	if err := SyncFolder(t.dir); err != nil {
		return err
	}
	return errors.Join(os.Remove(filepath.Join(t.dir, unfinished)), SyncFolder(t.dir))
}

// ErrUnfinished says that a restore into a data directory was broken off.
var ErrUnfinished = errors.New("a restore into it was not finished")

// CheckFinished fails with ErrUnfinished if a restore into the directory has not ended well.
func CheckFinished(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, unfinished)); err == nil {
		return fmt.Errorf("%w: run “smokeball-sync restore” (or “copy from-cluster”) into it again", ErrUnfinished)
	}
	return nil
}
