package smokeball

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strconv"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	pageSize  = 500 // the most that Smokeball gives at once
	mostPages = 20
)

var (
	errTooMany = errors.New("the list has more pages than are read")
	errNoList  = errors.New("the answer holds no list")
)

// page is one page of a list.
type page[T any] struct {
	Value entries[T] `json:"value"`
	Size  looseInt   `json:"size"`
	Next  *link      `json:"next"`
}

// entries are a page's. Told reports that the answer has them at all, be it as null:
// an answer without them must not pass for an empty list.
type entries[T any] struct {
	list []T
	told bool
}

// UnmarshalJSON reads a list or null.
func (e *entries[T]) UnmarshalJSON(b []byte) error {
	e.told = true
	return json.Unmarshal(b, &e.list)
}

func (p *page[T]) check() error {
	if !p.Value.told {
		return errNoList
	}
	return nil
}

// more reports whether entries follow those up to end. Smokeball says so by a link, and
// by a size that may count the page or the whole list.
func (p page[T]) more(end int) bool {
	return len(p.Value.list) > 0 && ((p.Next != nil && p.Next.Href != "") || int64(p.Size) > int64(end))
}

// list reads all pages of what k lists, each entry once. Links are not followed, only
// offsets, so credentials stay with the host.
func list[T any](ctx context.Context, c *caller, firm domain.FirmID, k call, id func(T) string) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	for offset, n := 0, 0; n < mostPages; n++ {
		var p page[T]
		if err := c.do(ctx, firm, k.at(offset), &p); err != nil {
			return nil, err
		}
		for _, entry := range p.Value.list {
			if name := id(entry); name != "" && !seen[name] {
				seen[name] = true
				all = append(all, entry)
			}
		}
		offset += len(p.Value.list)
		if !p.more(offset) {
			return all, nil
		}
	}
	return nil, k.fault(domain.Permanent, domain.CodeSmokeballRefused, domain.FaultTooMany, errTooMany)
}

// at is k for the page that begins at offset.
func (k call) at(offset int) call {
	query := maps.Clone(k.query)
	if query == nil {
		query = url.Values{}
	}
	query.Set("Limit", strconv.Itoa(pageSize))
	query.Set("Offset", strconv.Itoa(offset))
	k.query = query
	return k
}
