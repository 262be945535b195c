package cli

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// oneFirm is a token store with one firm's tokens, that keeps no changes.
type oneFirm struct{ tokens smokeball.Tokens }

func (o oneFirm) Load(context.Context, domain.FirmID) (smokeball.Tokens, uint64, error) {
	return o.tokens, 1, nil
}

func (oneFirm) Save(context.Context, domain.FirmID, smokeball.Tokens, uint64) (uint64, error) {
	return 1, nil
}

// TestARevokedGrantIsDeadInSmokeball revokes through the real client: the refresh token,
// the access token and the subscription are gone at once.
func TestARevokedGrantIsDeadInSmokeball(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	granted, err := w.sim.Grant(testAccount)
	if err != nil {
		t.Fatal(err)
	}
	address := w.settings["SMOKEBALL_API_URL"]
	c, err := smokeball.New(smokeball.Config{Hosts: smokeball.Hosts{API: address, Auth: address}, ClientID: appID, ClientSecret: appSecret, APIKey: appKey, Rate: 100, Burst: 100,
		Store: oneFirm{smokeball.Tokens{Access: granted.Access, Refresh: granted.Refresh, Expiry: time.Now().Add(time.Hour), Issued: time.Now(), Obtained: time.Now()}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Subscribe(t.Context(), testFirm, "key", "CaseHug", "https://engine.example/hook", smokeball.WebhookTypes(), "r-1"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice is as good as once
		if err := c.Revoke(t.Context(), testFirm); err != nil {
			t.Fatal(err)
		}
	}
	if has := w.has(); has.Connected || len(has.Subscriptions) != 0 {
		t.Errorf("Smokeball still has %+v", has)
	}
	_, err = c.Firm(t.Context(), testFirm)
	if ce := domain.AsCallError(err); ce == nil || ce.Class != domain.SignIn || ce.Failure.Code != domain.CodeReauthorizationRequired {
		t.Errorf("a call ends with %v", err)
	}
	if n := w.asked("POST /oauth2/revoke"); n != 2 || w.sim.Counts().ByStatus[http.StatusUnauthorized] != 1 {
		t.Errorf("%d revocations, %v", n, w.sim.Counts().ByStatus)
	}
}
