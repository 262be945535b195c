package demo

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/internal/config"
)

// TestTheDevelopmentSignInStaysOnThisMachine tells that nobody reaches it from another one, and no
// site that a browser was led to under a name of its own.
func TestTheDevelopmentSignInStaysOnThisMachine(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:8070", "x"} {
		var usage *config.UsageError
		if err := ServeSignIn(t.Context(), SignInOptions{Listen: listen}, io.Discard); !errors.As(err, &usage) {
			t.Errorf("it listens on %s: %v", listen, err)
		}
	}
	issuer, err := casehug.NewIssuer("http://localhost:8070", demoAudience)
	if err != nil {
		t.Fatal(err)
	}
	h := SignInOptions{Engine: "http://localhost:8080"}.handler(issuer)
	for host, want := range map[string]int{"localhost:8070": 200, "127.0.0.1:8070": 200, "evil.example:8070": 421, "evil.example": 421} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/", nil)
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("as %s it answers %d, want %d", host, w.Code, want)
		}
	}
}
