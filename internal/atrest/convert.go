package atrest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// convert writes the streams of a server that does not run into another folder, where the key to
// encrypts them. What the server makes again by itself is left out.
func convert(from, to string, k, next Key) error {
	list, err := streams(from)
	if err != nil {
		return err
	}
	for _, s := range list {
		rel, err := filepath.Rel(from, s.dir)
		if err != nil {
			return err
		}
		c := conversion{from: s, to: stream{filepath.Join(to, rel), s.account, s.name}, key: k, next: next}
		if err := c.run(); err != nil {
			return fmt.Errorf("convert stream %s: %w", s.name, err)
		}
	}
	return nil
}

// Decrypt writes the streams of a server's folder into another folder in plain text, for those who search
// it. The server may run.
func Decrypt(store, to string, k Key) error {
	return convert(Root(store, there(filepath.Join(store, inner))), to, k, nil)
}

// conversion of one stream.
type conversion struct {
	from, to  stream
	key, next Key
}

func (c conversion) run() error {
	if err := os.MkdirAll(c.to.messages(), 0o700); err != nil {
		return err
	}
	err := c.thing(c.from.dir, c.to.dir, c.from.name, c.from.name, c.index)
	consumers, listing := c.from.consumers()
	err = errors.Join(err, listing)
	for _, name := range consumers {
		if err == nil {
			err = c.thing(c.from.consumer(name), c.to.consumer(name), ofConsumer(c.from.name, name), c.from.name+"/"+name, c.state(name))
		}
	}
	blocks, listing := c.from.blocks()
	err = errors.Join(err, listing)
	for _, index := range blocks {
		if err == nil {
			err = c.block(index)
		}
	}
	if err != nil {
		return err
	}
	return syncDirs(c.to.dir)
}

// thing converts what describes a stream or a consumer, and its other file.
func (c conversion) thing(from, to, name, hashed string, other func(was, is *fileKey) error) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	was, err := c.key.read(filepath.Join(from, keyFile), c.from.account, name)
	if err != nil {
		return err
	}
	stored, err := os.ReadFile(filepath.Join(from, metaFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil // the server makes it again
	}
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(from, sumFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	meta, err := was.unseal(stored)
	if err != nil || !json.Valid(meta) || !bytes.Equal(sum, sumOf(hashed, stored)) {
		return fmt.Errorf("%s: %w", filepath.Join(from, metaFile), errDamaged)
	}
	is := c.next.fresh(c.from.account, name)
	sealed := is.seal(meta)
	return errors.Join(writeKey(filepath.Join(to, keyFile), is), write(filepath.Join(to, metaFile), sealed),
		write(filepath.Join(to, sumFile), sumOf(hashed, sealed)), other(was, is))
}

// index converts the index of the messages, and copies what never holds any of them. The server makes
// all of these again where they are not complete.
func (c conversion) index(was, is *fileKey) error {
	for _, same := range [][2]string{
		{filepath.Join(c.from.dir, "sources.db"), filepath.Join(c.to.dir, "sources.db")},
		{filepath.Join(c.from.messages(), "thw.db"), filepath.Join(c.to.messages(), "thw.db")},
		{filepath.Join(c.from.messages(), "sched.db"), filepath.Join(c.to.messages(), "sched.db")},
	} {
		if data, err := os.ReadFile(same[0]); err == nil {
			if err := write(same[1], data); err != nil {
				return err
			}
		}
	}
	data, err := os.ReadFile(filepath.Join(c.from.messages(), indexFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	end := len(data) - sumSize
	if end < 0 || !bytes.Equal(data[end:], hash(c.from.name, data[:end])) {
		return nil
	}
	plain, err := was.unseal(data[:end])
	if err != nil {
		return nil
	}
	sealed := is.seal(plain)
	return write(filepath.Join(c.to.messages(), indexFile), append(sealed, hash(c.from.name, sealed)...))
}

// state converts what a consumer has got.
func (c conversion) state(name string) func(was, is *fileKey) error {
	return func(was, is *fileKey) error {
		from := filepath.Join(c.from.consumer(name), stateFile)
		data, err := os.ReadFile(from)
		if errors.Is(err, os.ErrNotExist) || err == nil && len(data) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if data, err = was.unseal(data); err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		return write(filepath.Join(c.to.consumer(name), stateFile), is.seal(data))
	}
}

func (c conversion) block(index int) error {
	data, err := c.from.plain(index, c.key)
	if err != nil {
		return err
	}
	is := c.next.fresh(c.from.account, ofBlock(c.from.name, index))
	is.crypt(data)
	at := filepath.Join(c.to.messages(), strconv.Itoa(index))
	return errors.Join(writeKey(at+".key", is), write(at+blockEnd, data))
}

func writeKey(path string, k *fileKey) error {
	if k == nil {
		return nil
	}
	return write(path, k.stored)
}

// write writes a file that is on disk when it returns.
func write(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
