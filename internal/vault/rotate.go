package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// KeyID names a sealing key of the master keyset.
type KeyID uint32

// String is the key's id in eight hexadecimal digits.
func (id KeyID) String() string { return fmt.Sprintf("%08x", uint32(id)) }

// Key is one sealing key.
type Key struct {
	ID      KeyID
	Primary bool // new values are sealed with it
}

// ErrNoKey says that the keyset has no such key.
var ErrNoKey = errors.New("vault: no such key")

// ErrInUse says that secrets are still sealed with the key.
var ErrInUse = errors.New("vault: secrets are sealed with the key")

// ErrPrimary says that new values are sealed with the key.
var ErrPrimary = errors.New("vault: the key seals new values")

// Keys are the sealing keys, in the order of their making.
func (v *Vault) Keys() []Key {
	h := v.newest().handle
	keys := make([]Key, 0, h.Len())
	for i := range h.Len() {
		if e, err := h.Entry(i); err == nil { // i is in range
			keys = append(keys, Key{KeyID(e.KeyID()), e.IsPrimary()})
		}
	}
	return keys
}

// Rotate adds a key to the master key file that seals what is sealed from now on; what
// older keys sealed still opens. Engines that share the file take it over by themselves.
func (v *Vault) Rotate() (KeyID, error) {
	var id uint32
	err := v.change(func(m *keyset.Manager) (err error) {
		if id, err = m.Add(aead.AES256GCMKeyTemplate()); err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
	return KeyID(id), err
}

// Retire removes a key from the master key file: what it sealed can't be opened any more.
// It returns ErrNoKey or ErrPrimary where that can't be.
func (v *Vault) Retire(id KeyID) error {
	return v.change(func(m *keyset.Manager) error { return m.Delete(uint32(id)) }, func(keys []Key) error {
		for _, k := range keys {
			switch {
			case k.ID == id && k.Primary:
				return ErrPrimary
			case k.ID == id:
				return nil
			}
		}
		return ErrNoKey
	})
}

// change changes the sealing keyset as the file has it, one process at a time, where the
// checks allow it.
func (v *Vault) change(f func(*keyset.Manager) error, checks ...func([]Key) error) error {
	lock := flock.New(v.path + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("ENGINE_MASTER_KEY_FILE %s: can't be locked: %w", v.path, err)
	}
	defer lock.Unlock()
	_, data, err := read(v.path)
	if err != nil {
		return err
	}
	for _, check := range checks {
		if err := check(v.Keys()); err != nil {
			return err
		}
	}
	h, err := parseKeyset(data.Sealing)
	if err != nil {
		return damaged(v.path, err)
	}
	m := keyset.NewManagerFromHandle(h)
	if err := f(m); err != nil {
		return fmt.Errorf("change the master keyset: %w", err)
	}
	if h, err = m.Handle(); err != nil {
		return fmt.Errorf("change the master keyset: %w", err)
	}
	if data.Sealing, err = printKeyset(h); err != nil {
		return fmt.Errorf("change the master keyset: %w", err)
	}
	return data.write(v.path, os.Rename)
}

// tinkPrefix begins every value that Tink seals; the key's id follows in four bytes.
const tinkPrefix = 1

// SealedBy is the key that sealed a value; ok is false where the value is not a sealed one.
func SealedBy(sealed []byte) (id KeyID, ok bool) {
	if len(sealed) < 5 || sealed[0] != tinkPrefix {
		return 0, false
	}
	return KeyID(binary.BigEndian.Uint32(sealed[1:5])), true
}

// IsPrimary reports whether new values are sealed with the key.
func (v *Vault) IsPrimary(id KeyID) bool {
	for _, k := range v.Keys() {
		if k.ID == id {
			return k.Primary
		}
	}
	return false
}
