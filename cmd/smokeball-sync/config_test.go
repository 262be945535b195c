package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fine is a configuration without faults.
func fine() config {
	return config{DataDir: "data", Listen: "127.0.0.1:8080", PublicURL: "https://sync.casehug.example/", NATSListen: "127.0.0.1:4222", Replicas: "1",
		ClientID: appID, ClientSecret: appSecret, APIKey: appKey, Region: "us", Environment: "production", Rate: "5", Burst: "5",
		Authorization: "720h", Visible: "30s", Confirm: "3m", GiveUp: "24h", LogLevel: "info"}
}

func TestCheckFillsIn(t *testing.T) {
	c := fine()
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	if c.MasterKeyFile != filepath.Join("data", "master-key.json") || c.PublicURL != "https://sync.casehug.example" {
		t.Errorf("master key %s, public address %s", c.MasterKeyFile, c.PublicURL)
	}
	p := c.parsed
	if p.replicas != 1 || p.rate != 5 || p.burst != 5 || p.authorization != 30*24*time.Hour || p.waits.Visible != 30*time.Second ||
		p.waits.Confirm != 3*time.Minute || p.waits.GiveUp != 24*time.Hour || p.hosts.API != "https://api.smokeball.com" {
		t.Errorf("parsed %+v", p)
	}
}

// TestCheckNamesEveryFault spoils one setting at a time: the one line that comes names
// the variable, what it holds and what it needs.
func TestCheckNamesEveryFault(t *testing.T) {
	for _, c := range []struct {
		name, holds, needs string
		spoil              func(*config)
	}{
		{"ENGINE_DATA_DIR", "empty", "a directory", func(c *config) { c.DataDir = "" }},
		{"ENGINE_LISTEN", "8080", "host:port", func(c *config) { c.Listen = "8080" }},
		{"ENGINE_PUBLIC_URL", "sync.casehug.example", "the address that browsers use", func(c *config) { c.PublicURL = "sync.casehug.example" }},
		{"ENGINE_PUBLIC_URL", "http://sync.casehug.example", "https", func(c *config) { c.PublicURL = "http://sync.casehug.example" }},
		{"ENGINE_DOCUMENT_NETWORKS", "10.0.0.0", "10.20.0.0/16", func(c *config) { c.Networks = "10.0.0.0" }},
		{"ENGINE_PUBLIC_URL", "https://casehug.example/sync", "an address without a path", func(c *config) { c.PublicURL = "https://casehug.example/sync" }},
		{"ENGINE_PUBLIC_URL", "ftp://x", "the address that browsers use", func(c *config) { c.PublicURL = "ftp://x" }},
		{"ENGINE_NATS_LISTEN", "everywhere", "or off", func(c *config) { c.NATSListen = "everywhere" }},
		{"ENGINE_NATS_USERS_FILE", "/no/users", "a file that can be read", func(c *config) { c.NATSUsersFile = "/no/users" }},
		{"ENGINE_NATS_CREDS", "/no/creds", "a file that can be read", func(c *config) { c.NATSCreds = "/no/creds" }},
		{"ENGINE_NATS_LISTEN", "0.0.0.0:4222", "ENGINE_NATS_INSECURE", func(c *config) { c.NATSListen = "0.0.0.0:4222" }},
		{"ENGINE_NATS_LISTEN", ":4222", "ENGINE_NATS_TLS_CERT", func(c *config) { c.NATSListen = ":4222" }},
		{"ENGINE_NATS_TLS_CERT", "/no/cert", "a file that can be read", func(c *config) { c.NATSTLSCert, c.NATSTLSKey = "/no/cert", "config_test.go" }},
		{"ENGINE_NATS_CA", "/no/ca", "a file that can be read", func(c *config) { c.NATSCA = "/no/ca" }},
		{"ENGINE_REPLICAS", "two", "1, 3 or 5", func(c *config) { c.Replicas = "two" }},
		{"ENGINE_REPLICAS", "2", "1, 3 or 5", func(c *config) { c.Replicas = "2"; c.NATSURL = "nats://a" }},
		{"ENGINE_REPLICAS", "7", "1, 3 or 5", func(c *config) { c.Replicas = "7"; c.NATSURL = "nats://a" }},
		{"ENGINE_REPLICAS", "3", "a cluster in ENGINE_NATS_URL", func(c *config) { c.Replicas = "3" }},
		{"ENGINE_JWKS_URL", "keys", "CaseHug's key set", func(c *config) { c.JWKSURL, c.JWTIssuer, c.JWTAudience = "keys", "i", "a" }},
		{"ENGINE_JWKS_URL", "empty", "since ENGINE_JWT_ISSUER or ENGINE_JWT_AUDIENCE is set", func(c *config) { c.JWTAudience = "a" }},
		{"ENGINE_JWT_ISSUER", "empty", "the issuer (iss)", func(c *config) { c.JWKSURL, c.JWTAudience = "https://keys", "a" }},
		{"ENGINE_JWT_AUDIENCE", "empty", "the audience (aud)", func(c *config) { c.JWKSURL, c.JWTIssuer = "https://keys", "i" }},
		{"SMOKEBALL_CLIENT_ID", "empty", "SMOKEBALL_CLIENT_ID_FILE", func(c *config) { c.ClientID = "" }},
		{"SMOKEBALL_CLIENT_SECRET", "empty", "SMOKEBALL_CLIENT_SECRET_FILE", func(c *config) { c.ClientSecret = "" }},
		{"SMOKEBALL_API_KEY", "empty", "SMOKEBALL_API_KEY_FILE", func(c *config) { c.APIKey = "" }},
		{"SMOKEBALL_RATE", "0", "more than 0", func(c *config) { c.Rate = "0" }},
		{"SMOKEBALL_RATE", "NaN", "more than 0", func(c *config) { c.Rate = "NaN" }},
		{"SMOKEBALL_RATE", "1001", "at most 1000", func(c *config) { c.Rate = "1001" }},
		{"SMOKEBALL_BURST", "0", "at least 1", func(c *config) { c.Burst = "0" }},
		{"SMOKEBALL_REGION", "fr", "us, au or uk", func(c *config) { c.Region = "fr" }},
		{"SMOKEBALL_ENVIRONMENT", "test", "production or staging", func(c *config) { c.Environment = "test" }},
		{"SMOKEBALL_API_URL", "nowhere", "the URL of a host", func(c *config) { c.APIURL = "nowhere" }},
		{"SMOKEBALL_AUTH_URL", "nowhere", "the URL of a host", func(c *config) { c.AuthURL = "nowhere" }},
		{"SMOKEBALL_AUTHORIZATION", "30 days", "at least 1h0m0s", func(c *config) { c.Authorization = "30 days" }},
		{"ENGINE_VISIBILITY_WAIT", "10ms", "at least 1s", func(c *config) { c.Visible = "10ms" }},
		{"ENGINE_CONFIRMATION_WAIT", "", "at least 1s", func(c *config) { c.Confirm = "" }},
		{"ENGINE_RETRY_FOR", "-1h", "at least 1s", func(c *config) { c.GiveUp = "-1h" }},
		{"ENGINE_LOG_LEVEL", "loud", "debug, info, warn or error", func(c *config) { c.LogLevel = "loud" }},
	} {
		t.Run(c.name+" "+c.holds, func(t *testing.T) {
			faulty := fine()
			c.spoil(&faulty)
			err := faulty.check()
			var usage *usageError
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
	c := config{ClientID: appID, ClientSecret: appSecret, APIKey: appKey, APIURL: "https://user:" + appSecret + "@host"}
	err := c.check()
	if err == nil {
		t.Fatal("no fault")
	}
	lines := strings.Split(err.Error(), "\n")
	if want := 13; len(lines) != want {
		t.Errorf("%d lines, want %d:\n%v", len(lines), want, err)
	}
	for _, secret := range []string{appID, appSecret, appKey} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the faults tell %q:\n%v", secret, err)
		}
	}
}

// parse reads a command line as run does, and returns the configuration of serve.
func parse(t *testing.T, env map[string]string, args ...string) (config, error) {
	t.Helper()
	var cmds commands
	parser, err := newParser(&cmds, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{"serve"}, args...))
	return cmds.Serve.config, err
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	file := write(t, "ENGINE_LISTEN: file:1\nENGINE_DATA_DIR: file\nENGINE_NATS_LISTEN: off\nSMOKEBALL_RATE: 7\n")
	env := map[string]string{"ENGINE_LISTEN": "env:1", "ENGINE_DATA_DIR": "env"}
	for name, use := range map[string]func() (config, error){
		"--config FILE":  func() (config, error) { return parse(t, env, "--config", file, "--listen", "flag:1") },
		"--config=FILE":  func() (config, error) { return parse(t, env, "--config="+file, "--listen=flag:1") },
		"$ENGINE_CONFIG": func() (config, error) { env["ENGINE_CONFIG"] = file; return parse(t, env, "--listen", "flag:1") },
	} {
		c, err := use()
		if err != nil {
			t.Fatal(err)
		}
		if c.Listen != "flag:1" || c.DataDir != "env" || c.NATSListen != "off" || c.Rate != "7" || c.Burst != "5" {
			t.Errorf("%s: listen %s, data %s, NATS %s, rate %s, burst %s", name, c.Listen, c.DataDir, c.NATSListen, c.Rate, c.Burst)
		}
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	secret := write(t, "from-a-file\n")
	file := write(t, "SMOKEBALL_CLIENT_ID: in-config\nSMOKEBALL_API_KEY_FILE: "+secret+"\nSMOKEBALL_CLIENT_SECRET: in-config\n")
	c, err := parse(t, map[string]string{"SMOKEBALL_CLIENT_SECRET_FILE": secret}, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if c.ClientID != "in-config" || c.APIKey != "from-a-file" || c.ClientSecret != "from-a-file" {
		t.Errorf("client id %s, key %s, secret %s", c.ClientID, c.APIKey, c.ClientSecret)
	}
	c, err = parse(t, map[string]string{"SMOKEBALL_CLIENT_SECRET_FILE": secret, "SMOKEBALL_CLIENT_SECRET": "in-env"})
	if err != nil || c.ClientSecret != "in-env" {
		t.Errorf("secret %s, %v; want the variable itself to win over its file", c.ClientSecret, err)
	}
}

// TestSettingsThatCannotBeRead names the file and the fault, and nothing that may be a
// secret.
func TestSettingsThatCannotBeRead(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		want []string
	}{
		{"unknown name", nil, []string{"--config", write(t, "ENGINE_LISTN: x\n")}, []string{"--config", "ENGINE_LISTN", "no setting"}},
		{"file of what is no secret", nil, []string{"--config", write(t, "ENGINE_LISTEN_FILE: x\n")}, []string{"--config", "ENGINE_LISTEN_FILE", "no setting"}},
		{"absent", nil, []string{"--config", absent}, []string{"--config", absent, "no such file"}},
		{"broken", nil, []string{"--config", write(t, "ENGINE_LISTEN: x\na: b: c\n")}, []string{"--config", "line 2"}},
		{"no list", nil, []string{"--config", write(t, appSecret+"\n")}, []string{"--config", "ENGINE_LISTEN: 127.0.0.1:8080"}},
		{"nested", nil, []string{"--config", write(t, "ENGINE_LISTEN: [1, "+appSecret+"]\n")}, []string{"--config", "it is not a list of settings"}},
		{"secret's file", map[string]string{"SMOKEBALL_API_KEY_FILE": absent}, nil, []string{"SMOKEBALL_API_KEY_FILE", absent, "name a file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := execute(t, c.env, append([]string{"serve"}, c.args...)...)
			if o.code != wrongUsage || !strings.HasPrefix(o.err, c.want[0]+" is ") {
				t.Errorf("exit %d: %s", o.code, o.err)
			}
			for _, want := range c.want {
				if !strings.Contains(o.err, want) {
					t.Errorf("%q lacks %q", o.err, want)
				}
			}
			if strings.Contains(o.err, appSecret[:7]) {
				t.Errorf("%q tells a secret", o.err)
			}
		})
	}
}
