package connect_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
)

// renames keeps a secret as an earlier version did: one for each firm.
func (c *counter) renames(name, former string) {
	c.Helper()
	data, _, err := c.Secrets.Load(c.Context(), name)
	c.must(err)
	c.must(c.Secrets.Put(c.Context(), former, data))
	c.must(c.Secrets.Destroy(c.Context(), name))
}

// asAnEarlierVersion has the firm connected, and asked about another account, with the secrets
// that an earlier version left.
func asAnEarlierVersion(t *testing.T) *counter {
	c := newCounter(t)
	c.connects()
	c.renames(connect.TokenName(oak, c.connection().Through), "token."+string(oak))
	c.asks()
	c.renames("parked."+string(oak)+"."+c.connection().Pending.Attempt, "parked."+string(oak))
	return c
}

func TestSecretsOfAnEarlierVersionGoOnWorking(t *testing.T) {
	for name, goOn := range map[string]func(*counter){
		"refreshed": func(c *counter) {
			store := tokens{connect.NewTokens(c.bolt, c.Secrets)}
			kept, revision, err := store.Load(c.Context(), oak)
			c.must(err)
			_, err = store.Save(c.Context(), oak, kept, revision)
			c.must(err)
			c.look()
			c.works(oakAccount)
		},
		"confirmed": func(c *counter) {
			_, err := c.ConfirmAccount(c.Context(), admin, elmAccount)
			c.must(err)
			c.agrees()
			c.works(elmAccount)
		},
		"dropped": func(c *counter) {
			_, err := c.DropAccount(c.Context(), admin)
			c.must(err)
			c.works(oakAccount)
			if c.kept()["parked"] || c.revoked() != 1 {
				c.Errorf("kept are %v, and %d authorizations were given back", c.kept(), c.revoked())
			}
		},
		"connected again": func(c *counter) {
			c.connects()
			c.agrees()
		},
		"disconnected": func(c *counter) {
			c.disconnects()
			c.agrees()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := asAnEarlierVersion(t)
			c.works(oakAccount)
			c.wants(domain.StatusConnected)
			goOn(c)
		})
	}
}
