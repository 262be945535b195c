package cli

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestADevelopersSignInPage serves the page with the key set that the engine reads.
func TestADevelopersSignInPage(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"dev-sign-in", "--listen", address, "--name", "http://" + address, "--engine", "http://localhost:8080"}, func(string) string { return "" }, io.Discard, io.Discard)
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) string {
		resp, err := client.Get("http://" + address + path)
		if err != nil {
			return ""
		}
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	eventually(t, "the page is served", func() bool { return strings.Contains(get("/"), "<form") })
	if keys := get("/jwks.json"); !strings.Contains(keys, `"keys"`) {
		t.Errorf("the key set is %s", keys)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
