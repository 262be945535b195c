package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/sealing"
)

// cluster is a world whose ledger and bus are a NATS cluster, with several engines
// behind one address.
type cluster struct {
	*world
	nodes   []*node
	engines []*clusterEngine
	js      jetstream.JetStream // for a look at what the engines do
	leads   jetstream.KeyValue
}

// clusterEngine is an engine of several: its place stays when its process goes.
type clusterEngine struct {
	name, dir string
	settings  map[string]string
	api       caller
	process   *process
	gateway   *gateway
	place     *place
}

// seats is the number of engines: with three, two wait for the lease of the third.
const seats = 3

// clusterCampaign is the name of the campaign.
const clusterCampaign = "cluster"

// A cluster has the allowance that Smokeball grants, and a steady load that is a little
// more than that: there is always something for the next leader to do.
const (
	clusterAllowance = "5"
	clusterPace      = 1200 * time.Millisecond
)

// newCluster starts the nodes, then the engines side by side, as an operator might.
func (t *trial) newCluster(ctx context.Context) (c *cluster, err error) {
	c = &cluster{}
	c.world, err = t.setUp(ctx, func(w *world) error {
		c.world = w
		if err := c.startNodes(ctx, t); err != nil {
			return err
		}
		if err := c.watch(); err != nil {
			return err
		}
		if err := c.startEngines(ctx, t); err != nil {
			return err
		}
		if c.leads, err = c.js.KeyValue(ctx, "engine-leases"); err != nil {
			return fmt.Errorf("look at the leases: %w", err)
		}
		return c.connect(ctx)
	})
	return c, err
}

func (c *cluster) startNodes(ctx context.Context, t *trial) error {
	c.nodes = newNodes(t, c.dir)
	for _, n := range c.nodes {
		if err := c.bringUp(n); err != nil {
			return err
		}
	}
	return allWhole(ctx, c.nodes)
}

func (c *cluster) bringUp(n *node) error {
	err := n.launch()
	if err == nil {
		c.beside = append(c.beside, n.process)
	}
	return err
}

// watch connects what looks on, and the publisher.
func (c *cluster) watch() (err error) {
	if c.load, err = newPublisher(addresses(c.nodes)); err != nil {
		return err
	}
	c.load.pace, c.load.reads, c.load.documents = clusterPace, true, caseNumber.document
	c.js, err = jetstream.New(c.load.conn, jetstream.WithDefaultTimeout(10*time.Second))
	return err
}

func (c *cluster) startEngines(ctx context.Context, t *trial) error {
	listen := t.freeAddresses(seats)
	c.front = openFront(listen)
	c.configure(c.front.Listener.Addr().String())
	c.api = newCaller(c.front.URL, c.signIn.token)
	for i, address := range listen {
		s := &clusterEngine{name: fmt.Sprintf("e%d", i+1), settings: maps.Clone(c.settings), api: newCaller("http://"+address, c.signIn.token)}
		s.dir = filepath.Join(c.dir, s.name)
		if err := c.settle(ctx, t, s, i, address); err != nil {
			return err
		}
		maps.Copy(s.settings, map[string]string{"ENGINE_DATA_DIR": s.dir, "ENGINE_LISTEN": address, "ENGINE_NATS_URL": s.place.nats(c.nodes), "SMOKEBALL_API_URL": s.gateway.URL, "SMOKEBALL_AUTH_URL": s.gateway.URL,
			"SMOKEBALL_RATE": clusterAllowance, "SMOKEBALL_BURST": clusterAllowance,
			"ENGINE_VISIBILITY_WAIT": "8s", "ENGINE_REPLICAS": fmt.Sprint(clusterSize), "ENGINE_MASTER_KEY_FILE": filepath.Join(c.dir, "master-key.json")})
		c.engines = append(c.engines, s)
		if err := c.launchEngine(t, s); err != nil {
			return err
		}
	}
	return c.allReady(ctx)
}

func (c *cluster) launchEngine(t *trial, s *clusterEngine) (err error) {
	if s.process, err = s.place.start(s.log(), s.settings, t.engine, "serve"); err == nil {
		c.beside = append(c.beside, s.process)
	}
	return err
}

// settle gives an engine its way to Smokeball and its place in the network.
func (c *cluster) settle(ctx context.Context, t *trial, s *clusterEngine, n int, address string) (err error) {
	if s.gateway, err = openGateway(c.smokeball.base); err != nil {
		return err
	}
	c.onClose(s.gateway.close)
	s.place, err = t.newPlace(ctx, c, n, address, s.gateway.URL)
	return err
}

func (s *clusterEngine) log() string { return s.dir + ".log" }

// ready waits until the engine takes work. One that ends before is an error.
func (s *clusterEngine) ready(ctx context.Context) error {
	if err := s.process.ready(ctx, s.api, s.log()); err != nil {
		return fmt.Errorf("engine %s: %w", s.name, err)
	}
	return nil
}

func (c *cluster) allReady(ctx context.Context) error {
	for _, s := range c.engines {
		if err := s.ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

// leader is the engine that holds the lease of Smokeball's allowance; nil: nobody that runs.
func (c *cluster) leader(ctx context.Context) *clusterEngine {
	ctx, cancel := context.WithTimeout(ctx, answersWithin) // a look that is lost waits on
	defer cancel()
	keys, err := c.leads.Keys(ctx)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(keys, func(k string) bool { return strings.HasPrefix(k, "allowance.") })
	if i < 0 {
		return nil
	}
	entry, err := c.leads.Get(ctx, keys[i])
	if err != nil {
		return nil
	}
	for _, s := range c.engines {
		if token := s.token(); token != "" && strings.HasPrefix(token, string(entry.Value())) {
			return s
		}
	}
	return nil
}

// token is the one that the engine's newest process left for the operator's commands; its
// beginning is how it calls itself where it leads.
func (s *clusterEngine) token() string {
	var access struct{ Token string }
	data, err := os.ReadFile(filepath.Join(s.dir, "operator.json"))
	if err != nil || json.Unmarshal(data, &access) != nil {
		return ""
	}
	return access.Token
}

// led waits until an engine that is none of those leads.
func (c *cluster) led(ctx context.Context, not ...*clusterEngine) (s *clusterEngine, err error) {
	err = until(ctx, timeout, "an engine leads", func(ctx context.Context) bool {
		s = c.leader(ctx)
		return s != nil && !slices.Contains(not, s)
	})
	return s, err
}

// settleCluster lets the engines work off all events, ends them and counts what
// came of it.
func (t *trial) settleCluster(ctx context.Context, c *cluster) error {
	if err := errors.Join(c.calm(ctx), allWhole(ctx, c.nodes), c.allReady(ctx)); err != nil {
		return err
	}
	names, err := t.workOff(ctx, c.world)
	if err != nil {
		return err
	}
	for _, s := range c.engines {
		if _, err := s.stop(ctx); err != nil {
			return err
		}
	}
	return t.balanceCluster(ctx, c, names)
}

// balanceCluster compares Smokeball, the ledger and each engine's views of it.
func (t *trial) balanceCluster(ctx context.Context, c *cluster, names []string) error {
	ledger, err := sealing.OpenClusterLedger(ctx, c.js, filepath.Join(c.dir, "master-key.json"))
	if err != nil {
		return err
	}
	defer ledger.Close()
	r, err := known(ctx, ledger)
	if err != nil {
		return err
	}
	for _, s := range c.engines {
		where, err := unlike(ctx, filepath.Join(s.dir, "views.db"), filepath.Join(c.dir, "master-key.json"), ledger)
		if err != nil {
			return fmt.Errorf("views of engine %s: %w", s.name, err)
		}
		if where != "" {
			t.count(&t.views, "folded step by step and at once it differs at engine "+s.name, []string{where})
		}
	}
	return t.compare(ctx, c.world, r, names)
}

// stop ends the engine well and returns how long that took.
func (s *clusterEngine) stop(ctx context.Context) (time.Duration, error) {
	d, err := s.process.stop(ctx, s.log())
	if err != nil {
		return d, fmt.Errorf("engine %s: %w", s.name, err)
	}
	return d, nil
}
