package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// gateway is one engine's way to Smokeball. It notes when a call that changes something
// arrives, so that it is known which engine made it.
type gateway struct {
	*httptest.Server

	mu     sync.Mutex
	writes []time.Time
}

// openGateway leads to the Smokeball at base.
func openGateway(base string) (*gateway, error) {
	to, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	g := &gateway{}
	proxy := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.note(r, time.Now())
		proxy.ServeHTTP(w, r)
	}))
	return g, nil
}

// note remembers a call that changes something. Signing in changes nothing.
func (g *gateway) note(r *http.Request, at time.Time) {
	if r.Method == http.MethodGet || strings.HasPrefix(r.URL.Path, "/oauth2/") {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.writes = append(g.writes, at)
}

// firstAfter is when the first change after a moment arrived; zero: none has.
func (g *gateway) firstAfter(moment time.Time) (first time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, at := range g.writes {
		if at.After(moment) {
			return at
		}
	}
	return first
}

// tookOver waits until an engine other than the one that was struck leads, and has changed
// something in Smokeball, and returns how long after the strike that was.
func (c *cluster) tookOver(ctx context.Context, struck *seat, began time.Time) (t takeover, err error) {
	if _, err := c.led(ctx, struck); err != nil {
		return t, err
	}
	t.leads = time.Since(began)
	err = until(ctx, patience, "another engine changes something in Smokeball", func(context.Context) bool {
		for _, s := range c.engines {
			if at := s.gateway.firstAfter(began); s != struck && !at.IsZero() && (t.writes == 0 || at.Sub(began) < t.writes) {
				t.writes = at.Sub(began)
			}
		}
		return t.writes > 0
	})
	return t, err
}

func (g *gateway) close() {
	if g != nil {
		g.CloseClientConnections()
		g.Close()
	}
}

var errNoNamespaces = errors.New("this needs root and the commands ip and nsenter")
