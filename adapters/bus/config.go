package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
)

// Config says where the bus is. The names in brackets are the variables that operators
// set; faults are reported under them.
type Config struct {
	URL       string       // ENGINE_NATS_URL: the cluster's URLs, comma separated; empty: an embedded server
	Listen    string       // ENGINE_NATS_LISTEN: host:port for publishers, "off": in-process only; empty: 127.0.0.1:4222
	DataDir   string       // ENGINE_DATA_DIR: the embedded server keeps its data in DataDir/nats
	UsersFile string       // ENGINE_NATS_USERS_FILE: who may connect to the embedded server; empty: anyone
	Creds     string       // ENGINE_NATS_CREDS: credentials file for a cluster
	CA        string       // ENGINE_NATS_CA: CA file for a cluster
	Replicas  int          // ENGINE_REPLICAS: of streams and buckets; 0: 1
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

func (c Config) checkEmbedded() error {
	var faults []error
	if c.DataDir == "" {
		faults = append(faults, errors.New("ENGINE_DATA_DIR is empty; name the folder that keeps the engine's data"))
	}
	if c.Replicas > 1 {
		faults = append(faults, fmt.Errorf("ENGINE_REPLICAS is %d, but the embedded server is alone; set it to 1, or ENGINE_NATS_URL to a cluster", c.Replicas))
	}
	if c.Listen != listenOff {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			faults = append(faults, fmt.Errorf("ENGINE_NATS_LISTEN is %q; it needs host:port, or 'off'", c.Listen))
		}
	}
	return errors.Join(faults...)
}
