package sealing

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/casehug/smokeball-sync/internal/vault"
)

// LocalKeys are the random keys of files that stay on one machine, such as the projections. Each has a
// name and is wrapped by the master keyset. No backup has them: what they seal is made again after a
// restore. They are safe for concurrent use, by one process.
type LocalKeys struct {
	keys *Keys
	file *keyFile
}

// LocalPath is where the local keys of a data directory are.
func LocalPath(dir string) string { return filepath.Join(dir, "local-keys") }

// OpenLocalKeys opens the file of local keys, or makes it with mode 0600.
func OpenLocalKeys(path string, v *vault.Vault) (*LocalKeys, error) {
	return openLocalKeys(path, v, false)
}

// OpenLocalKeysReadOnly opens the local keys of an engine that does not run. Without a file there is no
// key.
func OpenLocalKeysReadOnly(path, masterKey string) (*LocalKeys, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		f := &keyFile{path: path}
		return &LocalKeys{&Keys{home: f}, f}, nil
	}
	v, err := openMasterKey(masterKey)
	if err != nil {
		return nil, err
	}
	return openLocalKeys(path, v, true)
}

// OpenLocalKeysIn opens the local keys in the data directory of an engine that does not run.
func OpenLocalKeysIn(dir, masterKey string) (*LocalKeys, error) {
	v, err := openMasterKey(masterKey)
	if err != nil {
		return nil, err
	}
	return OpenLocalKeys(LocalPath(dir), v)
}

func openLocalKeys(path string, v *vault.Vault, readOnly bool) (*LocalKeys, error) {
	f, err := openKeyFile(path, readOnly)
	if err != nil {
		return nil, err
	}
	return &LocalKeys{&Keys{vault: v, home: f}, f}, nil
}

// Close closes the file.
func (l *LocalKeys) Close() error { return l.file.close() }

func localLabel(name string) string { return label("local " + name) }

// Key returns the 32 bytes of the key with a name. If there is none it makes one, which is on disk when
// Key returns. It fails if the master keyset does not open the key: a second one would not open what the
// first has sealed, so whoever gives that up calls Drop first.
func (l *LocalKeys) Key(name string) ([]byte, error) {
	if key, err := l.Find(name); key != nil || err != nil {
		return key, err
	}
	fresh := make([]byte, keySize)
	rand.Read(fresh)
	wrapped, err := l.keys.vault.Seal(fresh, localLabel(name))
	if err != nil {
		return nil, err
	}
	s, err := l.file.add(name, wrapped)
	if err == nil {
		err = l.file.flush(s.batch)
	}
	if err != nil {
		return nil, err
	}
	return l.open(name, s) // somebody else's, if they were first
}

// Find returns the key with a name; nil: there is none.
func (l *LocalKeys) Find(name string) ([]byte, error) {
	s := l.file.find(name)
	if s.state != present {
		return nil, nil
	}
	return l.open(name, s)
}

func (l *LocalKeys) open(name string, s slot) ([]byte, error) {
	key, err := l.keys.vault.Unseal(s.wrapped, localLabel(name))
	if err == nil && len(key) != keySize {
		err = fmt.Errorf("it has %d bytes", len(key))
	}
	if err != nil {
		return nil, fmt.Errorf("the key %s in %s: %w", name, l.file.path, err)
	}
	return key, nil
}

// Drop overwrites keys on disk: what they have sealed can't be opened any more. A name that has no key
// is no error, and gets another key when it is asked for one.
func (l *LocalKeys) Drop(names ...string) error {
	for _, name := range names {
		if err := l.file.drop(name); err != nil {
			return fmt.Errorf("drop the key %s: %w", name, err)
		}
	}
	return nil
}

// Names lists the keys whose names begin with prefix.
func (l *LocalKeys) Names(prefix string) (names []string) {
	_ = l.file.each(func(name string, s slot) {
		if s.state == present && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	})
	return names
}

// Wrapped returns how many local keys each key of the master keyset wraps.
func (l *LocalKeys) Wrapped() (map[vault.KeyID]int, error) { return l.keys.Wrapped() }

// Rewrap wraps with the newest key of the master keyset the local keys that older ones wrap, and returns
// their number. It may be stopped and restarted at any time.
func (l *LocalKeys) Rewrap() (int, error) { return l.keys.rewrap(localLabel) }

// Forget drops the keys that no key of the master keyset opens any more, and returns their number.
func (l *LocalKeys) Forget() (int, error) {
	lost, err := l.keys.lost()
	if err != nil {
		return 0, err
	}
	return len(lost), l.Drop(lost...)
}

// drop overwrites the key of a subject, which is then as if it had never had one.
func (f *keyFile) drop(subject string) error {
	f.flushing.Lock()
	defer f.flushing.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.slots[subject]
	if s.state == noKey {
		return nil
	}
	if f.file == nil {
		return errReadOnly
	}
	if err := f.reserve(nil); err != nil { // writes what is queued
		return err
	}
	if err := f.clear(append(s.former, s.place)); err != nil {
		return err
	}
	delete(f.slots, subject)
	return nil
}
