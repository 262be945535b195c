package projections

import (
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// ConnectionRow is what is known of a firm's connection and how it is going.
type ConnectionRow struct {
	Firm          domain.FirmID     `json:"firm"`
	Connection    domain.Connection `json:"connection"`
	Settings      domain.Settings   `json:"settings"`
	SettingsBy    string            `json:"settings_by,omitempty"`
	SettingsAt    time.Time         `json:"settings_at,omitzero"`
	Mappings      domain.Mappings   `json:"mappings,omitzero"` // the firm's own
	LastSuccessAt time.Time         `json:"last_success_at,omitzero"`
	LastError     *domain.Failure   `json:"last_error,omitempty"`
	LastErrorAt   time.Time         `json:"last_error_at,omitzero"`
	Received      int               `json:"received"` // webhooks
	LastReceived  time.Time         `json:"last_received,omitzero"`
	DeadLetters   LetterCounts      `json:"dead_letters,omitzero"`
	TypesAt       uint64            `json:"types_at,omitempty"` // ledger position at which the account's matter types changed last
}

// Connections has one row per firm.
var Connections = View[ConnectionRow]{Name: "connections", Version: 3, Keys: firmKey, Fold: foldConnection}

func firmKey(env eventstore.Envelope) []string {
	if env.Stream.Firm == domain.Nobody || env.Stream.Kind == domain.KindAudit {
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
	r.DeadLetters = r.DeadLetters.after(env.Event)
	switch e := env.Event.(type) {
	case domain.SettingsChanged:
		r.Settings, r.SettingsBy, r.SettingsAt = e.Settings, e.By, env.At
	case domain.SyncSucceeded:
		r.LastSuccessAt = env.At
	case domain.SyncFailed:
		r.LastError, r.LastErrorAt = &e.Failure, env.At
	case domain.ConnectionLost:
		r.LastError, r.LastErrorAt = &e.Failure, env.At
	case domain.ReauthorizationRequired:
		r.LastError, r.LastErrorAt = &e.Failure, env.At
	case domain.AuthorizationFailed:
		r.LastError, r.LastErrorAt = &e.Failure, env.At
	case domain.SmokeballWebhookReceived:
		r.Received, r.LastReceived = r.Received+1, env.At
		if e.ChangesTypes() {
			r.TypesAt = uint64(env.Seq)
		}
	case domain.ConnectionAuthorized: // perhaps of another account
		r.TypesAt = uint64(env.Seq)
	}
	return r
}

// Connection is a firm's row; a firm that nothing is known of has defaults.
func (v *Views) Connection(firm domain.FirmID) (ConnectionRow, error) {
	row := ConnectionRow{Firm: firm, Settings: domain.DefaultSettings}
	err := v.db.View(func(tx *bbolt.Tx) error {
		r, ok, err := get(tx, Connections, string(firm))
		if ok {
			row = r
		}
		return err
	})
	return row, err
}

// AllConnections lists every firm that anything is known of, by id.
func (v *Views) AllConnections() ([]ConnectionRow, error) {
	var list []ConnectionRow
	err := v.db.View(func(tx *bbolt.Tx) error {
		return all(tx, Connections, func(_ string, r ConnectionRow) bool { list = append(list, r); return true })
	})
	return list, err
}
