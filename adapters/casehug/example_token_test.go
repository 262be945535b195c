package casehug_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

var exampleToken = regexp.MustCompile("(?s)```json\n(.*?)```")

// TestTheTokenOfTheSignInPageSignsIn tells that a token with the claims of docs/sign-in.md, at the
// present time, signs in whom the page says, and that it does not without any of those that the page requires.
func TestTheTokenOfTheSignInPageSignsIn(t *testing.T) {
	page, err := os.ReadFile("../../docs/sign-in.md")
	if err != nil {
		t.Fatal(err)
	}
	block := exampleToken.FindSubmatch(page)
	if block == nil {
		t.Fatal("docs/sign-in.md has no example")
	}
	claims := func() map[string]any {
		var c map[string]any
		if err := json.Unmarshal(block[1], &c); err != nil {
			t.Fatal(err)
		}
		c["iat"], c["exp"] = time.Now().Unix(), time.Now().Add(12*time.Hour).Unix()
		return c
	}
	all := keys(t)[1:2]
	set := jwks(t, all)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(set) }))
	t.Cleanup(s.Close)
	users, err := casehug.NewUsers(s.URL, claims()["iss"].(string), claims()["aud"].(string))
	if err != nil {
		t.Fatal(err)
	}
	got, err := users.Verify(t.Context(), signClaims(t, all[0], claims()))
	want := domain.User{Subject: "u_osei", Firm: "f_hartwell", Role: domain.FirmAdmin, Name: "Folasade Osei", Email: "folasade@hartwell.example",
		Called: "Hartwell & Osei LLP", Expires: got.Expires}
	if err != nil || got != want {
		t.Fatalf("the example signs in %+v, %v; want %+v", got, err, want)
	}
	for _, name := range []string{"iss", "aud", "sub", "firm_id", "role", "exp"} {
		c := claims()
		delete(c, name)
		if _, err := users.Verify(t.Context(), signClaims(t, all[0], c)); err == nil {
			t.Errorf("a token without %s signs somebody in", name)
		}
	}
}
