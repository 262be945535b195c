package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/casehug/smokeball-sync/projections"
)

// deadLettersPage lists what could not be taken in.
type deadLettersPage struct {
	Letters []letter
	Paged   bool
	More    string
}

// letter is an event that could not be taken in, as people read it.
type letter struct {
	projections.DeadLetterRow
	Content string
}

func (s *site) showDeadLetters(v visit) error {
	in := v.r.URL.Query()
	before, err := Paging{Cursor: in.Get("cursor")}.before()
	if err != nil {
		return err
	}
	rows, next, err := s.Views.DeadLetters(v.firm(), before, perPage)
	if err != nil {
		return err
	}
	p := deadLettersPage{Paged: before != 0}
	for _, r := range rows {
		p.Letters = append(p.Letters, letter{DeadLetterRow: r, Content: readable(r.Body)})
	}
	if c := cursor(next); c != nil {
		p.More = "/dead-letters" + queryWith(in, "cursor", *c)
	}
	return s.show(v, http.StatusOK, "dead-letters", screen{Title: "Dead letters", Nav: "dead-letters", Crumbs: []crumb{{"Dead letters", ""}}, Body: p})
}

// readable is a body as text: indented if it is JSON.
func readable(body []byte) string {
	var b bytes.Buffer
	switch {
	case json.Indent(&b, body, "", "  ") == nil:
		return b.String()
	case utf8.Valid(body):
		return string(body)
	}
	return fmt.Sprintf("%d bytes that are not text", len(body))
}
