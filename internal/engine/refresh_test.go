package engine

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// sealed is the engines' real token store: sealed values in a bucket of the bus.
// Beside it are the secrets that it reads.
func sealed(t *testing.T) (tokenStore, *secrets.Bucket) {
	t.Helper()
	dir := t.TempDir()
	b, err := bus.Open(t.Context(), bus.Config{Listen: "off", DataDir: dir, Replicas: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	kv, err := b.JetStream().KeyValue(t.Context(), bus.Tokens)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := vault.Open(filepath.Join(dir, "master-key.json"))
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	authorized := domain.ConnectionAuthorized{Attempt: "a1", Account: domain.Account{ID: testAccount}}
	_, err = ledger.Append(t.Context(), eventstore.Commit{Stream: domain.ConnectionStream(testFirm), At: time.Now(), Events: []domain.Event{authorized}})
	if err != nil {
		t.Fatal(err)
	}
	secrets := secrets.New(keys, kv)
	return tokenStore{connect.NewTokens(ledger, secrets)}, secrets
}

// TestEnginesThatShareABucketRefreshOnce lets the calls of two engines meet the end of a
// firm's access token at once.
func TestEnginesThatShareABucketRefreshOnce(t *testing.T) {
	t.Parallel()
	store, secrets := sealed(t)
	sim := smokeballsim.New(smokeballsim.Config{ClientID: appID, ClientSecret: appSecret, APIKey: appKey, Rate: -1,
		Accounts: []smokeballsim.Account{{ID: testAccount, Name: "Brown LLC", Location: "IL"}}})
	address, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	granted, err := sim.Grant(testAccount)
	if err != nil {
		t.Fatal(err)
	}
	data, err := smokeball.EncodeTokens(smokeball.Tokens{Access: "ended", Refresh: granted.Refresh, Expiry: time.Now(), Issued: time.Now().Add(-time.Hour), Obtained: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := secrets.Put(t.Context(), connect.TokenName(testFirm, "a1"), data); err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for range 2 {
		c, err := smokeball.New(smokeball.Config{Hosts: smokeball.Hosts{API: address, Auth: address}, ClientID: appID, ClientSecret: appSecret, APIKey: appKey,
			Rate: 10000, Burst: 10000, Store: store, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		for range 100 {
			calls.Go(func() {
				if _, err := c.Firm(t.Context(), testFirm); err != nil {
					t.Error(err)
				}
			})
		}
	}
	calls.Wait()
	asked := func(route string) int { return sim.Counts().ByRoute[route] }
	t.Logf("%d calls, %d refreshes", asked("GET /firm"), asked("POST /oauth2/token"))
	if asked("POST /oauth2/token") != 1 || asked("GET /firm") != 200 {
		t.Errorf("%d refreshes, %d calls", asked("POST /oauth2/token"), asked("GET /firm"))
	}
	kept, _, err := store.Load(t.Context(), testFirm)
	if err != nil || kept.Access == "ended" || kept.Claim != "" || kept.Refresh != granted.Refresh {
		t.Errorf("kept: new access token %t, claim %q, %v", kept.Access != "ended", kept.Claim, err)
	}
}
