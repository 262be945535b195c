package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// sealed is the engines' real token store: sealed values in a bucket of the bus.
func sealed(t *testing.T) tokenStore {
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
	return tokenStore{vault.NewSecrets(keys, kv)}
}

// TestEnginesThatShareABucketRefreshOnce lets the calls of two engines meet the end of a
// firm's access token at once.
func TestEnginesThatShareABucketRefreshOnce(t *testing.T) {
	t.Parallel()
	w, store := newWorld(t, smokeballsim.Config{}), sealed(t)
	granted, err := w.sim.Grant(testAccount)
	if err != nil {
		t.Fatal(err)
	}
	data, err := smokeball.EncodeTokens(smokeball.Tokens{Access: "ended", Refresh: granted.Refresh, Expiry: time.Now(), Issued: time.Now().Add(-time.Hour), Obtained: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.secrets.Put(t.Context(), connect.TokenName(testFirm), data); err != nil {
		t.Fatal(err)
	}
	address := w.settings["SMOKEBALL_API_URL"]
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
	t.Logf("%d calls, %d refreshes", w.asked("GET /firm"), w.asked("POST /oauth2/token"))
	if w.asked("POST /oauth2/token") != 1 || w.asked("GET /firm") != 200 {
		t.Errorf("%d refreshes, %d calls", w.asked("POST /oauth2/token"), w.asked("GET /firm"))
	}
	kept, _, err := store.Load(t.Context(), testFirm)
	if err != nil || kept.Access == "ended" || kept.Claim != "" || kept.Refresh != granted.Refresh {
		t.Errorf("kept: new access token %t, claim %q, %v", kept.Access != "ended", kept.Claim, err)
	}
}
