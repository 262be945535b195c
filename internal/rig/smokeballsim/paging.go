package smokeballsim

import (
	"math"
	"net/url"
	"strconv"
)

// maxPage is the largest and default page size.
const maxPage = 500

// page is one page of a list.
type page[T any] struct {
	hyper
	Value    []T   `json:"value"`
	Offset   int   `json:"offset"`
	Limit    int   `json:"limit"`
	Size     int   `json:"size"` // of the whole list
	First    *link `json:"first,omitempty"`
	Previous *link `json:"previous,omitempty"`
	Next     *link `json:"next,omitempty"`
	Last     *link `json:"last,omitempty"`
}

// window is the part of a list that a caller requires.
type window struct{ offset, limit int }

func (q query) window() (window, *problem) {
	offset, p := q.whole("Offset", 0, 0, math.MaxInt32)
	if p != nil {
		return window{}, p
	}
	limit, p := q.whole("Limit", maxPage, 1, maxPage)
	return window{offset, limit}, p
}

// pageOf renders the requested window of all.
func pageOf[T, R any](c *call, all []T, render func(T) R) (page[R], *problem) {
	w, p := c.query.window()
	if p != nil {
		return page[R]{}, p
	}
	out := page[R]{Value: []R{}, Offset: w.offset, Limit: w.limit, Size: len(all)}
	for _, v := range all[min(w.offset, len(all)):min(w.offset+w.limit, len(all))] {
		out.Value = append(out.Value, render(v))
	}
	out.hyper = hyper{Href: c.pageLink(w).Href, Method: "GET", Self: c.pageLink(w)}
	out.First = c.pageLink(window{0, w.limit})
	out.Last = c.pageLink(window{max(0, (len(all)-1)/w.limit*w.limit), w.limit})
	if w.offset > 0 {
		out.Previous = c.pageLink(window{max(0, w.offset-w.limit), w.limit})
	}
	if w.offset+w.limit < len(all) {
		out.Next = c.pageLink(window{w.offset + w.limit, w.limit})
	}
	return out, nil
}

// pageLink returns this request's address with another window.
func (c *call) pageLink(w window) *link {
	v := url.Values{}
	for name, values := range c.query {
		v[name] = values
	}
	v.Del("offset")
	v.Del("limit")
	v.Set("Offset", strconv.Itoa(w.offset))
	v.Set("Limit", strconv.Itoa(w.limit))
	return &link{Href: c.base + c.path + "?" + v.Encode(), Method: "GET"}
}

// listed renders a page of all as an answer.
func listed[T, R any](c *call, all []T, render func(T) R) (reply, *problem) {
	p, bad := pageOf(c, all, render)
	return ok(p), bad
}
