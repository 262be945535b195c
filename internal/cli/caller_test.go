package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

func admin() domain.User {
	return domain.User{Subject: "u_admin", Firm: testFirm, Role: domain.FirmAdmin, Name: "Ana Brown", Expires: time.Now().Add(time.Hour)}
}

func clerk() domain.User {
	return domain.User{Subject: "u_clerk", Firm: testFirm, Role: domain.StandardUser, Expires: time.Now().Add(time.Hour)}
}

// service is a service of CaseHug that posts the events of every firm.
func service() domain.User {
	return domain.User{Subject: "svc_intake", Firm: domain.EveryFirm, Role: domain.Service, Expires: time.Now().Add(time.Hour)}
}

func stranger() domain.User {
	return domain.User{Subject: "u_other", Firm: "f_other", Role: domain.FirmAdmin, Expires: time.Now().Add(time.Hour)}
}

// answer is what the engine said.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// call asks the API about the test's firm, in the name of a user; body may be nil.
func (r *running) call(t *testing.T, by domain.User, method, path string, body any) answer {
	t.Helper()
	var data io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+"/v1/firms/"+string(testFirm)+path, data)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if by.Subject != "" {
		token, err := r.issuer.Sign(by)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return r.do(t, req)
}

func (r *running) do(t *testing.T, req *http.Request) answer {
	t.Helper()
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer{t, resp.StatusCode, resp.Header, body}
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

func (a answer) into(v any) answer {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	return a
}

// code is the stable word of a problem.
func (a answer) code() string {
	a.t.Helper()
	var p struct {
		Code string `json:"code"`
	}
	a.into(&p)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("Content-Type is %q, want application/problem+json", got)
	}
	return p.Code
}

// connection is a connection status as the outside contract shows it.
type connection struct {
	Status  string `json:"status"`
	Account *struct {
		ID, Name string
	} `json:"smokeball_account"`
	Webhooks struct {
		Status   string
		Received int
	}
	Position uint64
}

func (r *running) connection(t *testing.T) (c connection) {
	t.Helper()
	r.call(t, clerk(), http.MethodGet, "/connection", nil).want(http.StatusOK).into(&c)
	return c
}

// authorize makes a link to Smokeball's consent page.
func (r *running) authorize(t *testing.T) string {
	t.Helper()
	var link struct {
		URL string `json:"authorize_url"`
	}
	r.call(t, admin(), http.MethodPost, "/connection/authorize", nil).want(http.StatusOK).into(&link)
	return link.URL
}

// visit opens an address as a browser does, with its redirects.
func (r *running) visit(t *testing.T, address string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.do(t, req)
}

// connect connects the firm and returns when that is seen.
func (r *running) connect(t *testing.T) {
	t.Helper()
	r.allow(t, r.authorize(t))
	eventually(t, "the firm is connected", func() bool { return r.connection(t).Status == "connected" })
}

// history is the firm's sync history, newest first; query may be nil.
func (r *running) history(t *testing.T, query url.Values) []projections.Entry {
	t.Helper()
	var page struct {
		Items []projections.Entry `json:"items"`
	}
	r.call(t, clerk(), http.MethodGet, "/sync-history?limit=500&"+query.Encode(), nil).want(http.StatusOK).into(&page)
	return page.Items
}

func (r *running) historyOf(t *testing.T, matter string) []projections.Entry {
	t.Helper()
	return r.history(t, url.Values{"matter_id": {matter}})
}

// latest waits until the newest sync of the matter is of the status.
func (r *running) latest(t *testing.T, matter string, status domain.Status) projections.Entry {
	t.Helper()
	var e projections.Entry
	eventually(t, "the sync of "+matter+" is "+string(status), func() bool {
		list := r.historyOf(t, matter)
		if len(list) == 0 {
			return false
		}
		e = list[0]
		if e.Status != status && e.Status.Ended() {
			t.Fatalf("the sync of %s is %s, want %s: %+v", matter, e.Status, status, e.Error)
		}
		return e.Status == status
	})
	return e
}

// allow opens a link to Smokeball's consent page in a browser where nobody is signed in to
// CaseHug, and says yes to what is asked there.
func (r *running) allow(t *testing.T, link string) {
	t.Helper()
	asked := r.visit(t, link).want(http.StatusOK)
	r.reply(t, asked, "").want(http.StatusOK)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// reply sends the form of the page that asks what to connect.
func (r *running) reply(t *testing.T, asked answer, word string) answer {
	t.Helper()
	form := url.Values{}
	for _, field := range hiddenField.FindAllStringSubmatch(string(asked.body), -1) {
		form.Set(field[1], field[2])
	}
	if word != "" {
		form.Set("answer", word)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/oauth/smokeball/confirm", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range (&http.Response{Header: asked.header}).Cookies() {
		req.AddCookie(c)
	}
	return r.do(t, req)
}

// signIn begins a session of the token's owner and returns its cookie.
func (r *running) signIn(t *testing.T, token string) *http.Cookie {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/session", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := r.http.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		if c.Name == "casehug_session" {
			return c
		}
	}
	t.Fatalf("signing in is answered %d, without a session", resp.StatusCode)
	return nil
}
