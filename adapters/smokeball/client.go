package smokeball

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Client calls Smokeball for all firms. It is safe for concurrent use. Every method
// that fails returns a *domain.CallError. Those that create something call intend, if it is
// not nil, once when the call's slot is granted, right before it is sent: where that fails
// nothing is sent, and its error is returned as it is.
type Client struct {
	*caller
	*Accounts
	*Uploads

	base       http.RoundTripper
	types      typeCache
	staff      staffCache
	staffNames staffNames
}

// New makes a Client, or returns every fault of cfg.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	base, circuits := baseOf(cfg.Transport), newCircuits(logger(cfg.Log), cfg.Trouble)
	calls := &caller{own: map[domain.FirmID]*app{}, host: cfg.Hosts.API, circuits: circuits}
	metrics, err := newMetrics(cfg.Registerer, calls.waiting, circuits.open)
	if err == nil {
		err = register(cfg.Registerer, allowanceGauges{calls})
	}
	if err != nil {
		return nil, err
	}
	wire := counted{base, metrics, cfg.Tracer}
	build := func(p PrivateApp) *app {
		l := NewLimiter(p.Rate, p.Burst)
		return &app{key: p.APIKey, limiter: l, api: unmoved(limited{timed{wire}, l, circuits, metrics, cfg.Permit}),
			oauth: newOAuth(cfg.Hosts, p.ClientID, p.ClientSecret, unmoved(timed{wire}))}
	}
	calls.shared = build(PrivateApp{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, APIKey: cfg.APIKey, Rate: cfg.Rate, Burst: cfg.Burst})
	calls.shared.tokens = calls.newTokens(cfg, calls.shared.oauth, cfg.ClientID)
	for _, p := range cfg.PrivateApps {
		own := build(p)
		own.own = true
		own.tokens = calls.newTokens(cfg, ownSignIn{own.oauth}, p.ClientID)
		calls.own[p.Firm] = own
	}
	plain := unmoved(wire)
	return &Client{caller: calls, Accounts: &Accounts{caller: calls, plain: plain, store: cfg.Store}, Uploads: &Uploads{plain}, base: base}, nil
}

// newTokens is the token source of an app. That a refresh fails is part of how Smokeball
// serves the firm.
func (c *caller) newTokens(cfg Config, auth refresher, app string) *tokenSource {
	s := newTokenSource(cfg.Store, auth, app, logger(cfg.Log))
	s.failed = c.circuits.recordFailure
	return s
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.Default()
	}
	return l
}

// baseOf is the configured transport, or one of the client's own.
func baseOf(configured http.RoundTripper) http.RoundTripper {
	if configured != nil {
		return configured
	}
	return newBase()
}

// newBase is net/http's usual transport with short waits for connections.
func newBase() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 8,

		MaxResponseHeaderBytes: 256 << 10,
		IdleConnTimeout:        time.Minute,
	}
}

// unmoved is a client that follows no redirect.
func unmoved(way http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     way,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Format shows nothing of the client, which holds secrets.
func (c *caller) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "client of "+c.host) }

// OAuth is the sign-in of the app that any firm may allow.
func (c *Accounts) OAuth() *OAuth { return c.shared.oauth }

// Allowance is the state of the allowance that the firm's calls take from: its own
// app's, or the one that all other firms share.
func (c *caller) Allowance(firm domain.FirmID) Allowance { return c.app(firm).limiter.Allowance() }

// Usage is what was taken of that allowance since the client was made.
func (c *caller) Usage(firm domain.FirmID) Usage { return c.app(firm).limiter.Usage(firm) }

// waiting is how many calls wait for their slot in any allowance.
func (c *caller) waiting() int {
	n := c.shared.limiter.Allowance().Waiting
	for _, own := range c.own {
		n += own.limiter.Allowance().Waiting
	}
	return n
}

// Close closes the idle connections; calls after it open new ones.
func (c *Client) Close() {
	if pool, ok := c.base.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}
