package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// nodeCommand makes this program become a NATS server of a cluster.
const nodeCommand = "node"

// node is a NATS server of a cluster, in a process of its own.
type node struct {
	Name    string
	Client  string   // where engines and publishers connect
	Route   string   // where the other nodes connect
	Monitor string   // where it reports its health
	Routes  []string // of all nodes
	Store   string   // its folder

	process *process
	monitor caller
}

// clusterSize is the number of nodes; of three one may be away.
const clusterSize = 3

// newNodes are the nodes of a cluster that keeps its files in dir.
func newNodes(t *trial, dir string) (nodes []*node) {
	addresses := t.freeAddresses(3 * clusterSize)
	routes := addresses[:clusterSize]
	for i, route := range routes {
		n := &node{Name: fmt.Sprintf("n%d", i+1), Client: addresses[clusterSize+i], Route: route, Monitor: addresses[2*clusterSize+i],
			Routes: routes, Store: filepath.Join(dir, fmt.Sprintf("nats-%d", i+1))}
		n.monitor = newCaller("http://"+n.Monitor, "")
		nodes = append(nodes, n)
	}
	return nodes
}

// launch starts the node and does not wait until it is ready.
func (n *node) launch() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	told, err := json.Marshal(n)
	if err != nil {
		return err
	}
	n.process, err = start(n.Store+".log", nil, self, nodeCommand, string(told))
	return err
}

// whole reports whether the node has all that the others have: then another one may go.
func (n *node) whole(ctx context.Context) bool { return n.monitor.answers(ctx, "/healthz") }

// addresses is where to connect to the cluster.
func addresses(nodes []*node) string {
	var list []string
	for _, n := range nodes {
		list = append(list, "nats://"+n.Client)
	}
	return strings.Join(list, ",")
}

// allWhole waits until no node lacks anything.
func allWhole(ctx context.Context, nodes []*node) error {
	return until(ctx, timeout, "all NATS nodes are whole", func(ctx context.Context) bool {
		for _, n := range nodes {
			if !n.whole(ctx) {
				return false
			}
		}
		return true
	})
}

var errNodeEnded = errors.New("the NATS node ended by itself")

// runNode is a node until it is killed.
func runNode(told string) error {
	var n node
	if err := json.Unmarshal([]byte(told), &n); err != nil {
		return fmt.Errorf("read what node this is: %w", err)
	}
	o, err := n.options()
	if err != nil {
		return err
	}
	s, err := server.NewServer(o)
	if err != nil {
		return fmt.Errorf("configure NATS node %s: %w", n.Name, err)
	}
	s.ConfigureLogger()
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		return fmt.Errorf("NATS node %s does not listen", n.Name)
	}
	s.WaitForShutdown()
	return errNodeEnded
}

// options are the settings that docs/operate.md asks of a cluster's servers, and no others than
// NATS has by itself.
func (n *node) options() (*server.Options, error) {
	o := &server.Options{ServerName: n.Name, NoSigs: true, Logtime: true, JetStream: true, SyncAlways: true, StoreDir: n.Store}
	o.Cluster.Name = "crashtest"
	for _, l := range []struct {
		address string
		host    *string
		port    *int
	}{{n.Client, &o.Host, &o.Port}, {n.Route, &o.Cluster.Host, &o.Cluster.Port}, {n.Monitor, &o.HTTPHost, &o.HTTPPort}} {
		host, port, err := net.SplitHostPort(l.address)
		if err != nil {
			return nil, fmt.Errorf("an address of NATS node %s: %w", n.Name, err)
		}
		*l.host = host
		if *l.port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("an address of NATS node %s: %w", n.Name, err)
		}
	}
	for _, r := range n.Routes {
		o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: r})
	}
	return o, nil
}
