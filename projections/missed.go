package projections

import (
	"maps"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Missed counts the changes of linked matters and contacts that a sweep found and no webhook
// told of.
type Missed struct {
	Settled int `json:"settled,omitempty"`
	// Found are those of the last minute: a webhook may still be on its way.
	Found map[domain.SmokeballID]foundChange `json:"found,omitempty"`
}

// IsZero reports whether nothing was missed and nothing is waited for: an emptied map counts as
// none, so that a row in memory is stored as one that was read back.
func (m Missed) IsZero() bool { return m.Settled == 0 && len(m.Found) == 0 }

// foundChange is a change that a sweep found.
type foundChange struct {
	At      time.Time `json:"at"`               // when a read showed it
	Changed time.Time `json:"changed,omitzero"` // by Smokeball's clock
}

const (
	// webhookDelay is how long after a sweep a webhook may come and still tell of its find.
	webhookDelay = time.Minute
	// sameChange is how far the times may differ that a webhook and a list give of one change.
	sameChange = 2 * time.Second
)

// fold follows what is found while the firm has webhooks, and what tells of it late.
func (m Missed) fold(hooks domain.WebhookState, env eventstore.Envelope) Missed {
	m = m.settled(env.At)
	switch e := env.Event.(type) {
	case domain.MatterSeen:
		if e.By == domain.BySweep && len(e.Changed) > 0 {
			return m.found(hooks, e.Matter, foundChange{env.At, e.ChangedAt})
		}
	case domain.ClientSeen:
		if e.By == domain.BySweep && len(e.Changed) > 0 {
			return m.found(hooks, e.Contact, foundChange{env.At, e.ChangedAt})
		}
	case domain.SmokeballWebhookReceived:
		if f, ok := m.Found[e.Resource]; ok && e.AsksForRead() && !e.Changed.After(f.Changed.Add(sameChange)) {
			return m.without(e.Resource)
		}
	}
	return m
}

// found notes a change. One from before the firm had webhooks was not theirs to tell.
func (m Missed) found(hooks domain.WebhookState, id domain.SmokeballID, f foundChange) Missed {
	if !hooks.Wanted || (!f.Changed.IsZero() && f.Changed.Before(hooks.From)) {
		return m
	}
	next := maps.Clone(m.Found)
	if next == nil {
		next = map[domain.SmokeballID]foundChange{}
	}
	next[id] = f
	m.Found = next
	return m
}

// settling are when those were found of which no webhook can tell any more at a time.
func (m Missed) settling(at time.Time) (found []time.Time) {
	for _, f := range m.Found {
		if at.Sub(f.At) > webhookDelay {
			found = append(found, f.At)
		}
	}
	return found
}

// settled counts those of which no webhook can tell any more.
func (m Missed) settled(at time.Time) Missed {
	for id, f := range m.Found {
		if at.Sub(f.At) > webhookDelay {
			m = m.without(id)
			m.Settled++
		}
	}
	return m
}

func (m Missed) without(id domain.SmokeballID) Missed {
	m.Found = maps.Clone(m.Found)
	delete(m.Found, id)
	return m
}

// Count is how many changes were missed by a time.
func (m Missed) Count(now time.Time) int { return m.settled(now).Settled }
