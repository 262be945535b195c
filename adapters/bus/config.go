package bus

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
)

// Config says where the bus is. The comments name the variables that operators set; errors name
// them too.
type Config struct {
	URL       string       // ENGINE_NATS_URL: the cluster's URLs, comma separated; empty: an embedded server
	Listen    string       // ENGINE_NATS_LISTEN: host:port for publishers, "off": in-process only; empty: 127.0.0.1:4222
	DataDir   string       // ENGINE_DATA_DIR: the embedded server keeps its data in DataDir/nats
	UsersFile string       // ENGINE_NATS_USERS_FILE: who may connect to the embedded server; empty: anyone
	TLSCert   string       // ENGINE_NATS_TLS_CERT: the embedded server's certificate, PEM; empty: no TLS
	TLSKey    string       // ENGINE_NATS_TLS_KEY: its key
	Insecure  bool         // ENGINE_NATS_INSECURE: the embedded server may listen beyond loopback without users and TLS
	Creds     string       // ENGINE_NATS_CREDS: credentials file for a cluster
	CA        string       // ENGINE_NATS_CA: CA file for a cluster
	Replicas  int          // ENGINE_REPLICAS: of streams and buckets; 0: 1
	Key       []byte       // of 32 bytes: encrypts the embedded server's files; empty: they are plain text
	Plain     bool         // ENGINE_NATS_ENCRYPT=false: the files become plain text again, as Key opens them
	Room      int64        // bytes of each of the embedded server's streams INBOX and OUTBOX; 0: 8 GiB
	AsIs      bool         // the files are neither encrypted nor made plain text: they stay as they are
	Logger    *slog.Logger // nil: slog.Default()
}

const (
	defaultListen = "127.0.0.1:4222"
	listenOff     = "off"
)

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.Replicas == 0 {
		c.Replicas = 1
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func (c Config) check() error {
	var faults []error
	if c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5 {
		faults = append(faults, fmt.Errorf("ENGINE_REPLICAS is %d; it needs 1, 3 or 5", c.Replicas))
	}
	if c.URL == "" {
		faults = append(faults, c.checkEmbedded())
	} else if strings.ContainsAny(c.URL, " \t\r\n") {
		faults = append(faults, errors.New("ENGINE_NATS_URL holds white space; separate several URLs by commas"))
	}
	return errors.Join(faults...)
}

// checkListen prevents passwords and documents from crossing the network unencrypted.
func (c Config) checkListen() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("ENGINE_NATS_LISTEN is %q; it needs host:port, or 'off'", c.Listen)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return fmt.Errorf("ENGINE_NATS_TLS_CERT is %q and ENGINE_NATS_TLS_KEY is %q; TLS needs both", c.TLSCert, c.TLSKey)
	}
	if _, err := c.tls(); err != nil {
		return err
	}
	if c.Insecure || isLoopback(host) || c.UsersFile != "" && c.TLSCert != "" {
		return nil
	}
	return fmt.Errorf("ENGINE_NATS_LISTEN is %q, which other machines can reach; it needs users (ENGINE_NATS_USERS_FILE) and TLS (ENGINE_NATS_TLS_CERT, ENGINE_NATS_TLS_KEY), "+
		"a loopback address such as %s, or ENGINE_NATS_INSECURE=true where the network itself admits only trusted machines", c.Listen, defaultListen)
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// tls returns the embedded server's TLS configuration; nil: no TLS.
func (c Config) tls() (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_NATS_TLS_CERT is %q and ENGINE_NATS_TLS_KEY is %q, but they can't be used (%w); they need a certificate and its key in PEM", c.TLSCert, c.TLSKey, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

func (c Config) checkEmbedded() error {
	var faults []error
	if c.DataDir == "" {
		faults = append(faults, errors.New("ENGINE_DATA_DIR is empty; name the folder that keeps the engine's data"))
	}
	if c.Replicas > 1 {
		faults = append(faults, fmt.Errorf("ENGINE_REPLICAS is %d, but the embedded server has no replicas; set it to 1, or ENGINE_NATS_URL to a cluster", c.Replicas))
	}
	if c.Listen != listenOff {
		faults = append(faults, c.checkListen())
	}
	return errors.Join(faults...)
}
