package projections

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/internal/boltfile"
)

// Rows, search texts and what is kept of rows are sealed with a key of the file that they are in:
// AES-256-GCM with a random nonce, bound to the view, the bucket and the key under which the value is
// stored. Keys of buckets, positions, times and numbers are not sealed: they are ids and codes.
//
// Each file has a key of its own, which ends when another file takes its place: what is left of it on the
// disk can't be read any more. Of n values under one key two have the same random nonce with a probability of
// n²/2^97: one in 2^33 after 2^32 values, the limit of NIST SP 800-38D, which 1,000 values a second reach
// after 50 days. No file is renewed for that alone.

// Keys keep the keys of views' files, each by its name.
type Keys interface {
	// Key returns the 32 bytes of a key, and makes it if there is none.
	Key(name string) ([]byte, error)
	// Find returns a key; nil: there is none.
	Find(name string) ([]byte, error)
	// Names lists the keys whose names begin with prefix.
	Names(prefix string) []string
	// Drop destroys keys.
	Drop(names ...string) error
}

// box seals the values of one file.
type box struct {
	name string // of its key
	aead cipher.AEAD
}

// keyPrefix begins the names of views' keys.
const keyPrefix = "views."

// newBox makes a key for a new file.
func newBox(keys Keys) (*box, error) {
	var id [8]byte
	rand.Read(id[:])
	name := keyPrefix + hex.EncodeToString(id[:])
	key, err := keys.Key(name)
	if err != nil {
		return nil, err
	}
	return boxWith(name, key)
}

// ErrNoKey says that the key of a views' file is lost. The next engine folds the views again.
var ErrNoKey = errors.New("its key is not there, or the master keyset does not open it")

// findBox finds the key of a file that was made before.
func findBox(keys Keys, name string) (*box, error) {
	key, err := keys.Find(name)
	if key == nil || err != nil {
		return nil, errors.Join(ErrNoKey, err)
	}
	return boxWith(name, key)
}

func boxWith(name string, key []byte) (*box, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &box{name, aead}, err
}

// keyOf is the name of a file's key; "": it has none.
func keyOf(db *bbolt.DB) (name string, err error) {
	err = boltfile.View(db, func(tx *bbolt.Tx) error {
		if about := tx.Bucket(aboutFile); about != nil {
			name = string(about.Get(keyName))
		}
		return nil
	})
	return name, err
}

// boxOf is what seals the values of a file: with a new key, if the file has no bucket yet.
func boxOf(db *bbolt.DB, keys Keys) (*box, error) {
	name, err := keyOf(db)
	if err != nil {
		return nil, err
	}
	empty := false
	err = boltfile.View(db, func(tx *bbolt.Tx) error {
		first, _ := tx.Cursor().First()
		empty = first == nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	if empty {
		return newBox(keys)
	}
	return findBox(keys, name)
}

// The bucket that says of the file itself.
var (
	aboutFile = []byte("file")
	keyName   = []byte("key")     // the name of its key
	renewed   = []byte("renewed") // up to which event it has no gaps
)

// describe writes down in a new file which key seals it.
func (b *box) describe(tx *bbolt.Tx) error {
	about, err := tx.CreateBucketIfNotExists(aboutFile)
	if err != nil {
		return err
	}
	return about.Put(keyName, []byte(b.name))
}

// inTheClear are the buckets within a view's own whose values are positions, times and numbers.
var inTheClear = [][]byte{orderBucket, listsBucket, countsBucket}

// isSealed reports whether the values of a bucket within a view's own are sealed.
func isSealed(bucket []byte) bool {
	return !slices.ContainsFunc(inTheClear, func(clear []byte) bool { return string(clear) == string(bucket) })
}

// appendLabel appends what binds a sealed value to its place, up to the key. The version of a view is no
// part of it: a file has one version's rows, and those of an older one only until it is renewed.
func appendLabel(to []byte, view, bucket string) []byte {
	return append(append(append(append(to, view...), '/'), bucket...), '/')
}

// overhead is how many bytes more a sealed value has: the nonce and the tag.
const nonceSize, overhead = 12, 28

// sealer seals values of one bucket into one block of memory.
type sealer struct {
	aead   cipher.AEAD
	label  []byte
	place  int // length of the label without a key
	nonces []byte
	block  []byte
}

// sealer seals so many values, which together have so many bytes.
func (b *box) sealer(view, bucket string, values, bytes int) *sealer {
	s := &sealer{aead: b.aead, label: appendLabel(make([]byte, 0, 128), view, bucket), nonces: make([]byte, values*nonceSize), block: make([]byte, 0, bytes+values*overhead)}
	s.place = len(s.label)
	rand.Read(s.nonces)
	return s
}

// seal returns the sealed form of a value. It is valid as long as nobody changes it.
func (s *sealer) seal(key string, value []byte) []byte {
	s.label = append(s.label[:s.place], key...)
	nonce := s.nonces[:nonceSize]
	s.nonces = s.nonces[nonceSize:]
	at := len(s.block)
	s.block = s.aead.Seal(append(s.block, nonce...), nonce, value, s.label)
	return s.block[at:len(s.block):len(s.block)]
}

// seal returns the sealed form of one value in memory of its own.
func (b *box) seal(label, value []byte) []byte {
	sealed := make([]byte, nonceSize, len(value)+overhead)
	rand.Read(sealed)
	return b.aead.Seal(sealed, sealed, value, label)
}

// viewOf is the name of a view without its version.
func viewOf(bucket []byte) string {
	view, _, _ := strings.Cut(string(bucket), ".")
	return view
}

// putSealed writes like put, and seals the values.
func (b *box) putSealed(to *bbolt.Bucket, view, bucket string, values map[string][]byte) error {
	size := 0
	for _, value := range values {
		size += len(value)
	}
	s := b.sealer(view, bucket, len(values), size)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		var err error
		if value := values[key]; value == nil {
			err = to.Delete([]byte(key))
		} else {
			err = to.Put([]byte(key), s.seal(key, value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errAltered says that a value is not the one that was stored in its place.
var errAltered = fmt.Errorf("%w: a value does not open in its place", boltfile.ErrDamaged)

// open appends the value that is sealed to to.
func (b *box) open(to, label, sealed []byte) ([]byte, error) {
	if len(sealed) < overhead {
		return nil, errAltered
	}
	value, err := b.aead.Open(to, sealed[:nonceSize], sealed[nonceSize:], label)
	if err != nil {
		return nil, errAltered
	}
	return value, nil
}

// snapshot is what a file has at one moment. One goroutine at a time uses it.
type snapshot struct {
	*bbolt.Tx
	box          *box
	label, value []byte // used again by each open
}

// open returns a value that is sealed, nil where there is none. It is valid until the next call.
func (t *snapshot) open(view string, bucket, key, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	t.label = append(appendLabel(t.label[:0], view, string(bucket)), key...)
	value, err := t.box.open(t.value[:0], t.label, sealed)
	if err != nil {
		return nil, fmt.Errorf("view %s, %s of %s: %w", view, bucket, key, err)
	}
	if t.value = value; value == nil {
		value = []byte{}
	}
	return value, nil
}

// MemoryKeys are the keys of views that nobody opens again after the process has ended.
type MemoryKeys struct {
	mu   sync.Mutex
	keys map[string][]byte
}

// Key returns a key, and makes it if there is none.
func (m *MemoryKeys) Key(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys[name] == nil {
		key := make([]byte, 32)
		rand.Read(key)
		if m.keys == nil {
			m.keys = map[string][]byte{}
		}
		m.keys[name] = key
	}
	return m.keys[name], nil
}

// Find returns a key; nil: there is none.
func (m *MemoryKeys) Find(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys[name], nil
}

// Names lists the keys whose names begin with prefix.
func (m *MemoryKeys) Names(prefix string) (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.keys {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

// Drop destroys keys.
func (m *MemoryKeys) Drop(names ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range names {
		delete(m.keys, name)
	}
	return nil
}
