package projections

import (
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// ConnectionRow is what is known of a firm's connection and how it is going.
type ConnectionRow struct {
	Firm          domain.FirmID     `json:"firm"`
	Connection    domain.Connection `json:"connection"`
	Settings      domain.Settings   `json:"settings"`
	SettingsRev   int               `json:"settings_revision,omitempty"` // counts their changes
	SettingsBy    string            `json:"settings_by,omitempty"`
	SettingsAt    time.Time         `json:"settings_at,omitzero"`
	Mappings      domain.Mappings   `json:"mappings,omitzero"` // the firm's own
	Lately        LastOutcomes      `json:"lately,omitzero"`
	LastSuccessAt time.Time         `json:"last_success_at,omitzero"`
	LastError     *domain.Failure   `json:"last_error,omitempty"`
	LastErrorAt   time.Time         `json:"last_error_at,omitzero"`
	ErrorOf       string            `json:"error_of,omitempty"` // what the error is about: what clears it
	Received      int               `json:"received"`           // webhooks
	LastReceived  time.Time         `json:"last_received,omitzero"`
	Tests         int               `json:"tests,omitempty"`  // test webhooks received
	Unheard       time.Time         `json:"unheard,omitzero"` // see domain.Heard
	Missed        Missed            `json:"missed,omitzero"`
	Sweeps        domain.Sweeps     `json:"sweeps,omitzero"`
	Day           Day               `json:"day,omitempty"`
	HookTest      HookTest          `json:"hook_test,omitzero"`
	DeadLetters   DeadLetterCounts  `json:"dead_letters,omitzero"`
	TypesAt       uint64            `json:"types_at,omitempty"` // ledger position at which the account's matter types changed last
}

// Connections has one row per firm.
var Connections = View[ConnectionRow]{Name: "connections", Version: 15, Keys: firmKey, Fold: foldConnection, Told: (*changes).ofConnection}

func firmKey(env eventstore.Envelope) []string {
	if env.Stream.Firm == domain.Nobody || env.Stream.Kind == domain.KindAudit || env.Stream.Kind == domain.KindEvent {
		return nil
	}
	return []string{string(env.Stream.Firm)}
}

func foldConnection(r ConnectionRow, env eventstore.Envelope) ConnectionRow {
	if r.Firm == "" {
		r.Firm, r.Settings = env.Stream.Firm, domain.DefaultSettings
	}
	r.Connection = r.Connection.Apply(env.Event, env.At)
	r.Mappings = r.Mappings.Apply(env.Event, env.At)
	r.Lately = r.Lately.fold(env)
	r.Day, r.HookTest = r.Day.fold(env, r.Missed.settling(env.At)), r.HookTest.fold(env)
	r.Sweeps, r.Missed = r.Sweeps.Apply(env.Event, env.At), r.Missed.fold(r.Connection.Hooks, env)
	r.DeadLetters = r.DeadLetters.after(env.Event)
	if e, ok := env.Event.(domain.SettingsChanged); ok {
		r.Settings, r.SettingsRev, r.SettingsBy, r.SettingsAt = e.Settings, r.SettingsRev+1, e.By, env.At
	}
	return r.foldErrors(env).foldWebhookActivity(env)
}

// What a firm's last error is about.
const (
	ofSyncs      = "syncs"
	ofConnection = "connection"
	ofWebhooks   = "webhooks"
)

// foldErrors keeps the last error until something of its kind goes well again.
func (r ConnectionRow) foldErrors(env eventstore.Envelope) ConnectionRow {
	switch e := env.Event.(type) {
	case domain.SyncSucceeded:
		r.LastSuccessAt = env.At
		return r.mended(ofSyncs, ofConnection)
	case domain.SyncFailed:
		return r.failed(ofSyncs, &e.Failure, env.At)
	case domain.ConnectionLost:
		return r.failed(ofConnection, &e.Failure, env.At)
	case domain.ReauthorizationRequired:
		return r.failed(ofConnection, &e.Failure, env.At)
	case domain.ConnectionTroubled:
		return r.failed(ofConnection, &e.Failure, e.Since)
	case domain.ConnectionRecovered:
		return r.mended(ofConnection)
	case domain.AuthorizationFailed:
		return r.failed(ofConnection, &e.Failure, env.At)
	case domain.ConnectionClosed:
		if e.Failure != nil {
			return r.failed(ofConnection, e.Failure, env.At)
		}
	case domain.ConnectionAuthorized, domain.Disconnected:
		return r.mended(ofSyncs, ofConnection, ofWebhooks)
	case domain.ConnectionChecked:
		if e.Failure != nil {
			return r.failed(ofConnection, e.Failure, env.At)
		}
		return r.mended(ofConnection)
	case domain.SmokeballWebhookReceived:
		return r.mended(ofWebhooks)
	case domain.WebhooksLost:
		return r.failed(ofWebhooks, &e.Failure, env.At)
	}
	if r.Connection.Hooks.Lost == nil {
		return r.mended(ofWebhooks)
	}
	return r
}

func (r ConnectionRow) failed(of string, f *domain.Failure, at time.Time) ConnectionRow {
	r.LastError, r.LastErrorAt, r.ErrorOf = f, at, of
	return r
}

func (r ConnectionRow) mended(kinds ...string) ConnectionRow {
	if slices.Contains(kinds, r.ErrorOf) {
		r.LastError, r.LastErrorAt, r.ErrorOf = nil, time.Time{}, ""
	}
	return r
}

// foldWebhookActivity follows what comes by webhook, and what changed without one.
func (r ConnectionRow) foldWebhookActivity(env eventstore.Envelope) ConnectionRow {
	switch e := env.Event.(type) {
	case domain.SmokeballWebhookReceived:
		r.Received, r.LastReceived, r.Unheard = r.Received+1, env.At, time.Time{}
		if e.Type == domain.WebhookTest {
			r.Tests++
		}
		if e.ChangesTypes() {
			r.TypesAt = uint64(env.Seq)
		}
	case domain.MatterAccepted, domain.MatterChangeAccepted, domain.ContactAccepted, domain.ContactChangeAccepted, domain.DocumentUploaded:
		if r.Unheard.IsZero() && r.Connection.Hooks.Wanted {
			r.Unheard = env.At
		}
	case domain.ConnectionAuthorized:
		r.Unheard, r.TypesAt = time.Time{}, uint64(env.Seq) // perhaps of another account
	case domain.WebhooksRegistered, domain.WebhooksRestored, domain.WebhooksRemoved, domain.Disconnected:
		r.Unheard = time.Time{}
	}
	return r
}

// WebhookActivity is what came of the firm's webhooks.
func (r ConnectionRow) WebhookActivity() domain.WebhookActivity {
	return domain.WebhookActivity{Last: r.LastReceived, Tests: r.Tests, Unheard: r.Unheard}
}

// WebhooksStatus is none, active or lost: registered, and nothing can be heard. One
// webhook that arrives after a loss shows that it is over.
func (r ConnectionRow) WebhooksStatus(now time.Time) string {
	c, h := r.Connection, r.Connection.Hooks
	switch {
	case !h.Wanted:
		return "none"
	case !c.Usable(now), h.Stale, h.Lost != nil && !r.LastReceived.After(h.LostAt):
		return "lost"
	}
	return "active"
}

// SweepNeeds is what decides when the firm is swept next; every is how often without webhooks.
func (r ConnectionRow) SweepNeeds(every time.Duration, now time.Time) domain.SweepNeeds {
	return domain.SweepNeeds{Firm: r.Firm, Connection: r.Connection, Hears: r.WebhooksStatus(now) == "active", Every: every}
}

// ConnectionRows reads the connections of firms.
type ConnectionRows struct {
	*file
	changes *connectionChanges
}

// Connection is a firm's row; a firm that nothing is known of has defaults.
func (v ConnectionRows) Connection(firm domain.FirmID) (ConnectionRow, error) {
	row := ConnectionRow{Firm: firm, Settings: domain.DefaultSettings}
	err := v.view(func(tx *snapshot) error {
		r, ok, err := get(tx, Connections, string(firm))
		if ok {
			row = r
		}
		return err
	})
	return row, err
}

// AllConnections lists every firm that anything is known of, by id.
func (v ConnectionRows) AllConnections() (list []ConnectionRow, err error) {
	err = v.EachConnection(func(r ConnectionRow) { list = append(list, r) })
	return list, err
}

// EachConnection yields every firm that anything is known of, by id, one at a time: ten thousand rows
// are not in memory at once for what is told of each in a word.
func (v ConnectionRows) EachConnection(fn func(ConnectionRow)) error {
	return v.view(func(tx *snapshot) error {
		return all(tx, Connections, func(_ string, r ConnectionRow) bool { fn(r); return true })
	})
}
