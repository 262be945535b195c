package atrest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Eraser overwrites messages that a server has removed, where they stand, while it runs. A server that
// encrypts does not do it: what it has removed can be read with the key until the block is compacted.
// A removed message is not read again and a record keeps its size, so the server is not disturbed.
type Eraser struct {
	Root string // the folder that the server works in
	Key  Key
}

// Removed are messages of a stream that its server has removed.
type Removed struct {
	Before    uint64 // all before this one
	Sequences []uint64
}

func (r Removed) has(sequence uint64) bool {
	_, ok := slices.BinarySearch(r.Sequences, sequence)
	return ok || sequence < r.Before
}

// Erase overwrites removed messages of a stream. Again it changes nothing.
func (e Eraser) Erase(account, name string, gone Removed) error {
	s := streamOf(e.Root, account, name)
	blocks, err := s.blocks()
	if err != nil {
		return err
	}
	gone.Sequences = slices.Sorted(slices.Values(gone.Sequences))
	for i, index := range blocks {
		if !e.mayHold(s, blocks[i:min(i+2, len(blocks))], gone) {
			continue
		}
		if err := e.eraseIn(s, index, gone); err != nil && !errors.Is(err, os.ErrNotExist) { // else the server has removed the block
			return fmt.Errorf("overwrite removed messages of %s: %w", name, err)
		}
	}
	return nil
}

// mayHold reports whether the first block may hold one of the messages: it has those from its first one
// to that of the next block. A block that begins with another record does not say.
func (e Eraser) mayHold(s stream, blocks []int, gone Removed) bool {
	from, _ := e.first(s, blocks[0])
	i, _ := slices.BinarySearch(gone.Sequences, from)
	if from < gone.Before {
		return true
	}
	if i == len(gone.Sequences) {
		return false
	}
	if len(blocks) == 1 {
		return true
	}
	end, ok := e.first(s, blocks[1])
	return !ok || gone.Sequences[i] < end
}

// first is the sequence of a block's first record, if it is a message.
func (e Eraser) first(s stream, index int) (sequence uint64, ok bool) {
	path, keyPath := s.block(index)
	key, err := e.Key.read(keyPath, s.account, ofBlock(s.name, index))
	if err != nil {
		return 0, false
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, headSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return 0, false
	}
	key.crypt(head)
	sequence = binary.LittleEndian.Uint64(head[4:])
	if sequence&isRemoval != 0 {
		return 0, false
	}
	return sequence &^ isErased, true
}

// overwriting is what is about to be written into a block. A record that was written in part would cost
// the block its other messages, so it is noted first and written again after a kill.
type overwriting struct {
	Block   string
	Records []overwritten
}

type overwritten struct {
	At       int
	Sequence uint64
	Bytes    []byte // as they are stored
}

func (e Eraser) eraseIn(s stream, index int, gone Removed) error {
	path, keyPath := s.block(index)
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // overwrite has synced it
	key, err := e.Key.read(keyPath, s.account, ofBlock(s.name, index))
	if err != nil {
		return err
	}
	stored, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	o := overwriting{Block: path}
	plain := append([]byte(nil), stored...)
	key.crypt(plain)
	records(plain, func(r record) {
		if r.sequence&(isErased|isRemoval) != 0 || !gone.has(r.sequence) {
			return
		}
		b := s.erased(index, r)
		for i := range b {
			b[i] ^= plain[r.at+i] ^ stored[r.at+i] // what the key adds there
		}
		o.Records = append(o.Records, overwritten{r.at, r.sequence, b})
	})
	if len(o.Records) == 0 {
		return nil
	}
	if err := e.note(o); err != nil {
		return err
	}
	return errors.Join(o.write(file), os.Remove(e.notes()))
}

// notes is the file of what is about to be written.
func (e Eraser) notes() string { return e.Root + ".erasing" }

func (e Eraser) note(o overwriting) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := write(e.notes()+".new", data); err != nil {
		return errors.Join(err, os.Remove(e.notes()+".new"))
	}
	return errors.Join(os.Rename(e.notes()+".new", e.notes()), syncDir(filepath.Dir(e.Root)))
}

func (o overwriting) write(file *os.File) (err error) {
	for _, r := range o.Records {
		if err == nil {
			_, err = file.WriteAt(r.Bytes, int64(r.At))
		}
	}
	return errors.Join(err, file.Sync())
}

// resume writes again what a kill has interrupted, before a server starts.
func (e Eraser) resume() error {
	data, err := os.ReadFile(e.notes())
	if err == nil {
		var o overwriting
		if err = json.Unmarshal(data, &o); err == nil {
			err = e.again(o)
		}
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, path := range []string{e.notes(), e.notes() + ".new"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// again writes the records into their block, unless the server has compacted or removed it since.
func (e Eraser) again(o overwriting) error {
	s, index, err := e.find(o.Block)
	if err != nil {
		return nil
	}
	file, err := os.OpenFile(o.Block, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // write has synced it
	_, keyPath := s.block(index)
	key, err := e.Key.read(keyPath, s.account, ofBlock(s.name, index))
	if err != nil {
		return err
	}
	plain, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	key.crypt(plain)
	places := map[int]record{}
	records(plain, func(r record) { places[r.at] = r })
	for _, r := range o.Records {
		if is, ok := places[r.At]; !ok || is.size != len(r.Bytes) || is.sequence&^isErased != r.Sequence {
			return nil
		}
	}
	return o.write(file)
}

// find returns the stream and the number of a block.
func (e Eraser) find(path string) (s stream, index int, err error) {
	if _, err := fmt.Sscanf(filepath.Base(path), "%d"+blockEnd, &index); err != nil {
		return s, 0, err
	}
	dir := filepath.Dir(filepath.Dir(path))
	return stream{dir, filepath.Base(filepath.Dir(filepath.Dir(dir))), filepath.Base(dir)}, index, nil
}
