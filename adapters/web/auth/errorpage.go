package auth

import (
	"net/http"
	"time"
)

// Pages shows pages without the console around them.
type Pages interface {
	Show(w http.ResponseWriter, status int, p ErrorPage)
	// Refuse answers with an error: a page if the browser accepts HTML, else a problem.
	Refuse(w http.ResponseWriter, r *http.Request, err error)
}

// ErrorPage is a page without the console around it: an error, a question, or an end.
type ErrorPage struct {
	Title     string
	Icon      string
	Heading   string
	Text      []string
	Links     []Link
	Search    bool
	Code      string
	Status    int
	Reference string
	At        time.Time // when it is shown
	Form      *Question // nil: no question
}

// Question is a form with two answers, the second of which changes nothing.
type Question struct {
	Action  string
	Hidden  []Field
	Yes, No string
}

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

// Link is a link from the page.
type Link struct {
	Label string
	Href  string
	Go    bool // the next step
}
