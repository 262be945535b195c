package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/domain"
)

// Config is all that the HTTP side is built on. Users, Schema, OneTime, ConsentURL,
// Scopes, WebhookTypes, Region, Version and OperatorToken may be left out; the rest is needed.
type Config struct {
	Views       Views
	Syncs       Syncs
	Firms       Firms
	Mappings    Mappings
	Inbox       Inbox
	Allowance   Allowance
	Keys        Keys
	DeadLetters DeadLetters
	Past        Past
	// Refusals writes down what people are refused. Nil: nothing is written down.
	Refusals Refusals
	// Users vouches for tokens. Nil: nobody can sign in, and every call that needs a
	// user is refused.
	Users Users
	// Sessions keep who is signed in to the console. Nil: nobody can sign in.
	Sessions Sessions
	// CaseHugOrigins are the sites whose pages may sign people in.
	CaseHugOrigins []string

	// PublicURL is how browsers reach the engine, such as https://sync.casehug.example.
	PublicURL string
	// ConsentURL is where Smokeball's consent page is. Browsers may be sent there from
	// the console's form even if it is not an https address (a simulator on this machine).
	ConsentURL string
	// Region is Smokeball's region, shown where a connection does not name its own.
	Region string
	// Scopes are the permissions that Smokeball will ask a firm admin to allow.
	Scopes []Scope
	// WebhookTypes are the types of notifications that Smokeball is asked for.
	WebhookTypes []string
	// Schema finds the published JSON Schema of an event type.
	Schema func(eventType string) ([]byte, bool)
	// OperatorToken lets programs on this machine read every firm's things with
	// "Authorization: Operator <token>". Empty: nobody can.
	OperatorToken string
	// OneTime trades a sign-in code for a CaseHug token, once. Nil: there is no such sign-in.
	OneTime func(code string) (token string, ok bool)

	// Stalled counts a firm's running syncs that do not move. Nil: nobody looks.
	Stalled func(domain.FirmID) int
	// Ready reports what is missing before the engine can take work, or nil.
	Ready    func(context.Context) error
	Registry *prometheus.Registry
	Logger   *slog.Logger
	Now      func() time.Time
	Version  string
}

// Scope is one permission that Smokeball asks a firm admin for, as the console shows it.
type Scope struct {
	Permission string // what it is about, such as Matters
	Access     string // Read, or Read and write
	Why        string // what CaseHug needs it for
	Names      string // Smokeball's names of it
}

// New builds the HTTP side. The error names everything that the configuration lacks.
func New(c Config) (http.Handler, error) {
	public, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("build the HTTP side: %w", err)
	}
	s, err := newSite(c, public)
	if err != nil {
		return nil, fmt.Errorf("build the HTTP side: %w", err)
	}
	return s.handler()
}

func (c Config) check() (*url.URL, error) {
	var missing []error
	for _, need := range []struct {
		name  string
		there bool
	}{
		{"Views", c.Views != nil}, {"Syncs", c.Syncs != nil}, {"Firms", c.Firms != nil}, {"Mappings", c.Mappings != nil}, {"Inbox", c.Inbox != nil}, {"Past", c.Past != nil},
		{"Allowance", c.Allowance != nil}, {"Keys", c.Keys != nil}, {"Letters", c.DeadLetters != nil}, {"Ready", c.Ready != nil}, {"Registry", c.Registry != nil},
		{"Logger", c.Logger != nil}, {"Now", c.Now != nil},
	} {
		if !need.there {
			missing = append(missing, fmt.Errorf("%s is missing", need.name))
		}
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		missing = append(missing, fmt.Errorf("PublicURL is %q; it needs an http or https address", c.PublicURL))
	}
	return u, errors.Join(missing...)
}
