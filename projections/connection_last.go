package projections

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// LastOutcomes is who and what stands behind the last of some events of a firm.
type LastOutcomes struct {
	Succeeded  domain.SyncID `json:"succeeded,omitempty"` // the last sync that did
	Failed     domain.SyncID `json:"failed,omitempty"`    // the last sync that did
	FailedAt   time.Time     `json:"failed_at,omitzero"`
	EndedBy    string        `json:"ended_by,omitempty"` // who disconnected; empty while connected
	EndedAt    time.Time     `json:"ended_at,omitzero"`
	Registered string        `json:"registered,omitempty"` // who registered webhooks
	HooksSince time.Time     `json:"hooks_since,omitzero"` // when
}

func (l LastOutcomes) fold(env eventstore.Envelope) LastOutcomes {
	switch e := env.Event.(type) {
	case domain.SyncSucceeded:
		l.Succeeded = e.Sync
	case domain.SyncFailed:
		l.Failed, l.FailedAt = e.Sync, env.At
	case domain.Disconnected:
		l.EndedBy, l.EndedAt = e.By, env.At
	case domain.ConnectionAuthorized:
		l.EndedBy, l.EndedAt = "", time.Time{}
	case domain.WebhooksRegistered:
		l.Registered, l.HooksSince = e.By, env.At
	}
	return l
}
