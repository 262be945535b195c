package atrest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Key encrypts the files of a server; nil: they are plain text.
type Key []byte

// Option is the key as the server's options have it.
func (k Key) Option() string { return hex.EncodeToString(k) }

// A file of the server is encrypted by a key of its own, which stands beside it: a nonce, and the key's
// bytes sealed by a key that the folder's gives for the account and the name of the thing.
const (
	nonceSize = aes.BlockSize
	seedSize  = 32
)

// ErrKey says that a key file can't be opened by the folder's key.
var ErrKey = errors.New("the key of the bus does not open it")

// fileKey encrypts one file, or two of the same thing; nil: they are plain text.
type fileKey struct {
	seed   []byte
	stored []byte // the content of the key file
}

// wraps returns the cipher of the key files of an account's thing.
func (k Key) wraps(account, thing string) cipher.AEAD {
	h := hmac.New(sha256.New, []byte(k.Option()))
	h.Write([]byte(account + thing))
	return sealer(h.Sum(nil))
}

func sealer(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // its size is fixed
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, nonceSize)
	if err != nil {
		panic(err)
	}
	return gcm
}

// fresh makes the key of a thing.
func (k Key) fresh(account, thing string) *fileKey {
	if k == nil {
		return nil
	}
	f := &fileKey{seed: random(seedSize)}
	nonce := random(nonceSize)
	f.stored = k.wraps(account, thing).Seal(nonce, nonce, f.seed, nil)
	return f
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// read reads the key of a thing from its file; nil: there is no such file.
func (k Key) read(path, account, thing string) (*fileKey, error) {
	stored, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if k == nil || len(stored) < nonceSize {
		return nil, fmt.Errorf("%s: %w", path, ErrKey)
	}
	seed, err := k.wraps(account, thing).Open(nil, stored[:nonceSize], stored[nonceSize:], nil)
	if err != nil || len(seed) != seedSize {
		return nil, fmt.Errorf("%s: %w", path, ErrKey)
	}
	return &fileKey{seed: seed, stored: stored}, nil
}

// seal encrypts a small file.
func (f *fileKey) seal(data []byte) []byte {
	if f == nil {
		return data
	}
	nonce := random(nonceSize)
	return sealer(f.seed).Seal(nonce, nonce, data, nil)
}

func (f *fileKey) unseal(data []byte) ([]byte, error) {
	if f == nil {
		return data, nil
	}
	if len(data) < nonceSize {
		return nil, errDamaged
	}
	plain, err := sealer(f.seed).Open(nil, data[:nonceSize], data[nonceSize:], nil)
	if err != nil {
		return nil, errDamaged
	}
	return plain, nil
}

// errDamaged says that a file is not what was written.
var errDamaged = errors.New("the file is damaged")

// crypt encrypts a block of messages in place, or decrypts it.
func (f *fileKey) crypt(block []byte) {
	if f != nil {
		f.stream().XORKeyStream(block, block)
	}
}

func (f *fileKey) stream() cipher.Stream {
	block, err := aes.NewCipher(f.seed)
	if err != nil {
		panic(err) // its size is fixed
	}
	return cipher.NewCTR(block, f.stored[:nonceSize])
}

// What a key file belongs to, as the server names it.

func ofBlock(stream string, index int) string { return stream + ":" + strconv.Itoa(index) }

func ofConsumer(stream, name string) string { return stream + "." + name }
