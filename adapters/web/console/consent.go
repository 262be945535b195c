package console

import (
	"net/http"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

// Consent is where browsers come back from Smokeball's consent page.
type Consent struct {
	*Shell
	Consents ports.Consents
	Callers  *auth.Callers
	Cookies  auth.Cookies
	Forms    *http.CrossOriginProtection
}

// consentCookie holds the secret of a browser that was asked about an account.
const consentCookie = "casehug_consent"

// Finish takes the browser that comes back from Smokeball. The code in its address is a
// secret: the address is not passed on to the page that follows.
func (c *Consent) Finish(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	q := r.URL.Query()
	browser := c.Callers.Browser(r)
	done, err := c.Consents.Complete(r.Context(), ports.Callback{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Issuer: q.Get("iss")}, browser)
	if err == nil && done.Question != nil {
		auth.NoteFirm(r.Context(), done.Firm)
		c.Cookies.Set(w, consentCookie, done.Question.Browser, done.Question.Expires)
		c.Errors.Show(w, http.StatusOK, questionPage(*done.Question))
		return
	}
	c.answer(w, r, done, browser, err)
}

// Confirm takes the answer of a browser that was asked.
func (c *Consent) Confirm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, auth.MaxForm)
	if err := c.Forms.Check(r); err != nil {
		c.Errors.Refuse(w, r, auth.CrossOrigin())
		return
	}
	reply := ports.Reply{ID: r.PostFormValue("grant"), Browser: c.Cookies.Get(r, consentCookie), Yes: r.PostFormValue("answer") != "no"}
	browser := c.Callers.Browser(r)
	done, err := c.Consents.Answer(r.Context(), reply, browser)
	if err == nil {
		c.Cookies.Delete(w, consentCookie)
	}
	c.answer(w, r, done, browser, err)
}

// answer shows the browser the outcome: in the console if it is signed in, else on a page.
func (c *Consent) answer(w http.ResponseWriter, r *http.Request, done ports.Completed, browser *domain.User, err error) {
	inConsole := browser != nil && browser.Firm == done.Firm
	switch {
	case err != nil:
		c.Trail.RejectConsent(r.Context(), done.Firm, browser, err)
		if inConsole && domain.AsRejection(err) != nil {
			http.Redirect(w, r, "/integrations", http.StatusSeeOther) // the card says why
			return
		}
		p := c.Report.Of(r.Context(), err)
		c.Errors.showProblem(w, p, unfinishedPage(p, browser != nil))
		return
	case inConsole && done.Asks:
		http.Redirect(w, r, "/integrations", http.StatusSeeOther)
	case inConsole:
		http.Redirect(w, r, "/integrations?connected=1", http.StatusSeeOther)
	default:
		c.Errors.Show(w, http.StatusOK, finishedPage(done))
	}
	auth.NoteFirm(r.Context(), done.Firm)
}
