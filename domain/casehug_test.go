package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestWhoseEventsATokenServes: its own firm's; a service's of every firm serve any that has a valid name.
func TestWhoseEventsATokenServes(t *testing.T) {
	for _, c := range []struct {
		role   domain.Role
		of     domain.FirmID
		firm   domain.FirmID
		serves bool
	}{
		{domain.StandardUser, firm, firm, true},
		{domain.FirmAdmin, firm, "f_elm", false},
		{domain.FirmAdmin, domain.EveryFirm, "f_elm", false},
		{domain.Service, firm, "f_elm", false},
		{domain.Service, domain.EveryFirm, "f_elm", true},
		{domain.Service, domain.EveryFirm, "f_>", false},
		{domain.Service, domain.EveryFirm, "", false},
	} {
		if got := (domain.User{Role: c.role, Firm: c.of}).Serves(c.firm); got != c.serves {
			t.Errorf("a %s's token of %q serves %q: %v", c.role, c.of, c.firm, got)
		}
	}
}
