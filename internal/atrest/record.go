package atrest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A block is a row of records: 4 bytes of length, of which the highest bit says that there is a header;
// 8 of the sequence; 8 of the time; 2 of the subject's length; the subject, the header with 4 bytes of
// length, the message; and 8 of the checksum.
const (
	headSize   = 22
	sumSize    = 8
	hasHeader  = 1 << 31
	isErased   = 1 << 63 // in the sequence: nothing of the message is left
	isRemoval  = 1 << 62 // in the sequence: it says that another message was removed
	mostRecord = 64 << 20
)

// record is one of a block.
type record struct {
	at, size int
	sequence uint64
}

// records follows the records of a block by their lengths, up to one that is not complete, and reports
// whether the block ends where a record does.
func records(block []byte, do func(record)) (whole bool) {
	at := 0
	for at+headSize+sumSize <= len(block) {
		size := int(binary.LittleEndian.Uint32(block[at:]) &^ hasHeader)
		if size < headSize+sumSize || size > mostRecord || at+size > len(block) {
			return false
		}
		do(record{at, size, binary.LittleEndian.Uint64(block[at+4:])})
		at += size
	}
	return at == len(block)
}

// Last returns the highest sequence of a message that a block has, also of an erased one, and whether
// the block ends where a record does.
func Last(block []byte) (last uint64, whole bool) {
	whole = records(block, func(r record) {
		if r.sequence&isRemoval == 0 {
			last = max(last, r.sequence&^isErased)
		}
	})
	return last, whole
}

// erased is the record of a message of which nothing is left, as the server writes it.
func (s stream) erased(index int, r record) []byte {
	b := make([]byte, headSize, r.size)
	binary.LittleEndian.PutUint32(b, uint32(r.size))
	binary.LittleEndian.PutUint64(b[4:], r.sequence|isErased)
	b = append(b, random(r.size-headSize-sumSize)...)
	return append(b, s.checksum(index, b)...)
}

// checksum of a record without header, of which b has all but the checksum.
func (s stream) checksum(index int, b []byte) []byte {
	return hash(fmt.Sprintf("%s-%d", s.name, index), append(bytes.Clone(b[4:20]), b[headSize:]...))
}

// Misnumbered is a message whose number is damaged: a server that reads it fills the row up to that number.
type Misnumbered struct {
	Block  string // its file
	Number uint64
}

// Misnumber finds the messages in the folder that a server works in whose number does not follow the one
// before and does not fit their checksum. Other damage the server finds by itself.
func Misnumber(root string, k Key) (list []Misnumbered, err error) {
	all, err := streams(root)
	for _, s := range all {
		blocks, failed := s.blocks()
		for _, index := range blocks {
			var plain []byte
			if failed == nil {
				plain, failed = s.plain(index, k)
			}
			file, _ := s.block(index)
			for _, number := range s.misnumbered(index, plain) {
				list = append(list, Misnumbered{file, number})
			}
		}
		err = errors.Join(err, failed)
	}
	return list, err
}

// misnumbered are the damaged numbers of a block.
func (s stream) misnumbered(index int, block []byte) (list []uint64) {
	var last uint64
	records(block, func(r record) {
		if r.sequence&isRemoval != 0 {
			return
		}
		number := r.sequence &^ isErased
		if number != last+1 && !s.fits(index, block[r.at:r.at+r.size]) {
			list = append(list, number)
		}
		last = number
	})
	return list
}

// fits reports whether a record has its checksum, in which the length of the header is left out.
func (s stream) fits(index int, b []byte) bool {
	text, subject := b[headSize:len(b)-sumSize], int(binary.LittleEndian.Uint16(b[20:]))
	if binary.LittleEndian.Uint32(b)&hasHeader != 0 {
		if subject+4 > len(text) {
			return false
		}
		text = slices.Concat(text[:subject], text[subject+4:])
	}
	return bytes.Equal(s.checksum(index, slices.Concat(b[:headSize], text)), b[len(b)-sumSize:])
}
