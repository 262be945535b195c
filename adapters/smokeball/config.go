package smokeball

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/casehug/smokeball-sync/domain"
)

// Config is what a Client needs.
type Config struct {
	Hosts        Hosts
	ClientID     string
	ClientSecret string
	APIKey       string
	Rate         float64      // calls a second that all firms share
	Burst        int          // calls that Smokeball takes at once
	PrivateApps  []PrivateApp // of firms that have one
	Store        TokenStore
	Registerer   prometheus.Registerer // nil: no metrics
	Tracer       trace.Tracer          // nil: requests are not traced
	Log          *slog.Logger          // nil: slog's default
	// Permit is asked when a call's slot is granted, right before it is sent: an error keeps it
	// back, which is a passing fault. It gets the call's context. Nil: all are sent.
	Permit func(context.Context) error
	// Trouble is called when Smokeball stops serving a firm's calls, and when it does again.
	// It must not block. Nil: nobody is.
	Trouble func(Trouble)
	// Transport carries every request: API calls, token calls and uploads. Nil: a pool of
	// connections of the client's own, with short waits.
	Transport http.RoundTripper
}

// LogValue shows the configuration without its secrets.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("api", c.Hosts.API), slog.String("auth", c.Hosts.Auth),
		slog.String("client_id", c.ClientID), slog.String("client_secret", masked(c.ClientSecret)),
		slog.String("api_key", masked(c.APIKey)),
		slog.Float64("rate", c.Rate), slog.Int("burst", c.Burst), slog.Int("private_apps", len(c.PrivateApps)),
	)
}

// Format shows the configuration without its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.LogValue().String()) }

// MarshalJSON shows the configuration without its secrets.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.LogValue().String()) }

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
	firms := map[domain.FirmID]bool{}
	for _, p := range c.PrivateApps {
		p.check(need)
		need(!firms[p.Firm], "firm "+string(p.Firm)+" has two private apps")
		firms[p.Firm] = true
	}
	return errors.Join(errs...)
}
