package vault

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// file is the master key file: two keysets in Tink's JSON form, and their checksum. A flipped bit in
// the key that names would give the same person another name.
type file struct {
	Sealing json.RawMessage `json:"sealing"`
	Naming  json.RawMessage `json:"naming"`
	Sum     string          `json:"sum,omitempty"` // "": a version before wrote the file
}

// sum is the checksum of both keysets, however their JSON is laid out.
func (f file) sum() (string, error) {
	var b bytes.Buffer
	if err := errors.Join(json.Compact(&b, f.Sealing), json.Compact(&b, f.Naming)); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

var errSum = errors.New("its keys do not match its checksum")

// sealing is the opened keyset that seals.
type sealing struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// stamp distinguishes one content of the file from the next.
type stamp struct {
	at   time.Time
	size int64
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.ModTime(), info.Size()}, nil
}

// read reads the file, provided that nobody else may. The stamp is taken first: a change
// in between is read again.
func read(path string) (stamp, file, error) {
	var f file
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, f, fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: %w", path, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return stamp{}, f, fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: mode is %04o, others may read it; run: chmod 600 %s", path, mode, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return stamp{}, f, fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: %w", path, err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return stamp{}, f, damaged(path, err)
	}
	if f.Sum != "" {
		if sum, err := f.sum(); err != nil || sum != f.Sum {
			return stamp{}, f, damaged(path, cmp.Or(err, errSum))
		}
	}
	return stamp{info.ModTime(), info.Size()}, f, nil
}

func damaged(path string, err error) error {
	return fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: not a master key file: %w; restore it from your backup, since without it tokens can't be opened", path, err)
}

func (f file) open() (*sealing, *prf.Set, error) {
	handle, err := parseKeyset(f.Sealing)
	if err != nil {
		return nil, nil, fmt.Errorf("sealing keyset: %w", err)
	}
	names, err := parseKeyset(f.Naming)
	if err != nil {
		return nil, nil, fmt.Errorf("naming keyset: %w", err)
	}
	seals, err := aead.New(handle)
	if err != nil {
		return nil, nil, fmt.Errorf("sealing keyset: %w", err)
	}
	naming, err := prf.NewPRFSet(names)
	if err != nil {
		return nil, nil, fmt.Errorf("naming keyset: %w", err)
	}
	return &sealing{handle, seals}, naming, nil
}

func parseKeyset(data []byte) (*keyset.Handle, error) {
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
}

func printKeyset(h *keyset.Handle) (json.RawMessage, error) {
	var b bytes.Buffer
	err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b))
	return b.Bytes(), err
}

func newKeyset(t *tinkpb.KeyTemplate) (json.RawMessage, error) {
	h, err := keyset.NewHandle(t)
	if err != nil {
		return nil, err
	}
	return printKeyset(h)
}

// create makes the file; it fails with fs.ErrExist where another process was first.
func create(path string) error {
	sealing, err := newKeyset(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	naming, err := newKeyset(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return err
	}
	return file{Sealing: sealing, Naming: naming}.write(path, os.Link)
}

// write puts the whole file in place, or nothing: to a temporary name, to the disk, then
// by place to the final name.
func (f file) write(path string, place func(from, to string) error) error {
	sum, err := f.sum()
	if err != nil {
		return err
	}
	f.Sum = sum
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: %w", path, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".master-*") // mode 0600
	if err != nil {
		return fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: %w", path, err)
	}
	defer os.Remove(tmp.Name()) // fails where it was renamed
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = place(tmp.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: %w", path, err)
	}
	return nil
}

// syncDir brings the folder's entries to the disk: a key must not be lost after something
// was sealed with it. Windows does that with the file itself.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
