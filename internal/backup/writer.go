package backup

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// partial is the end of the name of a folder whose backup is not whole.
const partial = ".partial"

// Writer writes a backup.
type Writer struct {
	dir   string // that it gets at the end
	files []File
}

// Create begins a backup that will stand in dir, which must not exist. What an earlier one left there
// that was broken off is removed.
func Create(dir string) (*Writer, error) {
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("%s exists: name a folder that does not exist yet", dir)
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("make backup: %w", err)
	}
	if err := errors.Join(os.RemoveAll(dir+partial), os.MkdirAll(filepath.Dir(dir), 0o700), os.Mkdir(dir+partial, 0o700)); err != nil {
		return nil, fmt.Errorf("make backup: %w", err)
	}
	return &Writer{dir: dir}, nil
}

// Add writes a file. Its name may have folders, with slashes.
func (w *Writer) Add(name string, write func(io.Writer) error) error {
	path := filepath.Join(w.dir+partial, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	sum, size := sha256.New(), counter(0)
	if err := writeFile(path, func(to io.Writer) error { return write(io.MultiWriter(to, sum, &size)) }); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	w.files = append(w.files, File{Name: name, Bytes: int64(size), SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// Made takes a file into the backup that make writes at a path of its own.
func (w *Writer) Made(name string, make func(path string) error) error {
	path := filepath.Join(w.dir+partial, filepath.FromSlash(name))
	if err := make(path); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	w.files = append(w.files, File{Name: name, Bytes: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// Finish writes the manifest and gives the folder its name: from then on it is a backup.
func (w *Writer) Finish(m Manifest, key Signer) (Manifest, error) {
	m.Format, m.Files = Format, w.files
	if m.ID == "" {
		m.ID = NewID()
	}
	m.MadeAt, m.Until = m.MadeAt.UTC().Round(time.Second), m.Until.UTC().Round(time.Second)
	var err error
	if m.Signature, err = m.sign(key); err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	for _, step := range []func() error{
		func() error {
			return writeFile(filepath.Join(w.dir+partial, manifestName), func(to io.Writer) error { _, err := to.Write(append(text, '\n')); return err })
		},
		func() error { return w.syncFolders() },
		func() error { return os.Rename(w.dir+partial, w.dir) },
		func() error { return SyncFolder(filepath.Dir(w.dir)) },
	} {
		if err := step(); err != nil {
			return m, fmt.Errorf("finish backup: %w", err)
		}
	}
	return m, nil
}

// Abandon removes what was written.
func (w *Writer) Abandon() error { return os.RemoveAll(w.dir + partial) }

// NewID returns an id for a backup.
func NewID() string {
	return "bk_" + strings.ToLower(rand.Text()[:12])
}

func (w *Writer) syncFolders() error {
	folders := map[string]bool{w.dir + partial: true}
	for _, f := range w.files {
		folders[filepath.Dir(filepath.Join(w.dir+partial, filepath.FromSlash(f.Name)))] = true
	}
	for folder := range folders {
		if err := SyncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// SyncFolder writes a folder's entries to disk.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// writeFile writes a file of mode 0600, which does not exist yet, and syncs it.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
