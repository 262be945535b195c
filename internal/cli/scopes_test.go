package cli

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestTheCardSaysWhatIsAskedFor tells that a firm admin reads before connecting what
// CaseHug will ask Smokeball for and why, and that the link asks for that and no more.
func TestTheCardSaysWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	token, err := r.issuer.Sign(admin())
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/integrations", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(r.signIn(t, token))
	page := html.UnescapeString(string(r.do(t, req).want(http.StatusOK).body))
	link := r.authorize(t)
	for _, p := range smokeball.Permissions() {
		for _, said := range []string{p.Name, p.Why, strings.Join(p.Scopes(), " ")} {
			if !strings.Contains(page, said) {
				t.Errorf("the card does not say %q", said)
			}
		}
		for _, scope := range p.Scopes() {
			if !strings.Contains(link, strings.ReplaceAll(scope, "/", "%2F")) {
				t.Errorf("the link does not ask for %s", scope)
			}
		}
	}
	if n := strings.Count(link, "%2Fread") + strings.Count(link, "%2Fwrite"); n != len(smokeball.ScopeNames()) {
		t.Errorf("the link asks for %d scopes of %d: %s", n, len(smokeball.ScopeNames()), link)
	}
}
