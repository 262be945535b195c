package eventstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// The stored form of a record in bbolt: a format byte, the checksum of the rest, the position of
// the previous event of the stream, version, time, hash, the stream and the name, each preceded by
// its length, and the data.
const (
	recordFormat = 1
	sealedFormat = 2 // the same, of a record whose data is sealed
	recordFixed  = 1 + 4 + 8 + 8 + 8 + len(Hash{})
)

var (
	errShortRecord = errors.New("the stored record is cut off")
	errFormat      = errors.New("the stored record has an unknown format")
	errChecksum    = errors.New("the stored record does not match its checksum")
)

// encodeRecord returns the stored form of r; before is the position of the previous event of the
// stream, 0 for the first one.
func encodeRecord(r record, before Seq) []byte {
	b := make([]byte, 5, recordFixed+2*binary.MaxVarintLen16+len(r.stream)+len(r.name)+len(r.data))
	b[0] = recordFormat
	if r.sealed {
		b[0] = sealedFormat
	}
	b = binary.BigEndian.AppendUint64(b, uint64(before))
	b = binary.BigEndian.AppendUint64(b, r.version)
	b = binary.BigEndian.AppendUint64(b, uint64(r.at.UnixNano()))
	b = append(b, r.hash[:]...)
	b = appendText(b, r.stream)
	b = appendText(b, r.name)
	b = append(b, r.data...)
	binary.BigEndian.PutUint32(b[1:5], checksum(b[5:]))
	return b
}

// decodeRecord reads what encodeRecord wrote. The record's data shares b's memory.
func decodeRecord(b []byte) (record, error) {
	var r record
	switch {
	case len(b) < recordFixed:
		return r, errShortRecord
	case b[0] != recordFormat && b[0] != sealedFormat:
		return r, errFormat
	case binary.BigEndian.Uint32(b[1:5]) != checksum(b[5:]):
		return r, errChecksum
	}
	r.sealed = b[0] == sealedFormat
	r.version = binary.BigEndian.Uint64(b[13:21])
	r.at = time.Unix(0, int64(binary.BigEndian.Uint64(b[21:29]))).UTC()
	copy(r.hash[:], b[29:recordFixed])
	rest, ok := b[recordFixed:], true
	if r.stream, rest, ok = cutText(rest); !ok {
		return record{}, errShortRecord
	}
	if r.name, rest, ok = cutText(rest); !ok {
		return record{}, errShortRecord
	}
	r.data = rest
	return r, nil
}

// before returns the position of the previous event of the stream from a stored record.
func before(b []byte) Seq {
	if len(b) < recordFixed {
		return 0
	}
	return decodeSeq(b[5:13])
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func cutText(b []byte) (text string, rest []byte, ok bool) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return "", nil, false
	}
	end := width + int(n)
	return string(b[width:end]), b[end:], true
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// headSize is the stored size of a Head.
const headSize = 8 + 8 + len(Hash{})

func encodeHead(h Head) []byte {
	b := make([]byte, 0, headSize)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Seq))
	b = binary.BigEndian.AppendUint64(b, h.Version)
	return append(b, h.Hash[:]...)
}

// decodeHead reads what encodeHead wrote; no data is the zero Head.
func decodeHead(b []byte) (h Head, err error) {
	if b == nil {
		return Head{}, nil
	}
	if len(b) != headSize {
		return Head{}, errShortRecord
	}
	h.Seq = decodeSeq(b)
	h.Version = binary.BigEndian.Uint64(b[8:16])
	copy(h.Hash[:], b[16:])
	return h, nil
}

func encodeSeq(s Seq) []byte { return binary.BigEndian.AppendUint64(nil, uint64(s)) }

// decodeSeq reads a position. Data of another length is position 0, where nothing is stored.
func decodeSeq(b []byte) Seq {
	if len(b) < 8 {
		return 0
	}
	return Seq(binary.BigEndian.Uint64(b))
}
