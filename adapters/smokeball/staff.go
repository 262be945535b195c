package smokeball

import (
	"context"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// StaffMember is one of the firm's people in Smokeball.
type StaffMember struct {
	ID        string `json:"id"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
	UserID    string `json:"userId"`
	Enabled   bool   `json:"enabled"`
	Former    bool   `json:"former"`
}

// FindStaff finds the staff with that e-mail address, without regard to case, former
// members left out.
func (c *Client) FindStaff(ctx context.Context, firm domain.FirmID, email string) ([]StaffMember, error) {
	email = strings.TrimSpace(email)
	k := get("find staff", url.Values{"Search": {term("email", email)}}, "staff")
	all, err := list(ctx, c, firm, k, func(s StaffMember) string { return s.ID })
	if err != nil {
		return nil, err
	}
	var found []StaffMember
	for _, s := range all {
		if !s.Former && strings.EqualFold(s.Email, email) {
			found = append(found, s)
		}
	}
	return found, nil
}
