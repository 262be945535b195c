package smokeballsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Transport calls the server in memory, without a network: for tests with a fake clock. A
// connection that the server cuts is [io.ErrUnexpectedEOF]. For webhooks without a network,
// give [Config.HTTP] a transport of the same kind.
func (s *Server) Transport() http.RoundTripper { return inMemory{s} }

type inMemory struct{ *Server }

// RoundTrip passes r to the handler and waits for the answer, until r's context ends.
func (t inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	in, err := taken(r)
	if err != nil {
		return nil, err
	}
	w := &collector{header: http.Header{}, status: http.StatusOK}
	over := make(chan struct{})
	if !t.background(func() {
		defer close(over)
		w.cut = aborted(func() { t.handler.ServeHTTP(w, in) })
	}) {
		return nil, fmt.Errorf("reach the simulator: %w", net.ErrClosed)
	}
	select {
	case <-over:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if w.cut && w.body.Len() == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return w.response(r), nil
}

// taken is a request as the server receives it, its body read.
func taken(r *http.Request) (*http.Request, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr, in.Body = r.URL.RequestURI(), "in-memory", http.NoBody
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if r.Body == nil {
		return in, nil
	}
	b, err := io.ReadAll(r.Body)
	in.Body = io.NopCloser(bytes.NewReader(b))
	return in, errors.Join(err, r.Body.Close())
}

// aborted runs serve and reports whether it cut the connection.
func aborted(serve func()) (hungUp bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			hungUp = true
		default:
			panic(p)
		}
	}()
	serve()
	return false
}

// collector is a ResponseWriter that keeps the answer.
type collector struct {
	header http.Header
	status int
	body   bytes.Buffer
	cut    bool
}

// Header returns the answer's header.
func (c *collector) Header() http.Header { return c.header }

// WriteHeader sets the status.
func (c *collector) WriteHeader(status int) { c.status = status }

// Write appends to the body.
func (c *collector) Write(b []byte) (int, error) { return c.body.Write(b) }

func (c *collector) response(r *http.Request) *http.Response {
	var body io.Reader = bytes.NewReader(c.body.Bytes())
	if c.cut {
		body = io.MultiReader(body, cutShort{})
	}
	return &http.Response{
		Status: http.StatusText(c.status), StatusCode: c.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.header, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}
}

type cutShort struct{}

// Read fails like a connection that is cut in the middle of a body.
func (cutShort) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
