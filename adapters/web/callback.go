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
	if err == nil && done.Question != nil {
		noteFirm(r.Context(), done.Firm)
		s.ask(w, *done.Question)
		return
	}
	s.finished(w, r, done, browser, err)
}

// confirmAuthorization takes the answer of a browser that was asked.
func (s *site) confirmAuthorization(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := s.forms.Check(r); err != nil {
		s.refuse(w, r, crossOrigin())
		return
	}
	reply := Reply{ID: r.PostFormValue("grant"), Yes: r.PostFormValue("answer") != "no"}
	if c, err := r.Cookie(s.cookieName(consentCookie)); err == nil {
		reply.Browser = c.Value
	}
	browser := s.browserUser(r)
	done, err := s.Firms.Answer(r.Context(), reply, browser)
	if err == nil {
		s.setCookie(w, consentCookie, "", endsNow)
	}
	s.finished(w, r, done, browser, err)
}

// finished tells the browser what came of it.
func (s *site) finished(w http.ResponseWriter, r *http.Request, done Completed, browser *domain.User, err error) {
	if err != nil {
		s.noteUnfinished(r, done.Firm, browser, err)
		if browser != nil && browser.Firm == done.Firm && domain.AsRejection(err) != nil {
			http.Redirect(w, r, "/integrations", http.StatusSeeOther) // the card says why
			return
		}
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

// consentCookie holds the secret of a browser that was asked about an account.
const consentCookie = "casehug_consent"

// ask asks whether the firm is to be connected to the account, in a browser that is not
// that of the admin who made the link: it shows the person who consented for which firm.
func (s *site) ask(w http.ResponseWriter, q Question) {
	s.setCookie(w, consentCookie, q.Browser, max(1, int(q.Expires.Sub(s.Now()).Seconds())))
	account, firm := firstNonEmpty(q.Account.Name, q.Account.ID), string(q.Firm)
	if q.Called != "" {
		firm = q.Called + " (" + firm + ")"
	}
	s.showErrorPage(w, http.StatusOK, errorPage{Title: "Connect?", Icon: "plug", Heading: "Connect " + account + " to " + firm + "?",
		Text: []string{
			"Smokeball account: " + account + ". CaseHug firm: " + firm + ". The link was made by " + q.By + " of that firm, who is not signed in to CaseHug in this browser.",
			"If you connect them, everybody of the CaseHug firm " + firm + " can send matters, clients and documents into this Smokeball account, and read its matters. If you do not know that firm, or did not expect this, answer No.",
			"Nothing is connected yet. Without an answer by " + q.Expires.UTC().Format("15:04") + " UTC the access is given back to Smokeball.",
		},
		Form: &question{Action: "/oauth/smokeball/confirm", Hidden: []hidden{{"grant", q.ID}},
			Yes: "Connect " + account + " to " + firm, No: "No, do not connect"}})
}

// showFinished tells a browser that is not signed in what came of it.
func (s *site) showFinished(w http.ResponseWriter, done Completed) {
	open := []act{{Label: "Open Smokeball sync", Href: "/integrations", Go: true}}
	if done.Asks {
		s.showErrorPage(w, http.StatusOK, errorPage{Title: "One question left", Icon: "plug", Heading: "This is another Smokeball account than before",
			Text: []string{"Nothing was changed. A firm admin confirms the account under Settings → Integrations within 10 minutes, or keeps the one before."}, Acts: open})
		return
	}
	s.showErrorPage(w, http.StatusOK, errorPage{Title: "Connected", Icon: "ok", Heading: "Smokeball is connected",
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
