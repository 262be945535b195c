package domain_test

import (
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestARegisterHasEachClientOnce, oldest first, under the key that came last.
func TestARegisterHasEachClientOnce(t *testing.T) {
	entry := func(c domain.ClientID, k domain.ContactKey) domain.ClientRegistered {
		return domain.ClientRegistered{Client: c, Key: k}
	}
	r := given[domain.Register](entry("c_1", "k-1"), entry("c_2", "k-2"), domain.SyncSucceeded{}, entry("c_1", "k-3"))
	if want := []domain.ClientRegistered{entry("c_1", "k-3"), entry("c_2", "k-2")}; !slices.Equal(r.Clients, want) {
		t.Errorf("it has %v, want %v", r.Clients, want)
	}
	then(t, r.Enter("c_1", "k-3"))
	then(t, r.Enter("c_1", "k-4"), entry("c_1", "k-4"))
	then(t, r.Enter("c_3", "k-5"), entry("c_3", "k-5"))
}
