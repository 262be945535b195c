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

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/idempotency"
	"github.com/casehug/smokeball-sync/projections"
)

// Config is all that the HTTP side requires. Fields that may be empty say what that means.
type Config struct {
	Views     Views
	Past      ports.Past
	Allowance ports.Allowance

	Syncs       ports.Syncs
	Previews    ports.Previews
	Bulks       ports.BulkSyncs
	Versions    ports.Versions
	Links       ports.Links
	Differences ports.Differences
	Erasures    ports.Erasures
	Accounts    ports.Accounts
	Consents    ports.Consents
	Settings    ports.Settings
	Retentions  ports.Retentions
	Webhooks    ports.Webhooks
	Mappings    ports.Mappings
	DeadLetters ports.DeadLetters
	Inbox       api.Inbox
	Keys        api.Keys
	Backups     api.Backups

	// Calls keeps which calls were made with an Idempotency-Key. Nil: such keys have no effect.
	Calls *idempotency.Calls

	// Refusals records what people are refused. Nil: nothing is recorded.
	Refusals ports.Refusals
	// Users verifies tokens. Nil: nobody can sign in, and every call that requires a user is
	// refused.
	Users auth.Users
	// Sessions keeps who is signed in to the console. Nil: nobody can sign in.
	Sessions auth.Sessions
	// CaseHugOrigins are the sites whose pages may sign people in.
	CaseHugOrigins []string
	// OperatorToken lets programs on this machine read every firm's things with
	// "Authorization: Operator <token>". Empty: none can.
	OperatorToken string
	// Codes trades a code of a sign-in link for a CaseHug token. Nil: there are no such links.
	Codes func(code string) (token string, ok bool)

	// PublicURL is how browsers reach the engine, such as https://sync.casehug.example.
	PublicURL string
	// ConsentURL is where Smokeball's consent page is. The console's form may redirect
	// browsers there even if it is no https address (a simulator on this machine).
	ConsentURL string
	// Region is Smokeball's region, shown where a connection does not name its own.
	Region string
	// Scopes are the permissions that Smokeball will ask a firm admin to allow.
	Scopes []console.Scope
	// WebhookTypes are the types of notifications that Smokeball is asked for.
	WebhookTypes []string
	// Schema returns the published JSON Schema of an event type. Nil: there are none.
	Schema func(eventType string) ([]byte, bool)

	// BusDescription is the AsyncAPI document. Nil: there is none.
	BusDescription []byte

	// Stalled counts a firm's running syncs that make no progress. Nil: they are not counted.
	Stalled func(domain.FirmID) int
	// Stopping is done when the engine stops: streams end then. Nil: they end with their
	// connections.
	Stopping context.Context
	// Heartbeat is the longest time in which a stream sends nothing. Zero: 15 seconds.
	Heartbeat time.Duration
	// SweptEvery is how often firms without webhooks are swept. Nil: nobody sweeps.
	SweptEvery func() time.Duration
	// Ready reports what is missing before the engine can take work, or nil.
	Ready func(context.Context) error
	// Health is what doctor finds of the engine: all, or what costs nearly nothing.
	Health func(ctx context.Context, deep bool) doctor.Report
	// Rebuilding names the views whose rows are those of an older version for now. Nil: none ever is.
	Rebuilding func() []string
	Registry   *prometheus.Registry
	Logger     *slog.Logger
	Now        func() time.Time
	Version    string
}

// Views are the rows that answers and pages are made of.
type Views struct {
	Progress    ports.Progress
	Connections ports.Connections
	History     ports.History
	Matters     ports.Matters
	Counts      ports.MatterCounts
	Fields      ports.MatterFields
	People      ports.People
	Changes     ports.Changes
	Drift       ports.Drift
	DeadLetters ports.DeadLetterRows
	Audit       ports.AuditRows
	Retentions  ports.RetentionRows
	Bulks       ports.BulkRows
	Rebuilds    api.Rebuilds
	Revisions   api.Revisions
}

// ViewsOf takes every row from v.
func ViewsOf(v *projections.Views) Views {
	return Views{Progress: v.Progress, Connections: v.Connections, History: history{v.Syncs, v.Work}, Matters: v.Matters, Counts: v.Matters, Fields: v.Matters, People: v.People, Changes: v.Changed, Drift: v.Drift, DeadLetters: v.DeadLetters, Audit: v.Trail, Retentions: v.Retentions, Bulks: v.Bulks, Revisions: v.Changed, Rebuilds: v}
}

// history is the rows of syncs, and how many of them have not ended.
type history struct {
	projections.SyncRows
	work projections.WorkRows
}

func (h history) Queue(f domain.FirmID) projections.Queue { return h.work.Queue(f) }

// New builds the HTTP side. The error names everything that the configuration lacks.
func New(c Config) (http.Handler, error) {
	s, err := newSite(c)
	if err != nil {
		return nil, fmt.Errorf("build the HTTP side: %w", err)
	}
	return s.handler()
}

// check returns the public address, or what is missing.
func (c Config) check() (*url.URL, error) {
	var missing []error
	for _, need := range []struct {
		name  string
		there bool
	}{
		{"Views", c.Views.all()}, {"Past", c.Past != nil}, {"Allowance", c.Allowance != nil}, {"Syncs", c.Syncs != nil}, {"Previews", c.Previews != nil}, {"Bulks", c.Bulks != nil}, {"Versions", c.Versions != nil}, {"Links", c.Links != nil}, {"Differences", c.Differences != nil}, {"Erasures", c.Erasures != nil},
		{"Accounts", c.Accounts != nil}, {"Consents", c.Consents != nil}, {"Settings", c.Settings != nil}, {"Retentions", c.Retentions != nil}, {"Webhooks", c.Webhooks != nil},
		{"Mappings", c.Mappings != nil}, {"DeadLetters", c.DeadLetters != nil}, {"Inbox", c.Inbox != nil}, {"Keys", c.Keys != nil}, {"Backups", c.Backups != nil},
		{"Ready", c.Ready != nil}, {"Health", c.Health != nil}, {"Registry", c.Registry != nil}, {"Logger", c.Logger != nil}, {"Now", c.Now != nil},
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

func (v Views) all() bool {
	return v.Progress != nil && v.Connections != nil && v.History != nil && v.Matters != nil && v.Changes != nil && v.Drift != nil && v.DeadLetters != nil && v.Audit != nil && v.Retentions != nil && v.Bulks != nil && v.Rebuilds != nil && v.Revisions != nil
}
