package sealing

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"sync"

	"github.com/casehug/smokeball-sync/internal/vault"
)

// dataKey seals what is said of one subject: a stream of the ledger by its name.
type dataKey struct {
	cipher.AEAD
	batch uint64 // that writes it
}

// keySize is the size of a data key: AES-256.
const keySize = 32

func newDataKey(bytes []byte, batch uint64) (*dataKey, error) {
	block, err := aes.NewCipher(bytes)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	return &dataKey{gcm, batch}, err
}

// Keys are the data keys of a ledger's subjects, each wrapped by the master keyset: on one machine in
// a file beside the ledger, on a cluster in a stream that its engines share. It is safe for concurrent
// use.
type Keys struct {
	vault *vault.Vault
	home  home

	erasing sync.Mutex // while keys are destroyed, or must not be

	mu     sync.RWMutex
	opened map[string]*dataKey // those used lately
}

// home is where the wrapped keys of subjects are kept.
type home interface {
	reader
	writer
	close() error
}

type reader interface {
	find(subject string) slot         // what is known of a subject here
	ask(subject string) (slot, error) // what is stored of it
	// each calls do for what is stored of each subject.
	each(do func(subject string, s slot)) error
}

type writer interface {
	// add stores the key of a subject, unless it has one or was erased, and returns what it has then.
	// The key may be used when its batch is flushed.
	add(subject string, wrapped []byte) (slot, error)
	flush(batch uint64) error
	replace(subject string, wrapped []byte) error
	destroy(subjects []string) error
}

// mostOpened is how many data keys are kept opened: each is a kilobyte of tables for AES.
const mostOpened = 8_000

// OpenKeys opens the file of data keys, or makes it with mode 0600.
func OpenKeys(path string, v *vault.Vault) (*Keys, error) {
	f, err := openKeyFile(path, false)
	if err != nil {
		return nil, err
	}
	return &Keys{vault: v, home: f, opened: map[string]*dataKey{}}, nil
}

// Close closes what they are kept in.
func (k *Keys) Close() error { return k.home.close() }

// label binds a wrapped key to its subject.
func label(subject string) string { return "data-key " + subject }

func (k *Keys) known(subject string) *dataKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.opened[subject]
}

// seals returns the key of a subject, which it makes if there is none; nil: the subject was
// erased. What it seals may be stored once its batch is settled.
func (k *Keys) seals(subject string) (*dataKey, error) {
	if key := k.known(subject); key != nil {
		return key, nil
	}
	slot := k.home.find(subject)
	if slot.state == noKey {
		return k.make(subject)
	}
	return k.open(subject, slot)
}

// make makes the key of a subject, unless somebody else is first.
func (k *Keys) make(subject string) (*dataKey, error) {
	var fresh [keySize]byte
	rand.Read(fresh[:])
	wrapped, err := k.vault.Seal(fresh[:], label(subject))
	if err != nil {
		return nil, err
	}
	slot, err := k.home.add(subject, wrapped)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(slot.wrapped, wrapped) {
		return k.open(subject, slot)
	}
	key, err := newDataKey(fresh[:], slot.batch)
	if err != nil || !k.remember(subject, key) {
		return nil, err
	}
	return key, nil
}

// remember keeps a key opened, unless the subject was erased meanwhile.
func (k *Keys) remember(subject string, key *dataKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.home.find(subject).state == destroyed {
		return false
	}
	for other := range k.opened { // a random one leaves
		if len(k.opened) < mostOpened {
			break
		}
		delete(k.opened, other)
	}
	k.opened[subject] = key
	return true
}

// settled waits until the keys of a batch are on disk.
func (k *Keys) settled(batch uint64) error { return k.home.flush(batch) }

// opens returns the key of a subject; nil: the subject was erased.
func (k *Keys) opens(subject string) (*dataKey, error) {
	if key := k.known(subject); key != nil {
		return key, nil
	}
	slot := k.home.find(subject)
	if slot.state != noKey {
		if key, err := k.open(subject, slot); err == nil {
			return key, nil
		}
	}
	// Another engine may have made or wrapped it again.
	slot, err := k.home.ask(subject)
	if err != nil {
		return nil, err
	}
	if slot.state == noKey {
		return nil, fmt.Errorf("the data key of %s is missing: restore the keys and the ledger from the same backup", subject)
	}
	return k.open(subject, slot)
}

func (k *Keys) open(subject string, slot slot) (*dataKey, error) {
	if slot.state == destroyed {
		return nil, nil
	}
	opened, err := k.vault.Unseal(slot.wrapped, label(subject))
	if err != nil {
		return nil, err
	}
	key, err := newDataKey(opened, slot.batch)
	if err != nil {
		return nil, fmt.Errorf("data key of %s: %w", subject, err)
	}
	if !k.remember(subject, key) {
		return nil, nil
	}
	return key, nil
}

// erased reports whether the subject was erased.
func (k *Keys) erased(subject string) bool {
	return k.known(subject) == nil && k.home.find(subject).state == destroyed
}

// Destroy overwrites the keys of subjects on disk and notes that they were erased, also those of
// subjects that have none yet: nothing of them is stored any more. Again it changes nothing.
func (k *Keys) Destroy(subjects ...string) error {
	k.erasing.Lock()
	defer k.erasing.Unlock()
	if err := k.home.destroy(subjects); err != nil {
		return err
	}
	k.close(subjects...)
	return nil
}

// close drops the opened keys of subjects whose keys were destroyed.
func (k *Keys) close(subjects ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range subjects {
		delete(k.opened, s)
	}
}

// Wrapped returns how many data keys each key of the master keyset wraps.
func (k *Keys) Wrapped() (map[vault.KeyID]int, error) {
	counts := map[vault.KeyID]int{}
	err := k.home.each(func(_ string, s slot) {
		if id, ok := vault.SealedBy(s.wrapped); ok && s.state == present {
			counts[id]++
		}
	})
	return counts, err
}

// Rewrap wraps with the newest key of the master keyset the data keys that older ones wrap, and
// returns their number. It may be stopped and restarted at any time.
func (k *Keys) Rewrap() (int, error) { return k.rewrap(label) }

func (k *Keys) rewrap(label func(subject string) string) (int, error) {
	var old []string
	err := k.home.each(func(subject string, s slot) {
		if id, ok := vault.SealedBy(s.wrapped); ok && s.state == present && !k.vault.IsPrimary(id) {
			old = append(old, subject)
		}
	})
	if err != nil {
		return 0, err
	}
	done := 0
	for _, subject := range old {
		slot := k.home.find(subject)
		if slot.state != present { // erased meanwhile
			continue
		}
		bytes, err := k.vault.Unseal(slot.wrapped, label(subject))
		if err != nil {
			return done, err
		}
		wrapped, err := k.vault.Seal(bytes, label(subject))
		if err == nil {
			err = k.home.replace(subject, wrapped)
		}
		if err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// Forget destroys the keys that no key of the master keyset opens any more, and returns their
// number: what they sealed is lost and counts as erased.
func (k *Keys) Forget() (int, error) {
	lost, err := k.lost()
	if err != nil {
		return 0, err
	}
	return len(lost), k.Destroy(lost...)
}
