package smokeball

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// staffLive is how long a firm's answer about a person is remembered.
const staffLive = 15 * time.Minute

type staffMember struct {
	ID      string `json:"id"`
	Email   string `json:"email"`
	Former  bool   `json:"former"`
	Enabled *bool  `json:"enabled"` // nil: unknown
}

// staffCache remembers who has which e-mail address, and who has none. The zero value
// is ready.
type staffCache struct {
	waiting keyed.Mutex[domain.FirmID] // one question at a time for a firm
	mu      sync.Mutex
	known   map[staffKey]staffEntry
}

type staffKey struct {
	firm  domain.FirmID
	email string
}

type staffEntry struct {
	id    string
	until time.Time
}

func (s *staffCache) get(k staffKey) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.known[k]
	return e.id, ok && time.Now().Before(e.until)
}

func (s *staffCache) put(k staffKey, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for old, e := range s.known {
		if !now.Before(e.until) {
			delete(s.known, old)
		}
	}
	if s.known == nil {
		s.known = map[staffKey]staffEntry{}
	}
	s.known[k] = staffEntry{id, now.Add(staffLive)}
}

// StaffByEmail is the id of the firm's staff member with that e-mail address, without
// regard to case, or "" where there is none; former and disabled members are left out. Answers are
// remembered for 15 minutes, and many who ask at once cost one call.
func (c *Client) StaffByEmail(ctx context.Context, firm domain.FirmID, email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	key := staffKey{firm, email}
	if id, ok := c.staff.get(key); ok {
		return id, nil
	}
	const op = "find staff"
	unlock, err := c.staff.waiting.Lock(ctx, firm)
	if err != nil {
		return "", abandoned(op, err)
	}
	defer unlock()
	if id, ok := c.staff.get(key); ok {
		return id, nil // somebody else has asked meanwhile
	}
	k := get(op, url.Values{"Search": {term("email", email)}}, "staff")
	all, err := list(ctx, c.caller, firm, k, func(s staffMember) string { return s.ID })
	if err != nil {
		return "", err
	}
	id := ""
	for _, s := range all {
		if id == "" && !s.Former && (s.Enabled == nil || *s.Enabled) && strings.EqualFold(s.Email, email) {
			id = s.ID
		}
	}
	c.staff.put(key, id)
	return id, nil
}
