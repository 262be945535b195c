package web

import (
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// showUnfinished says why there is no connection, and the way on.
func (s *site) showUnfinished(w http.ResponseWriter, r *http.Request, signedIn bool, err error) {
	p := s.problemOf(r.Context(), err)
	copyHeader(w.Header(), p.header)
	a := unfinished(p)
	if signedIn {
		a.Acts = []act{{Label: "Back to Integrations", Href: "/integrations", Go: true}}
	} else {
		a.Text = append(a.Text, "Nobody is signed in to CaseHug in this browser. Open Smokeball sync from CaseHug: it signs you in and shows how the connection stands.")
	}
	a.Title, a.Code, a.Status, a.Reference = "Not finished", string(p.Code), p.Status, p.Reference
	s.showErrorPage(w, p.Status, a)
}

// unfinished is the page for why a way back from Smokeball led nowhere.
func unfinished(p *problem) errorPage {
	a := errorPage{Icon: "plug", Heading: "Connecting to Smokeball did not work", Text: []string{sentence(p.Detail) + " Nothing was changed.", p.Remedy}}
	switch p.Code {
	case domain.CodeAuthorizationDenied:
		a.Icon, a.Heading = "cancel", "Smokeball gave no access"
	case domain.CodeAuthorizationExpired:
		a.Icon, a.Heading = "wait", "This link is over"
	case domain.CodeAuthorizationUsed: // perhaps with success
		a.Icon, a.Heading, a.Text[0] = "wait", "This link was used already", "An authorization link works once. Opening it again changes nothing."
	case domain.CodeAuthorizationReplaced:
		a.Icon, a.Heading = "wait", "There is a newer link"
	case domain.CodeAuthorizationForeign:
		a.Icon, a.Heading = "lock", "This link is somebody else’s"
	case domain.CodeWrongIssuer:
		a.Icon, a.Heading = "alert", "This answer is not from Smokeball"
	case domain.CodeAccountInUse:
		a.Icon, a.Heading = "alert", "This Smokeball account is taken"
	}
	return a
}
