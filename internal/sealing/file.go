package sealing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/casehug/smokeball-sync/internal/disk"
)

// The file of data keys has one slot of a fixed size for each subject, so that a key is destroyed by
// overwriting its slot: there are no free pages that would keep a copy. No slot crosses a sector
// of the disk, so a slot is written whole or not at all.
//
// A slot: a state, the length of the subject, the subject, the length of the wrapped key, the
// wrapped key, zeros, and the checksum of all that.
const (
	slotSize    = 256
	longestName = 150 // kind, firm and id with their dots
	longestKey  = slotSize - 4 - 3 - longestName
)

type state byte

const (
	noKey     state = 0
	present   state = 'k'
	destroyed state = 'x'
)

// slot is what the file has of a subject.
type slot struct {
	state   state
	wrapped []byte
	place   int64   // in the file, in slots; in the stream, its sequence
	former  []int64 // places that may still hold earlier forms of the key
	batch   uint64  // that writes it
}

type keyFile struct {
	path string
	file *os.File      // nil: there is none, and it is only read
	disk *disk.Journal // nil when only read

	mu      sync.RWMutex
	slots   map[string]slot
	length  int64  // of the file, in slots
	pending []byte // slots that are to be written next
	batch   uint64 // that pending belongs to

	flushing sync.Mutex
	settled  atomic.Uint64 // batches up to this one are on disk; written with flushing
	room     int64         // slots that the file has on the disk, those that are empty yet, too; guarded by flushing
}

// The file grows by as many empty slots as it has, within these bounds: a flush that need not tell the
// file system of a new size costs a fraction of one that does.
const (
	leastGrowth = 16
	mostGrowth  = 1024
)

// openKeyFile opens the file, or makes it unless it is only to be read.
func openKeyFile(path string, readOnly bool) (*keyFile, error) {
	flags := os.O_RDWR | os.O_CREATE
	if readOnly {
		flags = os.O_RDONLY
	}
	f := &keyFile{path: path, slots: map[string]slot{}, batch: 1}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open data keys: %w", err)
	}
	f.file = file
	if err := f.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read data keys %s: %w", path, err), file.Close())
	}
	if readOnly {
		return f, nil
	}
	if f.disk, err = disk.OpenJournal(path); err != nil {
		return nil, errors.Join(fmt.Errorf("open data keys %s: %w", path, err), file.Close())
	}
	return f, nil
}

// earlier are the places of a key's forms once another one follows. A rewrap that was killed leaves
// the one before.
func (s slot) earlier() []int64 {
	if s.state != present {
		return nil
	}
	return append(slices.Clip(s.former), s.place)
}

// load reads all slots. One that was not written whole, because the engine was killed, was never
// used; one that the disk has damaged is missed by those who need it.
func (f *keyFile) load() error {
	data, err := io.ReadAll(f.file)
	if err != nil {
		return err
	}
	for at := 0; at+slotSize <= len(data); at += slotSize {
		name, s, ok := decodeSlot(data[at : at+slotSize])
		s.place = int64(at / slotSize)
		if before := f.slots[name]; ok && before.state != destroyed {
			s.former = before.earlier()
			f.slots[name] = s
		}
	}
	used := len(bytes.TrimRight(data, "\x00")) // a slot begins with its state, which is not zero
	f.length, f.room = int64((used+slotSize-1)/slotSize), int64(len(data)/slotSize)
	return nil
}

func encodeSlot(name string, s slot) ([]byte, error) {
	if len(name) > longestName || len(s.wrapped) > longestKey {
		return nil, fmt.Errorf("data key of %s: %d and %d bytes do not fit a slot", name, len(name), len(s.wrapped))
	}
	b := make([]byte, 0, slotSize)
	b = append(b, byte(s.state), byte(len(name)))
	b = append(b, name...)
	b = append(b, byte(len(s.wrapped)))
	b = append(b, s.wrapped...)
	b = append(b, make([]byte, slotSize-4-len(b))...)
	return binary.BigEndian.AppendUint32(b, checksum(b)), nil
}

func decodeSlot(b []byte) (name string, s slot, ok bool) {
	end := slotSize - 4
	if binary.BigEndian.Uint32(b[end:]) != checksum(b[:end]) {
		return "", s, false
	}
	n := int(b[1])
	if n > longestName {
		return "", s, false
	}
	k := int(b[2+n])
	if k > longestKey {
		return "", s, false
	}
	s.state, s.wrapped = state(b[0]), append([]byte(nil), b[3+n:3+n+k]...)
	return string(b[2 : 2+n]), s, s.state == present || s.state == destroyed
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

func (f *keyFile) find(subject string) slot {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.slots[subject]
}

// ask is find: nobody else writes the file.
func (f *keyFile) ask(subject string) (slot, error) { return f.find(subject), nil }

func (f *keyFile) each(do func(subject string, s slot)) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for subject, s := range f.slots {
		do(subject, s)
	}
	return nil
}

var errReadOnly = errors.New("the data keys are open for reading only")

// add puts the key of a subject into the next batch, unless somebody else was first.
func (f *keyFile) add(subject string, wrapped []byte) (slot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.slots[subject]; s.state != noKey {
		return s, nil
	}
	return f.queue(subject, slot{state: present, wrapped: wrapped})
}

// queue puts a slot at the end of the file, with the next batch. f.mu is held.
func (f *keyFile) queue(subject string, s slot) (slot, error) {
	if f.file == nil {
		return slot{}, errReadOnly
	}
	bytes, err := encodeSlot(subject, s)
	if err != nil {
		return slot{}, err
	}
	s.place, s.batch = f.length+int64(len(f.pending)/slotSize), f.batch
	f.pending = append(f.pending, bytes...)
	f.slots[subject] = s
	return s, nil
}

// flush returns when the batch is on disk. Those who wait at the same time share a flush.
func (f *keyFile) flush(batch uint64) error {
	if f.settled.Load() >= batch {
		return nil // without waiting for a flush of others that is under way
	}
	f.flushing.Lock()
	defer f.flushing.Unlock()
	if f.settled.Load() >= batch {
		return nil
	}
	f.mu.Lock()
	bytes, at, last := f.pending, f.length, f.batch
	f.pending, f.length, f.batch = nil, f.length+int64(len(f.pending)/slotSize), f.batch+1
	f.mu.Unlock()
	if err := f.extend(bytes, at); err != nil {
		f.mu.Lock()
		f.pending, f.length = append(bytes, f.pending...), at // the next flush writes them again
		f.mu.Unlock()
		return fmt.Errorf("write data keys %s: %w; check the disk's space and health", f.path, err)
	}
	f.settled.Store(last)
	return nil
}

// extend writes slots at the end, with empty ones after them where the file has to grow. f.flushing is held.
func (f *keyFile) extend(slots []byte, at int64) error {
	end := at + int64(len(slots)/slotSize)
	room := f.room
	if end > room {
		room = end + min(max(end, leastGrowth), mostGrowth)
		slots = append(slices.Clip(slots), make([]byte, (room-end)*slotSize)...)
	}
	if err := f.write(slots, at); err != nil {
		return err
	}
	f.room = room
	return nil
}

func (f *keyFile) write(bytes []byte, at int64) error {
	if _, err := f.file.WriteAt(bytes, at*slotSize); err != nil {
		return err
	}
	if err := disk.Flush(f.file); err != nil {
		return err
	}
	return f.disk.Check()
}

// destroy overwrites the keys of subjects. What others have queued is written first: it keeps its
// place, and who queued it finds its batch on disk.
func (f *keyFile) destroy(subjects []string) error {
	f.flushing.Lock()
	defer f.flushing.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.reserve(subjects); err != nil {
		return fmt.Errorf("write data keys %s: %w; check the disk's space and health", f.path, err)
	}
	for _, subject := range subjects {
		s := f.slots[subject]
		if s.state == destroyed {
			continue
		}
		if err := f.overwrite(subject, s); err != nil {
			return fmt.Errorf("destroy the data key of %s: %w", subject, err)
		}
		f.slots[subject] = slot{state: destroyed, place: s.place}
	}
	return nil
}

// reserve gives each subject without a key a place in the file, and writes those with all that is
// queued. f.flushing and f.mu are held.
func (f *keyFile) reserve(subjects []string) error {
	bytes, places := f.pending, map[string]int64{}
	for _, subject := range subjects {
		if _, twice := places[subject]; !twice && f.slots[subject].state == noKey {
			places[subject] = f.length + int64(len(bytes)/slotSize)
			bytes = append(bytes, make([]byte, slotSize)...)
		}
	}
	if len(bytes) == 0 {
		return nil
	}
	if err := f.extend(bytes, f.length); err != nil {
		return err
	}
	for subject, place := range places {
		f.slots[subject] = slot{place: place}
	}
	f.length, f.pending = f.length+int64(len(bytes)/slotSize), nil
	f.settled.Store(f.batch)
	f.batch++
	return nil
}

func (f *keyFile) overwrite(subject string, s slot) error {
	bytes, err := encodeSlot(subject, slot{state: destroyed})
	if err != nil {
		return err
	}
	if err := f.write(bytes, s.place); err != nil {
		return err
	}
	return f.clear(s.former)
}

func (f *keyFile) clear(places []int64) error {
	for _, place := range places {
		if err := f.write(make([]byte, slotSize), place); err != nil {
			return err
		}
	}
	return nil
}

// replace writes another wrapped form of a subject's key in the place of the old one: first at
// the end of the file, so that no moment is without it.
func (f *keyFile) replace(subject string, wrapped []byte) error {
	f.mu.Lock()
	old := f.slots[subject]
	if old.state != present {
		f.mu.Unlock()
		return nil
	}
	s, err := f.queue(subject, slot{state: present, wrapped: wrapped, former: old.earlier()})
	f.mu.Unlock()
	if err != nil {
		return err
	}
	if err := f.flush(s.batch); err != nil {
		return err
	}
	return f.clear(s.former)
}

func (f *keyFile) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	if f.disk != nil {
		err = errors.Join(err, f.disk.Close())
	}
	return err
}
