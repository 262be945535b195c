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

// gateway is one engine's way to Smokeball. It notes the calls that arrive, so that it is
// known which engine made them.
type gateway struct {
	*httptest.Server

	mu    sync.Mutex
	calls []arrival
}

// arrival is a call that came to Smokeball.
type arrival struct {
	at     time.Time
	call   string // method and path
	writes bool   // it changes something
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

// note remembers a call. Signing in changes nothing.
func (g *gateway) note(r *http.Request, at time.Time) {
	writes := r.Method != http.MethodGet && !strings.HasPrefix(r.URL.Path, "/oauth2/")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, arrival{at, r.Method + " " + r.URL.Path, writes})
}

// firstAfter is when the first change after a moment arrived, and the calls that came
// before it, by the time after that moment; zero: none has.
func (g *gateway) firstAfter(moment time.Time) (first time.Time, before []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.calls {
		if !c.at.After(moment) {
			continue
		}
		if c.writes {
			return c.at, before
		}
		before = append(before, took(c.at.Sub(moment))+" "+c.call)
	}
	return first, nil
}

// tookOver waits until an engine other than the one that was struck leads, and has changed
// something in Smokeball, and returns how long after the strike that was.
func (c *cluster) tookOver(ctx context.Context, struck *clusterEngine, began time.Time) (t takeover, err error) {
	if _, err := c.led(ctx, struck); err != nil {
		return t, err
	}
	t.leads = time.Since(began)
	err = until(ctx, timeout, "another engine changes something in Smokeball", func(context.Context) bool {
		for _, s := range c.engines {
			if at, before := s.gateway.firstAfter(began); s != struck && !at.IsZero() && (t.writes == 0 || at.Sub(began) < t.writes) {
				t.writes, t.before = at.Sub(began), before
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
