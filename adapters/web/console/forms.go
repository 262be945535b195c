package console

import (
	"bytes"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// firmField is the hidden field by which a form names the firm whose page it stands on. A
// browser has one session, and in another tab somebody may have signed in to another firm since.
const firmField = "for_firm"

// ofFirm adds the field to each form of a page that changes something.
func ofFirm(page []byte, firm domain.FirmID) []byte {
	const start = `<form method="post"`
	field := []byte(`<input type="hidden" name="` + firmField + `" value="` + html.EscapeString(string(firm)) + `">`)
	var marked bytes.Buffer
	for {
		before, form, found := bytes.Cut(page, []byte(start))
		marked.Write(before)
		if !found {
			return marked.Bytes()
		}
		attributes, rest, _ := bytes.Cut(form, []byte(">"))
		marked.WriteString(start)
		marked.Write(attributes)
		marked.WriteByte('>')
		marked.Write(field)
		page = rest
	}
}

// ofAnotherFirm is the problem of a form from a page of another firm than the user's.
func ofAnotherFirm(r *http.Request, u domain.User) error {
	if r.Method != http.MethodPost {
		return nil
	}
	if named := r.PostFormValue(firmField); named == "" || named == string(u.Firm) {
		return nil
	}
	return problem.New(http.StatusConflict, problem.CodeConflict, "The page that you clicked on is of another firm than the one that you are signed in to now. Nothing was done.",
		"Open the page again.")
}

// keptForm is a form with what was typed, to be sent again by those who have signed in meanwhile.
// It is nil for forms of other sites, and for those that hold a token.
func (s *ErrorPages) keptForm(r *http.Request) *auth.Question {
	if r.Method != http.MethodPost || strings.HasPrefix(r.URL.Path, "/session") || strings.HasPrefix(r.URL.Path, "/oauth/") {
		return nil
	}
	if s.Forms.Check(r) != nil || r.ParseForm() != nil {
		return nil
	}
	q := &auth.Question{Action: r.URL.RequestURI(), Yes: "Send it again"}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		for _, v := range r.PostForm[name] {
			q.Hidden = append(q.Hidden, auth.Field{Name: name, Value: v})
		}
	}
	return q
}
