package reading

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

// Paging is the part of a list that a caller asks for.
type Paging struct {
	Cursor string `query:"cursor" doc:"next_cursor of the part before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"The most entries to answer with."`
}

// Before is the position that the cursor stands for; 0: the newest.
func (p Paging) Before() (uint64, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	position, ok := positionOf(p.Cursor)
	if !ok {
		return 0, problem.Invalid("query.cursor", "is not the next_cursor of an answer")
	}
	return position, nil
}

// WholePaging is the part of a list that is whole unless the caller asks for a part.
type WholePaging struct {
	Cursor string `query:"cursor" doc:"next_cursor of the part before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" doc:"The most entries to answer with; left out: all."`
}

// PartOf is the part of a list that is asked for, and the cursor of the rest.
func PartOf[T any](p WholePaging, whole []T) (part []T, next *string, err error) {
	skipped, err := Paging{Cursor: p.Cursor}.Before()
	if err != nil {
		return nil, nil, err
	}
	part = whole[min(skipped, uint64(len(whole))):]
	if p.Limit == 0 || len(part) <= p.Limit {
		return part, nil, nil
	}
	return part[:p.Limit], Cursor(skipped + uint64(p.Limit)), nil
}

// Cursor is the text form of a position in a list; nil at its end. It carries a checksum, so
// that a client with a damaged cursor gets an error instead of the list from its start.
func Cursor(position uint64) *string {
	if position == 0 {
		return nil
	}
	place := binary.BigEndian.AppendUint64(nil, position)
	text := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(place, crc32.ChecksumIEEE(place)))
	return &text
}

func positionOf(cursor string) (position uint64, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(data) != 12 || binary.BigEndian.Uint32(data[8:]) != crc32.ChecksumIEEE(data[:8]) {
		return 0, false
	}
	position = binary.BigEndian.Uint64(data)
	return position, position > 0
}

// Known is a pointer to v, or nil for the zero value, which stands for nothing known.
func Known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
