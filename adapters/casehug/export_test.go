package casehug

import (
	"net/http"
	"net/http/httptest"
)

// UsersThrough is NewUsers with a handler in place of the network.
func UsersThrough(keys http.Handler, issuer, audience string) *Users {
	fetch := &http.Client{Transport: &keyDoor{base: direct{keys}}}
	return &Users{keys: &remoteKeys{url: "https://keys.example", fetch: fetch}, issuer: issuer, audience: audience}
}

// direct answers requests with a handler.
type direct struct{ http.Handler }

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, req)
	return w.Result(), nil
}
