package atrest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// stream is the folder of one stream.
type stream struct {
	dir, account, name string
}

// streams lists the streams of the folder that a server works in. Those that the server had begun to delete or to make
// are left out: it does not open them. One whose description is lost still has its messages.
func streams(root string) (list []stream, err error) {
	accounts, err := folders(filepath.Join(root, guard))
	for _, account := range accounts {
		names, failed := folders(filepath.Join(root, guard, account, "streams"))
		err = errors.Join(err, failed)
		for _, name := range names {
			s := streamOf(root, account, name)
			blocks, failed := s.blocks()
			err = errors.Join(err, failed)
			if !strings.HasPrefix(name, ".") && (len(blocks) > 0 || there(filepath.Join(s.dir, metaFile))) {
				list = append(list, s)
			}
		}
	}
	return list, err
}

// folders are the names of the folders in a folder. A server that is killed leaves files beside them, by
// which it looked whether it can write there.
func folders(dir string) (names []string, err error) {
	all, err := entries(dir)
	for _, name := range all {
		info, failed := os.Stat(filepath.Join(dir, name))
		switch {
		case errors.Is(failed, os.ErrNotExist): // it was removed meanwhile
		case failed != nil:
			err = errors.Join(err, failed)
		case info.IsDir():
			names = append(names, name)
		}
	}
	return names, err
}

// entries are the names in a folder; one that is missing has none.
func entries(dir string) (names []string, err error) {
	if info, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	list, err := os.ReadDir(dir)
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names, err
}

// Blocks calls do with the content of each block of a stream, decrypted.
func Blocks(root, account, name string, k Key, do func(plain []byte)) error {
	s := streamOf(root, account, name)
	blocks, err := s.blocks()
	for _, index := range blocks {
		if err != nil {
			break
		}
		var plain []byte
		if plain, err = s.plain(index, k); err == nil {
			do(plain)
		}
	}
	return err
}

func streamOf(root, account, name string) stream {
	return stream{filepath.Join(root, guard, account, "streams", name), account, name}
}

// plain reads a block.
func (s stream) plain(index int, k Key) ([]byte, error) {
	file, keyPath := s.block(index)
	key, err := k.read(keyPath, s.account, ofBlock(s.name, index))
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	key.crypt(data)
	return data, err
}

// Files of a stream, and of a consumer.
const (
	metaFile  = "meta.inf"
	sumFile   = "meta.sum"
	keyFile   = "meta.key"
	indexFile = "index.db"
	stateFile = "o.dat"
	blockEnd  = ".blk"
)

// messages is the folder of the blocks. A purge that was broken off has made another one, which counts
// once it has a block.
func (s stream) messages() string {
	purged := filepath.Join(s.dir, "__new_msgs__")
	if found, _ := filepath.Glob(filepath.Join(purged, "*"+blockEnd)); len(found) > 0 {
		return purged
	}
	return filepath.Join(s.dir, "msgs")
}

// blocks lists the numbers of the blocks.
func (s stream) blocks() (list []int, err error) {
	names, err := entries(s.messages())
	for _, name := range names {
		if text, ok := strings.CutSuffix(name, blockEnd); ok {
			if n, err := strconv.Atoi(text); err == nil {
				list = append(list, n)
			}
		}
	}
	slices.Sort(list)
	return list, err
}

func (s stream) block(index int) (file, key string) {
	at := filepath.Join(s.messages(), strconv.Itoa(index))
	return at + blockEnd, at + ".key"
}

func (s stream) consumers() (names []string, err error) {
	all, err := entries(filepath.Join(s.dir, "obs"))
	for _, name := range all {
		if there(filepath.Join(s.consumer(name), metaFile)) {
			names = append(names, name)
		}
	}
	return names, err
}

func (s stream) consumer(name string) string { return filepath.Join(s.dir, "obs", name) }

// hash is the checksum that the server keeps of a thing's files.
func hash(thing string, data []byte) []byte {
	key := sha256.Sum256([]byte(thing))
	h, err := highwayhash.New64(key[:])
	if err != nil {
		panic(err) // its size is fixed
	}
	_, _ = h.Write(data)
	return h.Sum(nil)
}

func sumOf(thing string, data []byte) []byte { return []byte(hex.EncodeToString(hash(thing, data))) }

// holding is what a stream's files are.
type holding struct{ plain, encrypted bool }

// look finds out whether a stream's files are plain text, and that the key opens those that are not.
func (s stream) look(k Key) (h holding, err error) {
	note := func(key *fileKey) { h.plain, h.encrypted = h.plain || key == nil, h.encrypted || key != nil }
	key, err := k.read(filepath.Join(s.dir, keyFile), s.account, s.name)
	if err != nil {
		return h, err
	}
	if key != nil || there(filepath.Join(s.dir, metaFile)) {
		note(key)
	}
	names, err := s.consumers()
	if err != nil {
		return h, err
	}
	for _, name := range names {
		key, err := k.read(filepath.Join(s.consumer(name), keyFile), s.account, ofConsumer(s.name, name))
		if err != nil {
			return h, err
		}
		note(key)
	}
	blocks, err := s.blocks()
	for _, index := range blocks {
		if err == nil {
			err = s.lookAt(index, k, note)
		}
	}
	return h, err
}

// lookAt looks at a block. One that the server had just begun may have no key yet: it has no messages.
func (s stream) lookAt(index int, k Key, note func(*fileKey)) error {
	file, keyPath := s.block(index)
	key, err := k.read(keyPath, s.account, ofBlock(s.name, index))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(s.dir, keyFile)); key == nil && err == nil {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			return err
		}
		return fmt.Errorf("%s: %w: it is missing", keyPath, ErrKey)
	}
	note(key)
	return nil
}
