package atrest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// written is a block as a server writes it.
func (s stream) written(index int, bodies map[uint64]string, order []uint64) (block []byte) {
	for _, seq := range order {
		b := make([]byte, headSize)
		binary.LittleEndian.PutUint32(b, uint32(headSize+3+len(bodies[seq])+sumSize))
		binary.LittleEndian.PutUint64(b[4:], seq)
		binary.LittleEndian.PutUint16(b[20:], 3)
		b = append(append(b, "a.b"...), bodies[seq]...)
		block = append(block, append(b, s.checksum(index, b)...)...)
	}
	return block
}

// sound reports which messages a block has, and fails if a record's checksum is wrong: a server cuts
// the block there.
func (s stream) sound(index int, block []byte) (list []uint64, err error) {
	whole := records(block, func(r record) {
		b := block[r.at : r.at+r.size]
		if !bytes.Equal(b[r.size-sumSize:], s.checksum(index, b[:r.size-sumSize])) {
			err = fmt.Errorf("record %d has a wrong checksum", r.sequence&^isErased)
		}
		if r.sequence&isErased == 0 {
			list = append(list, r.sequence)
		}
	})
	if !whole {
		err = fmt.Errorf("the block does not end where a record does")
	}
	return list, err
}

// TestAKillWhileAMessageIsOverwritten: a record that was written in part would cost the rest of its block.
func TestAKillWhileAMessageIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		key := Key(bytes.Repeat([]byte("k"), 32))
		store, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		e := Eraser{filepath.Join(store, "nats"), key}
		s := streamOf(e.Root, "A", "S")
		if err := os.MkdirAll(filepath.Join(s.dir, "msgs"), 0o700); err != nil {
			t.Fatal(err)
		}
		bodies, order := map[uint64]string{}, []uint64{}
		for i := range uint64(rapid.IntRange(1, 6).Draw(t, "messages")) {
			bodies[i+7], order = rapid.StringN(0, 40, -1).Draw(t, "body"), append(order, i+7)
		}
		gone := Removed{Sequences: rapid.SliceOfNDistinct(rapid.SampledFrom(order), 1, -1, rapid.ID[uint64]).Draw(t, "removed")}
		slices.Sort(gone.Sequences)
		file, keyPath := s.block(1)
		k := key.fresh("A", ofBlock("S", 1))
		before := s.written(1, bodies, order)
		k.crypt(before)
		if err := writeKey(keyPath, k); err != nil {
			t.Fatal(err)
		}
		if err := write(file, before); err != nil {
			t.Fatal(err)
		}
		if err := e.Erase("A", "S", gone); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o := overwriting{Block: file}
		plain := bytes.Clone(before)
		k.crypt(plain)
		records(plain, func(r record) {
			if gone.has(r.sequence) {
				o.Records = append(o.Records, overwritten{r.at, r.sequence, after[r.at : r.at+r.size]})
			}
		})
		if err := e.note(o); err != nil {
			t.Fatal(err)
		}
		torn := bytes.Clone(before) // each byte may have been written or not
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for i := range torn {
			if random.IntN(2) == 0 {
				torn[i] = after[i]
			}
		}
		if err := write(file, torn); err != nil {
			t.Fatal(err)
		}
		if err := e.resume(); err != nil {
			t.Fatal(err)
		}
		is, err := s.plain(1, key)
		if err != nil {
			t.Fatal(err)
		}
		left, err := s.sound(1, is)
		if err != nil || len(left) != len(order)-len(gone.Sequences) {
			t.Fatalf("the block has %v, %v; removed were %v of %v", left, err, gone.Sequences, order)
		}
		if there(e.notes()) {
			t.Fatal("the notes are still there")
		}
	})
}

// TestAnOverwritingOfABlockThatChangedSince is left alone.
func TestAnOverwritingOfABlockThatChangedSince(t *testing.T) {
	key := Key(bytes.Repeat([]byte("k"), 32))
	e := Eraser{filepath.Join(t.TempDir(), "nats"), key}
	s := streamOf(e.Root, "A", "S")
	if err := os.MkdirAll(filepath.Join(s.dir, "msgs"), 0o700); err != nil {
		t.Fatal(err)
	}
	file, keyPath := s.block(1)
	k := key.fresh("A", ofBlock("S", 1))
	block := s.written(1, map[uint64]string{8: "another", 9: "message"}, []uint64{8, 9})
	k.crypt(block)
	for _, err := range []error{writeKey(keyPath, k), write(file, block), e.note(overwriting{file, []overwritten{{0, 7, make([]byte, 40)}}}), e.resume()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if is, err := os.ReadFile(file); err != nil || !bytes.Equal(is, block) {
		t.Error("the block was written to", err)
	}
}
