package cli

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestAnAdminErasesAClientInTheConsole: the page says before what goes and which backup holds it, the form erases
// it, twice clicked too, and the page says at the end that it is done and names nobody.
func TestAnAdminErasesAClientInTheConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.fill(t)
	w.wantDone(t, "backup", filepath.Join(t.TempDir(), "backup"))
	session := r.signIn(t, r.token(t, admin()))
	page := func(method, path string, form url.Values) string {
		req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(session)
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return string(r.do(t, req).body)
	}
	const path = "/clients/c_quack/erase"
	asks := page(http.MethodGet, path, nil)
	for _, says := range []string{"Zephyrine Quackenbush", "m_quack", "1 backup, made", "Nothing is deleted there. It keeps 1 matter"} {
		if !strings.Contains(asks, says) {
			t.Fatalf("the page does not say %q: %s", says, asks)
		}
	}
	_, digest, _ := strings.Cut(asks, `name="plan" value="`)
	digest, _, _ = strings.Cut(digest, `"`)
	if wrong := page(http.MethodPost, path, url.Values{"plan": {digest}, "typed": {"c_quick"}}); !strings.Contains(wrong, "nothing was erased") {
		t.Fatalf("a wrong id: %s", wrong)
	}
	for range 2 {
		if stands := page(http.MethodPost, path, url.Values{"plan": {digest}, "typed": {"c_quack"}}); !strings.Contains(stands, "Erasure of a client") || !strings.Contains(stands, "asked for by") {
			t.Fatalf("it leads to %s", stands)
		}
	}
	done := ""
	eventually(t, "the page says that it is done", func() bool {
		done = page(http.MethodGet, path, nil)
		return strings.Contains(done, "It is done, ")
	})
	w.wantNowhere(t, erasedNames)
	if list := page(http.MethodGet, "/erasures", nil); !strings.Contains(list, "Client c_quack") || !strings.Contains(done, "1 backup, made") || strings.Contains(list+done, "Quackenbush") {
		t.Errorf("at the end: %s", done)
	}
	if with := page(http.MethodGet, "/matters/m_quack/erase", nil); !strings.Contains(with, "Erasure of a client") {
		t.Errorf("the page of a matter that went with its client: %s", with)
	}
}
