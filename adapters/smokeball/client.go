package smokeball

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Client calls Smokeball for all firms. It is safe for concurrent use. Every method
// that fails returns a *domain.CallError.
type Client struct {
	api     *http.Client // limited
	plain   *http.Client // uploads: no allowance, no Smokeball headers
	base    http.RoundTripper
	host    string
	key     string
	limiter *Limiter
	oauth   *OAuth
	tokens  *tokenSource
	types   typeCache
	staff   staffCache
}

// New makes a Client, or tells everything that is wrong with cfg.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	limiter := NewLimiter(cfg.Rate, cfg.Burst)
	circuits := newCircuits(logger(cfg.Log))
	metrics, err := newMetrics(cfg.Registerer, limiter, circuits)
	if err != nil {
		return nil, err
	}
	base := baseOf(cfg.Transport)
	wire := counted{base, metrics}
	auth := newOAuth(cfg.Hosts, cfg.ClientID, cfg.ClientSecret, unmoved(timed{wire}))
	return &Client{
		api:     unmoved(limited{timed{wire}, limiter, circuits, metrics}),
		plain:   unmoved(wire),
		base:    base,
		host:    cfg.Hosts.API,
		key:     cfg.APIKey,
		limiter: limiter,
		oauth:   auth,
		tokens:  newTokenSource(cfg.Store, auth, logger(cfg.Log)),
	}, nil
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
		IdleConnTimeout:     time.Minute,
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
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "client of "+c.host) }

// OAuth is the sign-in that belongs to the client.
func (c *Client) OAuth() *OAuth { return c.oauth }

// Allowance tells the state of the allowance that all firms share.
func (c *Client) Allowance() Allowance { return c.limiter.Allowance() }

// Close closes the idle connections; calls after it open new ones.
func (c *Client) Close() {
	if pool, ok := c.base.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}
