package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Credentials that no fault may quote.
const (
	appID     = "app-7d2c"
	appSecret = "secret-of-the-app-91f3"
	appKey    = "key-of-the-app-55ab"
	ownSecret = "secret-of-the-own-app-77e0"
	ownKey    = "key-of-the-own-app-0f4d"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fine is a configuration without faults.
func fine() Settings {
	return Settings{DataDir: "data", Listen: "127.0.0.1:8080", PublicURL: "https://sync.casehug.example/", NATSListen: "127.0.0.1:4222", Replicas: "1",
		ClientID: appID, ClientSecret: appSecret, APIKey: appKey, Region: "us", Environment: "production", Rate: "5", Burst: "5",
		Authorization: "720h", Visible: "30s", Confirm: "3m", GiveUp: "24h", Sweep: "10m", LogLevel: "info"}
}

func TestCheckFillsIn(t *testing.T) {
	c := fine()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if c.MasterKeyFile != filepath.Join("data", "master-key.json") || c.PublicURL != "https://sync.casehug.example" {
		t.Errorf("master key %s, public address %s", c.MasterKeyFile, c.PublicURL)
	}
	p := c.Parsed
	if p.Replicas != 1 || p.Rate != 5 || p.Burst != 5 || p.Authorization != 30*24*time.Hour || p.Waits.Visible != 30*time.Second ||
		p.Waits.Confirm != 3*time.Minute || p.Waits.RetryFor != 24*time.Hour || p.Hosts.API != "https://api.smokeball.com" {
		t.Errorf("parsed %+v", p)
	}
}

// TestCheckNamesEveryFault spoils one setting at a time: the one line that comes names
// the variable, what it holds and what it needs.
func TestCheckNamesEveryFault(t *testing.T) {
	for _, c := range []struct {
		name, holds, needs string
		spoil              func(*Settings)
	}{
		{"ENGINE_DATA_DIR", "empty", "a directory", func(c *Settings) { c.DataDir = "" }},
		{"ENGINE_ERASURES_FILE", "..", "a file, which may not exist yet", func(c *Settings) { c.ErasuresFile = ".." }},
		{"ENGINE_LISTEN", "8080", "host:port", func(c *Settings) { c.Listen = "8080" }},
		{"ENGINE_PUBLIC_URL", "sync.casehug.example", "the address that browsers use", func(c *Settings) { c.PublicURL = "sync.casehug.example" }},
		{"ENGINE_PUBLIC_URL", "http://sync.casehug.example", "https", func(c *Settings) { c.PublicURL = "http://sync.casehug.example" }},
		{"ENGINE_DOCUMENT_NETWORKS", "10.0.0.0", "10.20.0.0/16", func(c *Settings) { c.Networks = "10.0.0.0" }},
		{"ENGINE_PUBLIC_URL", "https://casehug.example/sync", "an address without a path", func(c *Settings) { c.PublicURL = "https://casehug.example/sync" }},
		{"ENGINE_PUBLIC_URL", "ftp://x", "the address that browsers use", func(c *Settings) { c.PublicURL = "ftp://x" }},
		{"ENGINE_NATS_LISTEN", "everywhere", "or off", func(c *Settings) { c.NATSListen = "everywhere" }},
		{"ENGINE_NATS_USERS_FILE", "/no/users", "a file that can be read", func(c *Settings) { c.NATSUsersFile = "/no/users" }},
		{"ENGINE_NATS_CREDS", "/no/creds", "a file that can be read", func(c *Settings) { c.NATSCreds = "/no/creds" }},
		{"ENGINE_NATS_LISTEN", "0.0.0.0:4222", "ENGINE_NATS_INSECURE", func(c *Settings) { c.NATSListen = "0.0.0.0:4222" }},
		{"ENGINE_NATS_LISTEN", ":4222", "ENGINE_NATS_TLS_CERT", func(c *Settings) { c.NATSListen = ":4222" }},
		{"ENGINE_NATS_TLS_CERT", "/no/cert", "a file that can be read", func(c *Settings) { c.NATSTLSCert, c.NATSTLSKey = "/no/cert", "settings_test.go" }},
		{"ENGINE_NATS_CA", "/no/ca", "a file that can be read", func(c *Settings) { c.NATSCA = "/no/ca" }},
		{"ENGINE_REPLICAS", "two", "1, 3 or 5", func(c *Settings) { c.Replicas = "two" }},
		{"ENGINE_REPLICAS", "2", "1, 3 or 5", func(c *Settings) { c.Replicas = "2"; c.NATSURL = "nats://a" }},
		{"ENGINE_REPLICAS", "7", "1, 3 or 5", func(c *Settings) { c.Replicas = "7"; c.NATSURL = "nats://a" }},
		{"ENGINE_REPLICAS", "3", "a cluster in ENGINE_NATS_URL", func(c *Settings) { c.Replicas = "3" }},
		{"ENGINE_JWKS_URL", "keys", "CaseHug's key set", func(c *Settings) { c.JWKSURL, c.JWTIssuer, c.JWTAudience = "keys", "i", "a" }},
		{"ENGINE_JWKS_URL", "empty", "since ENGINE_JWT_ISSUER or ENGINE_JWT_AUDIENCE is set", func(c *Settings) { c.JWTAudience = "a" }},
		{"ENGINE_JWT_ISSUER", "empty", "the issuer (iss)", func(c *Settings) { c.JWKSURL, c.JWTAudience = "https://keys", "a" }},
		{"ENGINE_JWT_AUDIENCE", "empty", "the audience (aud)", func(c *Settings) { c.JWKSURL, c.JWTIssuer = "https://keys", "i" }},
		{"SMOKEBALL_CLIENT_ID", "empty", "SMOKEBALL_CLIENT_ID_FILE", func(c *Settings) { c.ClientID = "" }},
		{"SMOKEBALL_CLIENT_SECRET", "empty", "SMOKEBALL_CLIENT_SECRET_FILE", func(c *Settings) { c.ClientSecret = "" }},
		{"SMOKEBALL_API_KEY", "empty", "SMOKEBALL_API_KEY_FILE", func(c *Settings) { c.APIKey = "" }},
		{"SMOKEBALL_RATE", "0", "more than 0", func(c *Settings) { c.Rate = "0" }},
		{"SMOKEBALL_RATE", "NaN", "more than 0", func(c *Settings) { c.Rate = "NaN" }},
		{"SMOKEBALL_RATE", "1001", "at most 1000", func(c *Settings) { c.Rate = "1001" }},
		{"SMOKEBALL_BURST", "0", "at least 1", func(c *Settings) { c.Burst = "0" }},
		{"SMOKEBALL_REGION", "fr", "us, au or uk", func(c *Settings) { c.Region = "fr" }},
		{"SMOKEBALL_ENVIRONMENT", "test", "production or staging", func(c *Settings) { c.Environment = "test" }},
		{"SMOKEBALL_API_URL", "nowhere", "the URL of a host", func(c *Settings) { c.APIURL = "nowhere" }},
		{"SMOKEBALL_AUTH_URL", "nowhere", "the URL of a host", func(c *Settings) { c.AuthURL = "nowhere" }},
		{"SMOKEBALL_AUTHORIZATION", "30 days", "at least 1h0m0s", func(c *Settings) { c.Authorization = "30 days" }},
		{"ENGINE_SWEEP_EVERY", "daily", "at least 1s", func(c *Settings) { c.Sweep = "daily" }},
		{"ENGINE_VISIBILITY_WAIT", "10ms", "at least 1s", func(c *Settings) { c.Visible = "10ms" }},
		{"ENGINE_CONFIRMATION_WAIT", "", "at least 1s", func(c *Settings) { c.Confirm = "" }},
		{"ENGINE_RETRY_FOR", "-1h", "at least 1s", func(c *Settings) { c.GiveUp = "-1h" }},
		{"ENGINE_LOG_LEVEL", "loud", "debug, info, warn or error", func(c *Settings) { c.LogLevel = "loud" }},
	} {
		t.Run(c.name+" "+c.holds, func(t *testing.T) {
			faulty := fine()
			c.spoil(&faulty)
			err := faulty.Check()
			var usage *UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("error %v, want a wrong usage", err)
			}
			if line := err.Error(); strings.Contains(line, "\n") || !strings.HasPrefix(line, c.name+" ") || !strings.Contains(line, c.holds) || !strings.Contains(line, c.needs) {
				t.Errorf("got %q, want one line about %s that tells %q and %q", line, c.name, c.holds, c.needs)
			}
		})
	}
}

// TestCheckTellsAllFaultsAtOnce and none of the secrets.
func TestCheckTellsAllFaultsAtOnce(t *testing.T) {
	c := Settings{ClientID: appID, ClientSecret: appSecret, APIKey: appKey, APIURL: "https://user:" + appSecret + "@host"}
	err := c.Check()
	if err == nil {
		t.Fatal("no fault")
	}
	lines := strings.Split(err.Error(), "\n")
	if want := 14; len(lines) != want {
		t.Errorf("%d lines, want %d:\n%v", len(lines), want, err)
	}
	for _, secret := range []string{appID, appSecret, appKey} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the faults tell %q:\n%v", secret, err)
		}
	}
}
