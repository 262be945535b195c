package smokeball

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a Client needs.
type Config struct {
	Hosts        Hosts
	ClientID     string
	ClientSecret string
	APIKey       string
	Rate         float64 // calls a second that all firms share
	Burst        int     // calls that Smokeball takes at once
	Store        TokenStore
	Registerer   prometheus.Registerer // nil: no metrics
	Log          *slog.Logger          // nil: slog's default
}

// LogValue shows the configuration without its secrets.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("api", c.Hosts.API), slog.String("auth", c.Hosts.Auth),
		slog.String("client_id", c.ClientID), slog.String("client_secret", masked(c.ClientSecret)),
		slog.String("api_key", masked(c.APIKey)),
		slog.Float64("rate", c.Rate), slog.Int("burst", c.Burst),
	)
}

// Format shows the configuration without its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.LogValue().String()) }

// check reports every fault.
func (c Config) check() error {
	var errs []error
	need := func(ok bool, message string) {
		if !ok {
			errs = append(errs, errors.New(message))
		}
	}
	need(c.Hosts.API != "" && c.Hosts.Auth != "", "the Smokeball hosts are not set: use HostsFor")
	need(c.ClientID != "", "SMOKEBALL_CLIENT_ID is empty: it needs the app's client id")
	need(c.ClientSecret != "", "SMOKEBALL_CLIENT_SECRET is empty: it needs the app's client secret")
	need(c.APIKey != "", "SMOKEBALL_API_KEY is empty: it needs the app's API key")
	need(c.Rate > 0, fmt.Sprintf("SMOKEBALL_RATE holds %v: it needs a number above 0", c.Rate))
	need(c.Burst >= 1, fmt.Sprintf("SMOKEBALL_BURST holds %d: it needs 1 or more", c.Burst))
	need(c.Store != nil, "the token store is missing")
	return errors.Join(errs...)
}

// Client calls Smokeball for all firms. It is safe for concurrent use. Every method
// that fails returns a *domain.CallError.
type Client struct {
	api     *http.Client // limited
	plain   *http.Client // uploads: no allowance, no Smokeball headers
	base    *http.Transport
	host    string
	key     string
	limiter *Limiter
	oauth   *OAuth
	tokens  *tokenSource
	types   typeCache
}

// New makes a Client, or tells everything that is wrong with cfg.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	limiter := NewLimiter(cfg.Rate, cfg.Burst)
	metrics, err := newMetrics(cfg.Registerer, limiter)
	if err != nil {
		return nil, err
	}
	base := newBase()
	wire := counted{base, metrics}
	auth := newOAuth(cfg.Hosts, cfg.ClientID, cfg.ClientSecret, unmoved(timed{wire}))
	return &Client{
		api:     unmoved(limited{timed{wire}, limiter, metrics}),
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

// OAuth is the sign-in that belongs to the client.
func (c *Client) OAuth() *OAuth { return c.oauth }

// Allowance tells the state of the allowance that all firms share.
func (c *Client) Allowance() Allowance { return c.limiter.Allowance() }

// Close closes the idle connections; calls after it open new ones.
func (c *Client) Close() { c.base.CloseIdleConnections() }

// do makes a call for firm and decodes its answer into out (nil: not needed). A call
// turned away for its sign-in is made once more with new tokens.
func (c *Client) do(ctx context.Context, firm domain.FirmID, k call, out any) error {
	k = k.named()
	tokens, err := c.tokens.Token(ctx, firm)
	if err != nil {
		return during(k.op, err)
	}
	ctx = turnFor(ctx, firm)
	a, err := c.send(ctx, tokens.Access, k)
	if err != nil {
		return err
	}
	if renewable(a.status, tokens) {
		a, err = c.again(ctx, firm, tokens, k, a)
		if err != nil {
			return err
		}
	}
	return c.conclude(k, a, out)
}

// renewable reports whether new tokens may help: the access token has ended, or it is
// not younger than the grant whose scopes it should carry.
func renewable(status int, t Tokens) bool {
	return status == http.StatusUnauthorized ||
		(status == http.StatusForbidden && !t.Obtained.After(t.Issued))
}

// again repeats a call that was turned away, with new tokens.
func (c *Client) again(ctx context.Context, firm domain.FirmID, used Tokens, k call, first answer) (answer, error) {
	fresh, err := c.tokens.Renew(ctx, firm, used.Access)
	if err != nil && first.status == http.StatusForbidden {
		return first, nil // the refusal says more than the failed refresh
	}
	if err != nil {
		return answer{}, during(k.op, err)
	}
	a, err := c.send(ctx, fresh.Access, k)
	if err == nil && a.status == http.StatusUnauthorized {
		c.tokens.Refused(ctx, firm, k.refused(a))
	}
	return a, err
}

// during is err with the operation that it ended.
func during(op string, err error) error {
	ce := domain.AsCallError(err)
	if ce == nil {
		return err
	}
	named := *ce
	named.Op = op
	return &named
}

// send makes one request and reads its answer to the end.
func (c *Client) send(ctx context.Context, access string, k call) (answer, error) {
	var watch sending
	req, err := k.build(withOp(watch.watch(ctx), k.op), c.host)
	if err != nil {
		return answer{}, k.malformedRequest(withoutURL(err))
	}
	req.Header.Set("x-api-key", c.key)
	req.Header.Set("Authorization", "Bearer "+access)
	resp, err := c.api.Do(req)
	if err != nil {
		return answer{}, k.lost(withoutURL(err), watch.settled(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, k.lost(withoutURL(err), false)
	}
	if len(body) > maxAnswer {
		return answer{}, k.unreadable(errTooLong)
	}
	return answer{resp.StatusCode, resp.Header, body}, nil
}

// conclude decodes a good answer or turns a bad one into an error.
func (c *Client) conclude(k call, a answer, out any) error {
	if a.status == http.StatusTooManyRequests {
		return k.tooMany(a, c.limiter.Allowance().PausedFor)
	}
	if a.status < 200 || a.status > 299 {
		return k.refused(a)
	}
	if out == nil {
		return nil
	}
	return k.decode(a, out)
}
