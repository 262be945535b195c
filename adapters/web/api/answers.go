package api

import (
	"strconv"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// FirmPath is a request about a firm.
type FirmPath struct {
	Firm string `path:"firm" doc:"The firm's id in CaseHug."`
}

func (p FirmPath) firm() domain.FirmID { return domain.FirmID(p.Firm) }

// Reading is a request that reads and may name a ledger position.
type Reading struct {
	FirmPath
	MinPosition uint64 `query:"min_position" doc:"Wait up to 5 seconds until the answer includes this ledger position."`
}

func (r Reading) minPosition() uint64 { return r.MinPosition }

// ReadingPast is a request that reads the state of now or of a past moment.
type ReadingPast struct {
	Reading
	AsOf string `query:"as_of" doc:"As it was at this time (RFC 3339), folded from the ledger; the answer then carries the events that prove it."`
}

// list is a part of a list.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next_cursor" doc:"The cursor of the rest; null at the end."`
	// Partial says why a part may have fewer items than asked for.
	Partial bool `json:"partial,omitempty" doc:"True: a search of a long list looked at a part of it. There may be fewer items than limit, or none; next_cursor goes on from there."`
}

func listOf[T any](items []T, next uint64) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{Items: items, Next: reading.Cursor(next)}
}

// answer is the answer to a read.
type answer[T any] struct{ Body T }

// change is the answer to a command: its result and the ledger position that includes it.
type change[T any] struct {
	Position string `header:"Ledger-Position" doc:"The ledger position that includes the change."`
	Body     T
}

func changed[T any](position uint64, body T) *change[T] {
	return &change[T]{Position: strconv.FormatUint(position, 10), Body: body}
}

// text is what p points to; "" for nil.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
