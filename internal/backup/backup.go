// Package backup is the form of a backup: a folder with files and a manifest, which is written last.
//
// A folder is a whole backup or none: while it is made it has another name, and without its manifest
// nothing reads it. The manifest has the size and the SHA-256 of each file, and a signature with the
// master keyset, so that a file that was cut, changed, swapped or left out is found.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// manifestName is the file that makes a folder a backup.
const manifestName = "backup.json"

// Format is the version of this form.
const Format = 1

// Manifest says what a backup holds.
type Manifest struct {
	Format    int       `json:"format"`
	ID        string    `json:"id"`
	Engine    string    `json:"engine"` // its version
	MadeAt    time.Time `json:"made_at"`
	Until     time.Time `json:"until"` // from then on it is to be deleted
	Position  uint64    `json:"position"`
	MasterKey bool      `json:"master_key"` // it holds the master key file
	// Floors are, for each durable consumer of the bus, the sequence up to which everything was taken
	// in when the ledger was copied.
	Floors    map[string]uint64 `json:"taken_in"`
	Files     []File            `json:"files"`
	Signature string            `json:"signature"`
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Bytes is the size of all files.
func (m Manifest) Bytes() (sum int64) {
	for _, f := range m.Files {
		sum += f.Bytes
	}
	return sum
}

// Has reports whether the backup has a file of the name.
func (m Manifest) Has(name string) bool {
	for _, f := range m.Files {
		if f.Name == name {
			return true
		}
	}
	return false
}

// Signer makes keyed hashes with the master keyset.
type Signer interface {
	Name(text string) (string, error)
}

// sign returns the signature of the rest of the manifest.
func (m Manifest) sign(key Signer) (string, error) {
	m.Signature = ""
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	return key.Name("backup " + string(text))
}

// ErrNotWhole says that a folder is no whole backup.
var ErrNotWhole = errors.New("this is not a whole backup")

// ErrDamaged says that a file of a backup is not what was written.
var ErrDamaged = errors.New("the backup is damaged")

// ErrOtherKey says that the backup was not signed with this master keyset.
var ErrOtherKey = errors.New("the backup was made with another master key, or its manifest was changed")

// Read reads the manifest of the backup in a folder.
func Read(dir string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: %w; a backup that was broken off is to be deleted and made again", dir, manifestName, ErrNotWhole)
	}
	if err != nil {
		return m, fmt.Errorf("read backup: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s in %s can't be read (%w): %w", manifestName, dir, err, ErrDamaged)
	}
	if m.Format != Format {
		return m, fmt.Errorf("the backup in %s has format %d, and this program reads %d: use the version that made it, %s", dir, m.Format, Format, m.Engine)
	}
	return m, nil
}

// CheckSignature fails with ErrOtherKey if the manifest is not signed with the key.
func (m Manifest) CheckSignature(key Signer) error {
	want, err := m.sign(key)
	if err == nil && want != m.Signature {
		err = ErrOtherKey
	}
	return err
}

// CheckFiles compares all files with the manifest.
func (m Manifest) CheckFiles(ctx context.Context, dir string) error {
	for _, f := range m.Files {
		if err := f.copy(ctx, dir, io.Discard); err != nil {
			return err
		}
	}
	return nil
}

// CopyTo writes a file of a backup to another place, and fails with ErrDamaged if it is not what was
// written.
func (m Manifest) CopyTo(ctx context.Context, dir, name, to string) error {
	for _, f := range m.Files {
		if f.Name != name {
			continue
		}
		return writeFile(to, func(w io.Writer) error { return f.copy(ctx, dir, w) })
	}
	return fmt.Errorf("the backup has no file %s: %w", name, ErrDamaged)
}

func (f File) copy(ctx context.Context, dir string, to io.Writer) error {
	in, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Name)))
	if err != nil {
		return fmt.Errorf("%s can't be read (%w): %w", f.Name, err, ErrDamaged)
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), readerOf(ctx, in))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", f.Name, err)
	case n != f.Bytes:
		return fmt.Errorf("%s has %d bytes of %d: %w", f.Name, n, f.Bytes, ErrDamaged)
	case hex.EncodeToString(sum.Sum(nil)) != f.SHA256:
		return fmt.Errorf("%s is not what was written: %w", f.Name, ErrDamaged)
	}
	return nil
}

// readerOf is a reader that fails when ctx has ended.
func readerOf(ctx context.Context, from io.Reader) io.Reader { return ctxReader{ctx, from} }

type ctxReader struct {
	ctx  context.Context
	from io.Reader
}

func (r ctxReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(b)
}
