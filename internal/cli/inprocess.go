package cli

import (
	"bytes"
	"io"
	"net/http"
)

// inProcess sends requests to a handler in this process.
type inProcess struct{ handler http.Handler }

// RoundTrip returns the handler's answer.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	a := &inProcessAnswer{status: http.StatusOK, header: http.Header{}}
	r = r.Clone(r.Context())
	r.RemoteAddr = "127.0.0.1:0" // the operator's token is accepted from this machine only
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.handler.ServeHTTP(a, r)
	return &http.Response{Status: http.StatusText(a.status), StatusCode: a.status, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r}, nil
}

// inProcessAnswer collects a handler's answer.
type inProcessAnswer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *inProcessAnswer) Header() http.Header         { return a.header }
func (a *inProcessAnswer) WriteHeader(status int)      { a.status = status }
func (a *inProcessAnswer) Write(p []byte) (int, error) { return a.body.Write(p) }
