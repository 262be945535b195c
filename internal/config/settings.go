package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// config is the engine's configuration. The tag "setting" names the environment
// variable, which a --config file may hold as well.
type Settings struct {
	Config string `name:"config" help:"YAML file with settings, under the names of the environment variables ($$ENGINE_CONFIG)." placeholder:"FILE"`

	DataDir   string `name:"data-dir" setting:"ENGINE_DATA_DIR" default:"./data" help:"All that the engine keeps ($$ENGINE_DATA_DIR)."`
	Listen    string `name:"listen" setting:"ENGINE_LISTEN" default:"127.0.0.1:8080" help:"HTTP address ($$ENGINE_LISTEN)."`
	PublicURL string `name:"public-url" setting:"ENGINE_PUBLIC_URL" default:"http://localhost:8080" help:"How browsers and Smokeball reach the engine ($$ENGINE_PUBLIC_URL)."`

	NATSURL       string `name:"nats-url" setting:"ENGINE_NATS_URL" help:"URLs of a NATS cluster; empty: an embedded server ($$ENGINE_NATS_URL)."`
	NATSListen    string `name:"nats-listen" setting:"ENGINE_NATS_LISTEN" default:"127.0.0.1:4222" help:"Where the embedded server takes publishers; off: nowhere ($$ENGINE_NATS_LISTEN)."`
	NATSUsersFile string `name:"nats-users-file" setting:"ENGINE_NATS_USERS_FILE" help:"Users of the embedded server ($$ENGINE_NATS_USERS_FILE)." placeholder:"FILE"`
	NATSTLSCert   string `name:"nats-tls-cert" setting:"ENGINE_NATS_TLS_CERT" help:"Certificate of the embedded server; empty: no TLS ($$ENGINE_NATS_TLS_CERT)." placeholder:"FILE"`
	NATSTLSKey    string `name:"nats-tls-key" setting:"ENGINE_NATS_TLS_KEY" help:"Key of that certificate ($$ENGINE_NATS_TLS_KEY)." placeholder:"FILE"`
	NATSInsecure  bool   `name:"nats-insecure" setting:"ENGINE_NATS_INSECURE" help:"Let the embedded server listen beyond loopback without users and TLS ($$ENGINE_NATS_INSECURE)."`
	NATSEncrypt   string `name:"nats-encrypt" setting:"ENGINE_NATS_ENCRYPT" default:"false" help:"Encrypt the files of the embedded server, or with false make them plain text again ($$ENGINE_NATS_ENCRYPT)."`
	NATSCreds     string `name:"nats-creds" setting:"ENGINE_NATS_CREDS" help:"Credentials for a cluster ($$ENGINE_NATS_CREDS)." placeholder:"FILE"`
	NATSCA        string `name:"nats-ca" setting:"ENGINE_NATS_CA" help:"CA certificates for a cluster ($$ENGINE_NATS_CA)." placeholder:"FILE"`
	Replicas      string `name:"replicas" setting:"ENGINE_REPLICAS" default:"1" help:"JetStream replicas; 3 on a cluster ($$ENGINE_REPLICAS)."`

	MasterKeyFile string `name:"master-key-file" setting:"ENGINE_MASTER_KEY_FILE" help:"Keyset that seals secrets; made on first start in the data directory ($$ENGINE_MASTER_KEY_FILE)." placeholder:"FILE"`
	ErasuresFile  string `name:"erasures-file" setting:"ENGINE_ERASURES_FILE" help:"Where the engine keeps the list of what was erased, by ids alone, for the restore of an older backup; by default erasures.json in the data directory, with which it would be lost: name a file on another disk ($$ENGINE_ERASURES_FILE)." placeholder:"FILE"`

	JWKSURL     string `name:"jwks-url" setting:"ENGINE_JWKS_URL" help:"Key set of CaseHug's sign-in; empty: API calls are refused ($$ENGINE_JWKS_URL)."`
	JWTIssuer   string `name:"jwt-issuer" setting:"ENGINE_JWT_ISSUER" help:"Issuer of CaseHug's tokens ($$ENGINE_JWT_ISSUER)."`
	JWTAudience string `name:"jwt-audience" setting:"ENGINE_JWT_AUDIENCE" help:"Audience of CaseHug's tokens ($$ENGINE_JWT_AUDIENCE)."`

	CaseHugOrigins string `name:"casehug-origins" setting:"ENGINE_CASEHUG_ORIGINS" help:"CaseHug's sites whose pages may sign people in, such as https://app.casehug.example, separated by commas; empty: the issuer's ($$ENGINE_CASEHUG_ORIGINS)."`

	ClientID     string `name:"smokeball-client-id" setting:"SMOKEBALL_CLIENT_ID" secret:"" help:"The app's client id ($$SMOKEBALL_CLIENT_ID or …_FILE)."`
	ClientSecret string `name:"smokeball-client-secret" setting:"SMOKEBALL_CLIENT_SECRET" secret:"" help:"The app's secret ($$SMOKEBALL_CLIENT_SECRET or …_FILE)."`
	APIKey       string `name:"smokeball-api-key" setting:"SMOKEBALL_API_KEY" secret:"" help:"The app's API key ($$SMOKEBALL_API_KEY or …_FILE)."`
	Region       string `name:"smokeball-region" setting:"SMOKEBALL_REGION" default:"us" help:"us, au or uk ($$SMOKEBALL_REGION)."`
	Environment  string `name:"smokeball-environment" setting:"SMOKEBALL_ENVIRONMENT" default:"production" help:"production or staging ($$SMOKEBALL_ENVIRONMENT)."`
	APIURL       string `name:"smokeball-api-url" setting:"SMOKEBALL_API_URL" help:"Instead of the region's API ($$SMOKEBALL_API_URL)."`
	AuthURL      string `name:"smokeball-auth-url" setting:"SMOKEBALL_AUTH_URL" help:"Instead of the region's sign-in ($$SMOKEBALL_AUTH_URL)."`
	Issuer       string `name:"smokeball-issuer" setting:"SMOKEBALL_ISSUER" help:"What Smokeball's redirects may name as their issuer; empty: its sign-in address ($$SMOKEBALL_ISSUER)."`
	Rate         string `name:"smokeball-rate" setting:"SMOKEBALL_RATE" default:"5" help:"Calls a second that Smokeball allows the app ($$SMOKEBALL_RATE)."`
	PrivateApps  string `name:"smokeball-private-apps-file" setting:"SMOKEBALL_PRIVATE_APPS_FILE" help:"YAML list of firms' own Smokeball apps ($$SMOKEBALL_PRIVATE_APPS_FILE)." placeholder:"FILE"`
	Burst        string `name:"smokeball-burst" setting:"SMOKEBALL_BURST" default:"5" help:"Calls at once that Smokeball allows the app ($$SMOKEBALL_BURST)."`

	Authorization   string `name:"smokeball-authorization" setting:"SMOKEBALL_AUTHORIZATION" default:"720h" help:"How long Smokeball honours a firm's consent: 30 days; 180 days (4320h) for newer apps ($$SMOKEBALL_AUTHORIZATION)."`
	Visible         string `name:"visibility-wait" setting:"ENGINE_VISIBILITY_WAIT" default:"30s" help:"How long an accepted creation may stay invisible in Smokeball before it may be made again ($$ENGINE_VISIBILITY_WAIT)."`
	Confirm         string `name:"confirmation-wait" setting:"ENGINE_CONFIRMATION_WAIT" default:"3m" help:"How long an accepted resource may take to show up before its sync fails ($$ENGINE_CONFIRMATION_WAIT)."`
	GiveUp          string `name:"retry-for" setting:"ENGINE_RETRY_FOR" default:"24h" help:"How long passing faults are retried before a sync fails ($$ENGINE_RETRY_FOR)."`
	Sweep           string `name:"sweep-every" setting:"ENGINE_SWEEP_EVERY" default:"10m" help:"How often a firm without webhooks is looked at for changes in Smokeball, at most; with many such firms it is less often ($$ENGINE_SWEEP_EVERY)."`
	Networks        string `name:"document-networks" setting:"ENGINE_DOCUMENT_NETWORKS" help:"Private networks that documents' https addresses may lead into, such as 10.20.0.0/16; by default none, on a machine of its own (a localhost public URL) loopback ($$ENGINE_DOCUMENT_NETWORKS)."`
	Retypes         bool   `name:"patch-matter-type" setting:"SMOKEBALL_PATCH_MATTER_TYPE" help:"Give matters that are in Smokeball another type where CaseHug gives them another case type. Smokeball's description of its API allows that and its guide does not; without it the sync says to change the type in Smokeball ($$SMOKEBALL_PATCH_MATTER_TYPE)."`
	HistoryKept     string `name:"history-kept" setting:"ENGINE_HISTORY_KEPT" default:"forever" help:"How long entries of the sync history are kept after their syncs have ended, of firms that chose nothing: forever, or days such as 730d ($$ENGINE_HISTORY_KEPT)."`
	AuditKept       string `name:"audit-kept" setting:"ENGINE_AUDIT_KEPT" default:"forever" help:"How long entries of the audit trail are kept, of firms that chose nothing ($$ENGINE_AUDIT_KEPT)."`
	DeadLettersKept string `name:"dead-letters-kept" setting:"ENGINE_DEAD_LETTERS_KEPT" default:"90d" help:"How long dead letters are kept after they were taken in or discarded, of firms that chose nothing ($$ENGINE_DEAD_LETTERS_KEPT)."`

	SharedAccounts bool   `name:"allow-shared-accounts" setting:"ENGINE_ALLOW_SHARED_ACCOUNTS" help:"Let several firms connect to one Smokeball account: they share its matters ($$ENGINE_ALLOW_SHARED_ACCOUNTS)."`
	LogLevel       string `name:"log-level" setting:"ENGINE_LOG_LEVEL" default:"info" help:"debug, info, warn or error ($$ENGINE_LOG_LEVEL)."`

	Parsed Parsed            `kong:"-"`
	files  map[string]string // that settings were read from, by the setting that names them
}

func (c *Settings) NoteFile(setting, path string) {
	if c.files == nil {
		c.files = map[string]string{}
	}
	c.files[setting] = path
}

// parsed are the settings that are not text, after check.
type Parsed struct {
	Replicas      int
	Origins       []string // of CaseHug's pages
	Rate          float64
	Burst         int
	Private       []smokeball.PrivateApp
	Hosts         smokeball.Hosts
	Authorization time.Duration
	Waits         syncing.Waits
	Sweep         time.Duration
	Networks      []netip.Prefix
	Kept          domain.RetentionTimes // of firms that chose nothing
	Level         slog.Level
}

// knownSetting reports whether a --config file may hold the name: a setting, or for a
// secret NAME_FILE as well.
func knownSetting(name string) bool {
	t := reflect.TypeFor[Settings]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		_, secret := tag.Lookup("secret")
		if known := tag.Get("setting"); known != "" && (name == known || secret && name == known+secretFileEnding) {
			return true
		}
	}
	return false
}

// usageError is a wrong use of the command line or of the configuration.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// check finds every fault of the configuration, a line each that names the variable,
// what it holds and what it needs.
func (c *Settings) Check() error {
	var faults []error
	fault := func(name, holds, needs string) {
		if holds == "" {
			holds = "empty"
		}
		faults = append(faults, fmt.Errorf("%s is %s; it needs %s", name, holds, needs))
	}
	c.checkAddresses(fault)
	c.checkBus(fault)
	c.checkSignIn(fault)
	c.checkOrigins(fault)
	c.checkSmokeball(fault)
	c.checkWaits(fault)
	c.checkNetworks(fault)
	var err error
	if c.Parsed.Hosts, err = smokeball.HostsFor(c.Region, c.Environment, c.APIURL, c.AuthURL); err != nil {
		faults = append(faults, err)
	}
	if c.Parsed.Private, err = readPrivateApps(c.PrivateApps, c.ClientID); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return &UsageError{errors.Join(faults...)}
	}
	if c.MasterKeyFile == "" {
		c.MasterKeyFile = filepath.Join(c.DataDir, "master-key.json")
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return nil
}

func (c *Settings) checkAddresses(fault func(name, holds, needs string)) {
	if c.DataDir == "" {
		fault("ENGINE_DATA_DIR", "", "a directory")
	}
	if info, err := os.Stat(c.ErasuresFile); err == nil && info.IsDir() {
		fault("ENGINE_ERASURES_FILE", c.ErasuresFile, "a file, which may not exist yet, and not a directory")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		fault("ENGINE_LISTEN", c.Listen, "host:port, such as 127.0.0.1:8080")
	}
	if u, err := url.Parse(c.PublicURL); err != nil || !webAddress(c.PublicURL) {
		fault("ENGINE_PUBLIC_URL", c.PublicURL, "the address that browsers use, such as https://sync.casehug.example")
	} else if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		fault("ENGINE_PUBLIC_URL", c.PublicURL, "an address without a path, such as https://sync.casehug.example: the console, the callback and the webhooks take the whole host")
	} else if u.Scheme == "http" && !IsLoopback(u.Hostname()) && c.AuthURL == "" {
		fault("ENGINE_PUBLIC_URL", c.PublicURL, "https: Smokeball leads browsers back over http to localhost only")
	}
}

// IsLoopback reports whether a host name or address is this machine itself.
func IsLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// checkNetworks reads the private networks that documents may come from. An engine that
// is reached at localhost works on a machine of its own: documents may be there, too.
func (c *Settings) checkNetworks(fault func(name, holds, needs string)) {
	c.Parsed.Networks = nil
	if u, err := url.Parse(c.PublicURL); c.Networks == "" && err == nil && IsLoopback(u.Hostname()) {
		c.Parsed.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	for text := range strings.SplitSeq(c.Networks, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			fault("ENGINE_DOCUMENT_NETWORKS", c.Networks, "networks separated by commas, such as 10.20.0.0/16,127.0.0.0/8")
			return
		}
		c.Parsed.Networks = append(c.Parsed.Networks, p)
	}
}

func (c *Settings) checkBus(fault func(name, holds, needs string)) {
	if c.NATSURL == "" && c.NATSListen != "off" {
		if _, _, err := net.SplitHostPort(c.NATSListen); err != nil {
			fault("ENGINE_NATS_LISTEN", c.NATSListen, "host:port, such as 127.0.0.1:4222, or off")
		} else if host, _, _ := net.SplitHostPort(c.NATSListen); !c.NATSInsecure && !IsLoopback(host) && (c.NATSUsersFile == "" || c.NATSTLSCert == "" || c.NATSTLSKey == "") {
			fault("ENGINE_NATS_LISTEN", c.NATSListen, "a loopback address, such as 127.0.0.1:4222, since others reach this one: or users (ENGINE_NATS_USERS_FILE) and TLS (ENGINE_NATS_TLS_CERT, ENGINE_NATS_TLS_KEY), or ENGINE_NATS_INSECURE=true")
		}
		if (c.NATSTLSCert == "") != (c.NATSTLSKey == "") {
			fault("ENGINE_NATS_TLS_KEY", c.NATSTLSKey, "the key of the certificate in ENGINE_NATS_TLS_CERT, and both or neither")
		}
	}
	if c.NATSEncrypt != "" && c.NATSEncrypt != "true" && c.NATSEncrypt != "false" {
		fault("ENGINE_NATS_ENCRYPT", c.NATSEncrypt, "true, or false")
	}
	for _, f := range []struct{ name, path string }{
		{"ENGINE_NATS_USERS_FILE", c.NATSUsersFile}, {"ENGINE_NATS_TLS_CERT", c.NATSTLSCert}, {"ENGINE_NATS_TLS_KEY", c.NATSTLSKey}, {"ENGINE_NATS_CREDS", c.NATSCreds}, {"ENGINE_NATS_CA", c.NATSCA},
	} {
		if _, err := os.Stat(f.path); f.path != "" && err != nil {
			fault(f.name, f.path, "a file that can be read")
		}
	}
	n, err := strconv.Atoi(c.Replicas)
	if err != nil || n < 1 || n > 5 || n%2 == 0 {
		fault("ENGINE_REPLICAS", c.Replicas, "1, 3 or 5")
	} else if c.NATSURL == "" && n > 1 {
		fault("ENGINE_REPLICAS", c.Replicas, "1 with the embedded server, or a cluster in ENGINE_NATS_URL")
	}
	c.Parsed.Replicas = n
}

func (c *Settings) checkSignIn(fault func(name, holds, needs string)) {
	if c.JWKSURL == "" {
		if c.JWTIssuer != "" || c.JWTAudience != "" {
			fault("ENGINE_JWKS_URL", "", "the address of CaseHug's key set, since ENGINE_JWT_ISSUER or ENGINE_JWT_AUDIENCE is set")
		}
		return
	}
	if !webAddress(c.JWKSURL) {
		fault("ENGINE_JWKS_URL", c.JWKSURL, "the address of CaseHug's key set")
	}
	if c.JWTIssuer == "" {
		fault("ENGINE_JWT_ISSUER", "", "the issuer (iss) of CaseHug's tokens, since ENGINE_JWKS_URL is set")
	}
	if c.JWTAudience == "" {
		fault("ENGINE_JWT_AUDIENCE", "", "the audience (aud) of CaseHug's tokens, since ENGINE_JWKS_URL is set")
	}
}

// checkOrigins reads CaseHug's sites. A site is a scheme and a host, with nothing after it.
func (c *Settings) checkOrigins(fault func(name, holds, needs string)) {
	if c.CaseHugOrigins == "" {
		if u, err := url.Parse(c.JWTIssuer); err == nil && webAddress(c.JWTIssuer) {
			c.Parsed.Origins = []string{u.Scheme + "://" + u.Host}
		}
		return
	}
	for text := range strings.SplitSeq(c.CaseHugOrigins, ",") {
		origin := strings.TrimSuffix(strings.TrimSpace(text), "/")
		if u, err := url.Parse(origin); err != nil || !webAddress(origin) || origin != u.Scheme+"://"+u.Host {
			fault("ENGINE_CASEHUG_ORIGINS", c.CaseHugOrigins, "sites such as https://app.casehug.example, without a path, separated by commas")
			return
		}
		c.Parsed.Origins = append(c.Parsed.Origins, origin)
	}
}

func (c *Settings) checkSmokeball(fault func(name, holds, needs string)) {
	for _, s := range []struct{ name, value, needs string }{
		{"SMOKEBALL_CLIENT_ID", c.ClientID, "the client id that Smokeball gave the app"},
		{"SMOKEBALL_CLIENT_SECRET", c.ClientSecret, "the client secret that Smokeball gave the app"},
		{"SMOKEBALL_API_KEY", c.APIKey, "the API key that Smokeball gave the app"},
	} {
		if s.value == "" {
			fault(s.name, "", s.needs+", here or in the file that "+s.name+"_FILE names")
		}
	}
	var err error
	if c.Parsed.Rate, err = strconv.ParseFloat(c.Rate, 64); err != nil || !(c.Parsed.Rate > 0 && c.Parsed.Rate <= 1000) {
		fault("SMOKEBALL_RATE", c.Rate, "calls a second, more than 0 and at most 1000")
	}
	if c.Parsed.Burst, err = strconv.Atoi(c.Burst); err != nil || c.Parsed.Burst < 1 {
		fault("SMOKEBALL_BURST", c.Burst, "a number of calls, at least 1")
	}
}

func (c *Settings) checkWaits(fault func(name, holds, needs string)) {
	for _, w := range []struct {
		name, value string
		least       time.Duration
		into        *time.Duration
	}{
		{"SMOKEBALL_AUTHORIZATION", c.Authorization, time.Hour, &c.Parsed.Authorization},
		{"ENGINE_VISIBILITY_WAIT", c.Visible, time.Second, &c.Parsed.Waits.Visible},
		{"ENGINE_CONFIRMATION_WAIT", c.Confirm, time.Second, &c.Parsed.Waits.Confirm},
		{"ENGINE_RETRY_FOR", c.GiveUp, time.Second, &c.Parsed.Waits.RetryFor},
		{"ENGINE_SWEEP_EVERY", c.Sweep, time.Second, &c.Parsed.Sweep},
	} {
		d, err := time.ParseDuration(w.value)
		if err != nil || d < w.least {
			fault(w.name, w.value, "a time of at least "+w.least.String()+", such as "+max(w.least, 90*time.Second).String()+" or 24h")
		}
		*w.into = d
	}
	c.checkKept(fault)
	if err := c.Parsed.Level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		fault("ENGINE_LOG_LEVEL", c.LogLevel, "debug, info, warn or error")
	}
}

// KeptFrom reads from the environment how long things are kept of firms that chose nothing. What is wrong
// there counts as not set: the engine would not have started.
func KeptFrom(getenv func(string) string) domain.RetentionTimes {
	c := Settings{HistoryKept: getenv("ENGINE_HISTORY_KEPT"), AuditKept: getenv("ENGINE_AUDIT_KEPT"), DeadLettersKept: getenv("ENGINE_DEAD_LETTERS_KEPT")}
	c.checkKept(func(string, string, string) {})
	return c.Parsed.Kept
}

// checkKept reads how long things are kept: for ever, or for days. A time of Go, such as 36h, serves trials.
// Settings that were not read from anywhere are empty, and mean the defaults.
func (c *Settings) checkKept(fault func(name, holds, needs string)) {
	for _, k := range []struct {
		name, value string
		into        *time.Duration
	}{{"ENGINE_HISTORY_KEPT", cmp.Or(c.HistoryKept, "forever"), &c.Parsed.Kept.History}, {"ENGINE_AUDIT_KEPT", cmp.Or(c.AuditKept, "forever"), &c.Parsed.Kept.Audit}, {"ENGINE_DEAD_LETTERS_KEPT", cmp.Or(c.DeadLettersKept, "90d"), &c.Parsed.Kept.DeadLetters}} {
		kept, ok := domain.ParseKeep(k.value)
		*k.into = domain.Retention{History: kept}.Over(domain.RetentionTimes{}).History
		if ok && kept != domain.KeepByDefault {
			continue
		}
		d, err := time.ParseDuration(k.value)
		if err != nil || d < time.Second {
			fault(k.name, k.value, "forever, or a number of days such as 730d")
		}
		*k.into = d
	}
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
