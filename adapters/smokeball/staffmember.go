package smokeball

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// staffNames remember who the firms' staff members are. The zero value is ready.
type staffNames struct {
	mu    sync.Mutex
	known map[staffID]staffName
}

type staffID struct {
	firm domain.FirmID
	id   string
}

type staffName struct {
	domain.StaffMember
	until time.Time
}

func (s *staffNames) get(k staffID) (domain.StaffMember, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.known[k]
	return e.StaffMember, ok && time.Now().Before(e.until)
}

func (s *staffNames) put(k staffID, m domain.StaffMember) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for old, e := range s.known {
		if !now.Before(e.until) {
			delete(s.known, old)
		}
	}
	if s.known == nil {
		s.known = map[staffID]staffName{}
	}
	s.known[k] = staffName{m, now.Add(staffLive)}
}

// StaffMember is who has the id among the firm's staff, former ones too. The answer is remembered for
// 15 minutes.
func (c *Client) StaffMember(ctx context.Context, firm domain.FirmID, id string) (domain.StaffMember, error) {
	key := staffID{firm, id}
	if m, ok := c.staffNames.get(key); ok {
		return m, nil
	}
	var shown staffShown
	if err := c.do(ctx, firm, get("read staff", nil, "staff", id), &shown); err != nil {
		return domain.StaffMember{}, err
	}
	m := domain.StaffMember{Name: strings.Join(strings.Fields(shown.FirstName+" "+shown.LastName), " "), Email: strings.TrimSpace(shown.Email)}
	c.staffNames.put(key, m)
	return m, nil
}

// staffShown is a staff member as Smokeball shows them.
type staffShown struct {
	ID        string `json:"id"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
}

func (s *staffShown) check() error {
	if s.ID == "" {
		return errUnnamed
	}
	return nil
}
