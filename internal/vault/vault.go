// Package vault keeps what must not be read by others: it seals values under the
// master keyset, and derives names that tell nobody whom they stand for.
package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Vault holds the opened master keyset. It is safe for concurrent use.
type Vault struct {
	sealing tink.AEAD
	naming  *prf.Set
}

// file is the master key file: two keysets in Tink's JSON form.
type file struct {
	Sealing json.RawMessage `json:"sealing"`
	Naming  json.RawMessage `json:"naming"`
}

// Open reads the master key file, or makes it with mode 0600 where there is none. A
// file that others may read is refused.
func Open(path string) (*Vault, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: %w", path, err)
	}
	if err := private(path); err != nil {
		return nil, err
	}
	v, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: not a master key file: %w; restore it from your backup, since without it tokens can't be opened", path, err)
	}
	return v, nil
}

func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: %w", path, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: mode is %04o, others may read it; run: chmod 600 %s", path, mode, path)
	}
	return nil
}

func create(path string) ([]byte, error) {
	sealing, err := newKeyset(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	naming, err := newKeyset(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(file{Sealing: sealing, Naming: naming}, "", "  ")
	if err != nil {
		return nil, err
	}
	return data, writeNew(path, data)
}

// writeNew writes the whole file or none: to a temporary name, to the disk, then
// linked to the final name, which fails where another process was first.
func writeNew(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".master-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Link(tmp.Name(), path)
	}
	return errors.Join(err, os.Remove(tmp.Name()))
}

func newKeyset(t *tinkpb.KeyTemplate) (json.RawMessage, error) {
	h, err := keyset.NewHandle(t)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func parse(data []byte) (*Vault, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	sealing, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Sealing)))
	if err != nil {
		return nil, fmt.Errorf("sealing keyset: %w", err)
	}
	naming, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Naming)))
	if err != nil {
		return nil, fmt.Errorf("naming keyset: %w", err)
	}
	v := &Vault{}
	if v.sealing, err = aead.New(sealing); err != nil {
		return nil, fmt.Errorf("sealing keyset: %w", err)
	}
	if v.naming, err = prf.NewPRFSet(naming); err != nil {
		return nil, fmt.Errorf("naming keyset: %w", err)
	}
	return v, nil
}

// Seal encrypts data so that only Unseal with the same label opens it.
func (v *Vault) Seal(data []byte, label string) ([]byte, error) {
	sealed, err := v.sealing.Encrypt(data, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", label, err)
	}
	return sealed, nil
}

// Unseal opens what Seal made for the label.
func (v *Vault) Unseal(sealed []byte, label string) ([]byte, error) {
	data, err := v.sealing.Decrypt(sealed, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("open sealed %s: the master key file is not the one it was sealed with, or the value was changed: %w", label, err)
	}
	return data, nil
}

// Name is a keyed hash of text: 26 characters of A-Z a-z 0-9 _ -. The same text has
// the same name under one master key, and the name does not tell the text.
func (v *Vault) Name(text string) (string, error) {
	sum, err := v.naming.ComputePrimaryPRF([]byte(text), 20)
	if err != nil {
		return "", fmt.Errorf("derive a name: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)[:26], nil
}
