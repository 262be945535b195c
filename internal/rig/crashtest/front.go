package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// front is the one address of several engines. Each request goes to the next engine in
// turn, and on to another one where that does not answer in time: then it may be done twice,
// as with any load balancer that tries again.
type front struct {
	*httptest.Server
	way *http.Transport

	mu   sync.Mutex
	next int
	away map[string]time.Time // engines that did not answer, and until when they are asked last
	to   []string
}

const (
	answersWithin = 2 * time.Second
	askLast       = 5 * time.Second
)

func openFront(engines []string) *front {
	f := &front{to: engines, away: map[string]time.Time{}, way: &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: answersWithin}}
	f.Server = httptest.NewServer(&httputil.ReverseProxy{Transport: f, ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: engines[0]})
		r.Out.Host = r.In.Host
	}})
	return f
}

// order are the engines in the order in which they are asked now.
func (f *front) order() (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	var last []string
	for i := range f.to {
		engine := f.to[(f.next+i)%len(f.to)]
		if time.Now().Before(f.away[engine]) {
			last = append(last, engine)
		} else {
			list = append(list, engine)
		}
	}
	return append(list, last...)
}

func (f *front) silent(engine string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away[engine] = time.Now().Add(askLast)
}

// bodyOf reads a request's body, which the proxy leaves out where it is empty.
func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read a request: %w", err)
	}
	return body, nil
}

// RoundTrip implements http.RoundTripper.
func (f *front) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	for _, engine := range f.order() {
		again := r.Clone(r.Context())
		again.URL.Host, again.Body = engine, io.NopCloser(bytes.NewReader(body))
		var answer *http.Response
		if answer, err = f.way.RoundTrip(again); err == nil {
			return answer, nil
		}
		f.silent(engine)
	}
	return nil, err
}
