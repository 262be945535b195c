package web

import (
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// finishAuthorization takes the browser that comes back from Smokeball. The code in
// its address is a secret: no page that follows is told the address.
func (s *site) finishAuthorization(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	q := r.URL.Query()
	browser := s.browserUser(r)
	done, err := s.Firms.Complete(r.Context(), Callback{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Issuer: q.Get("iss")}, browser)
	if err != nil {
		s.noteUnfinished(r, done.Firm, browser, err)
		s.showUnfinished(w, r, browser != nil, err)
		return
	}
	noteFirm(r.Context(), done.Firm)
	switch {
	case browser != nil && browser.Firm == done.Firm && done.Asks:
		http.Redirect(w, r, "/integrations", http.StatusSeeOther)
	case browser != nil && browser.Firm == done.Firm:
		http.Redirect(w, r, "/integrations?connected=1", http.StatusSeeOther)
	default:
		s.showFinished(w, done)
	}
}

// showFinished tells a browser that is not signed in what came of it.
func (s *site) showFinished(w http.ResponseWriter, done Completed) {
	open := []act{{Label: "Open Smokeball sync", Href: "/integrations", Go: true}}
	if done.Asks {
		s.showAlone(w, http.StatusOK, alone{Title: "One question left", Icon: "plug", Heading: "This is another Smokeball account than before",
			Text: []string{"Nothing was changed. A firm admin confirms the account under Settings → Integrations within 10 minutes, or keeps the one before."}, Acts: open})
		return
	}
	s.showAlone(w, http.StatusOK, alone{Title: "Connected", Icon: "ok", Heading: "Smokeball is connected",
		Text: []string{"CaseHug may now send matters, clients and approved documents to Smokeball. You can close this page."}, Acts: open})
}

// browserUser is the user who is signed in to the console in this browser, if any.
func (s *site) browserUser(r *http.Request) *domain.User {
	c, err := s.callerByCookie(r)
	if err != nil {
		return nil
	}
	return &c.user
}
