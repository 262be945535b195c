// Package vault keeps what must not be read by others: it seals values under the
// master keyset, and derives names that tell nobody whom they stand for. The keyset's
// keys can be rotated while engines run.
package vault

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/tink-crypto/tink-go/v2/prf"
)

// ErrNone says that no secret is kept under a name.
var ErrNone = errors.New("vault: no such secret")

// ErrStale says that somebody else wrote a secret since it was read.
var ErrStale = errors.New("vault: the secret was changed meanwhile")

// Vault holds the opened master keyset. It is safe for concurrent use.
type Vault struct {
	path   string
	naming *prf.Set // never rotated: what it named must be found again

	mu    sync.Mutex
	keys  *sealing
	stamp stamp // of the file that keys were read from
}

// Open reads the master key file, or makes it with mode 0600 where there is none. A
// file that others may read is refused.
func Open(path string) (*Vault, error) {
	at, data, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil || errors.Is(err, fs.ErrExist) { // another engine was first
			at, data, err = read(path)
		}
	}
	if err != nil {
		return nil, err
	}
	keys, naming, err := data.open()
	if err != nil {
		return nil, damaged(path, err)
	}
	return &Vault{path: path, naming: naming, keys: keys, stamp: at}, nil
}

// Seal encrypts data under the newest key so that only Unseal with the same label
// opens it.
func (v *Vault) Seal(data []byte, label string) ([]byte, error) {
	sealed, err := v.newest().aead.Encrypt(data, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", label, err)
	}
	return sealed, nil
}

// Unseal opens what Seal made for the label, under any key of the keyset.
func (v *Vault) Unseal(sealed []byte, label string) ([]byte, error) {
	data, err := v.newest().aead.Decrypt(sealed, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("open sealed %s: the master key file is not the one it was sealed with, or the value was changed: %w", label, err)
	}
	return data, nil
}

// newest are the keys as the file has them now: somebody may have rotated them. While
// the file can't be read, those that are known count.
func (v *Vault) newest() *sealing {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now, err := stampOf(v.path); err != nil || now == v.stamp {
		return v.keys
	}
	if at, data, err := read(v.path); err == nil {
		if keys, _, err := data.open(); err == nil {
			v.keys, v.stamp = keys, at
		}
	}
	return v.keys
}

// Name is a keyed hash of text: 26 characters of A-Z a-z 0-9 _ -. The same text has
// the same name under one master key, and the name does not reveal the text.
func (v *Vault) Name(text string) (string, error) {
	sum, err := v.naming.ComputePrimaryPRF([]byte(text), 20)
	if err != nil {
		return "", fmt.Errorf("derive a name: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)[:26], nil
}
