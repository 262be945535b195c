package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// place is where an engine of a cluster runs. Where root, ip and nsenter are at hand it is
// a network namespace of its own: a pair of virtual interfaces leads from it to the cluster
// and nowhere else, and is pulled apart for a partition. All else that the engine talks to,
// Smokeball above all, it reaches by sockets in files, which no partition touches. Nothing
// listens on an address that another machine can reach.
type place struct {
	name  string // of the namespace; empty: the machine's own
	here  string // the address of the cluster's side
	there string // the interface on the cluster's side
	log   string
	ports map[string]string // of the nodes' addresses on the cluster's side
}

// mayCutOff reports whether engines can have namespaces of their own.
func mayCutOff() bool {
	for _, tool := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			return false
		}
	}
	return os.Geteuid() == 0
}

// tunnelCommand makes this program carry connections inside a namespace.
const tunnelCommand = "tunnel"

// tunnel carries the connections to one address on to another.
type tunnel struct{ FromNetwork, From, ToNetwork, To string }

// newPlace makes the place of the n-th engine, which listens at address and reaches Smokeball
// through the gateway.
func (t *trial) newPlace(ctx context.Context, c *cluster, n int, address, gateway string) (*place, error) {
	if !mayCutOff() {
		return &place{}, nil
	}
	p := &place{name: fmt.Sprintf("ct%d-%d-%d", os.Getpid(), t.worldsMade, n), there: fmt.Sprintf("ct%dw%de%d", os.Getpid()%10000, t.worldsMade%1000, n),
		here: addressIn(t.worldsMade, 4*n+1), ports: map[string]string{}, log: filepath.Join(c.dir, fmt.Sprintf("place-%d.log", n))}
	c.onClose(p.clear)
	if err := p.build(ctx, addressIn(t.worldsMade, 4*n+2)); err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	for _, node := range c.nodes {
		if err := p.reach(c, node.Client); err != nil {
			return nil, err
		}
	}
	var inside []tunnel
	for _, url := range []string{gateway, c.smokeball.base, c.signIn.server.URL} {
		to := strings.TrimPrefix(url, "http://")
		file := filepath.Join(c.dir, fmt.Sprintf("%d-%s.sock", n, to[strings.LastIndex(to, ":")+1:]))
		if err := c.carry(tunnel{"unix", file, "tcp", to}); err != nil {
			return nil, err
		}
		inside = append(inside, tunnel{"tcp", to, "unix", file})
	}
	file := filepath.Join(c.dir, fmt.Sprintf("%d-engine.sock", n))
	if err := c.carry(tunnel{"tcp", address, "unix", file}); err != nil {
		return nil, err
	}
	return p, p.carryInside(c, append(inside, tunnel{"unix", file, "tcp", address}))
}

// addressIn is an address in a network that no other campaign on this machine has at the
// same time.
func addressIn(world, host int) string {
	pid := os.Getpid()
	return fmt.Sprintf("10.%d.%d.%d", 64+pid%64, (pid/64+world)%250, host)
}

// build makes the namespace and the pair of interfaces that leads to the cluster.
func (p *place) build(ctx context.Context, inside string) error {
	for _, args := range []string{
		"netns add " + p.name,
		"-n " + p.name + " link set lo up",
		"link add " + p.there + " type veth peer name cluster netns " + p.name,
		"addr add " + p.here + "/30 dev " + p.there,
		"link set " + p.there + " up",
		"-n " + p.name + " addr add " + inside + "/30 dev cluster",
		"-n " + p.name + " link set cluster up",
	} {
		if err := ip(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

// reach lets the engine reach a node from its namespace.
func (p *place) reach(c *cluster, node string) error {
	l, err := net.Listen("tcp", p.here+":0")
	if err != nil {
		return fmt.Errorf("let an engine reach a node: %w", err)
	}
	c.onClose(func() { _ = l.Close() })
	p.ports[node] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	go serveTunnel(l, "tcp", node)
	return nil
}

// carryInside carries connections in the namespace, in a process of its own.
func (p *place) carryInside(c *cluster, list []tunnel) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	told, err := json.Marshal(list)
	if err != nil {
		return err
	}
	carrier, err := p.start(p.log, nil, self, tunnelCommand, string(told))
	if err == nil {
		c.beside = append(c.beside, carrier)
	}
	return err
}

// start starts a program at the place. It changes the network namespace only: "ip netns exec"
// makes a mount namespace too, and its copies of the mounts keep file systems of other
// campaigns from being unmounted.
func (p *place) start(log string, env map[string]string, path string, args ...string) (*process, error) {
	if p.name == "" {
		return start(log, env, path, args...)
	}
	return start(log, env, "nsenter", append([]string{"--net=/run/netns/" + p.name, "--", path}, args...)...)
}

// nats is where the engine finds the cluster.
func (p *place) nats(nodes []*node) string {
	if p.name == "" {
		return addresses(nodes)
	}
	var list []string
	for _, n := range nodes {
		list = append(list, "nats://"+p.here+":"+p.ports[n.Client])
	}
	return strings.Join(list, ",")
}

// cut parts the place from the cluster; join ends that.
func (p *place) cut(ctx context.Context) error  { return ip(ctx, "link set "+p.there+" down") }
func (p *place) join(ctx context.Context) error { return ip(ctx, "link set "+p.there+" up") }

// clear takes the namespace away, and the interfaces with it.
func (p *place) clear() { _ = ip(context.Background(), "netns del "+p.name) }

func ip(ctx context.Context, args string) error {
	if out, err := exec.CommandContext(ctx, "ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", args, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// carry carries connections in this process for as long as the world lives.
func (w *world) carry(t tunnel) error {
	l, err := net.Listen(t.FromNetwork, t.From)
	if err != nil {
		return fmt.Errorf("carry connections: %w", err)
	}
	w.onClose(func() { _ = l.Close() })
	go serveTunnel(l, t.ToNetwork, t.To)
	return nil
}

var errCarrierEnded = errors.New("nothing is carried any more")

// runTunnels carries connections until it is killed.
func runTunnels(told string) error {
	var list []tunnel
	if err := json.Unmarshal([]byte(told), &list); err != nil {
		return fmt.Errorf("read what is to be carried: %w", err)
	}
	var all sync.WaitGroup
	for _, t := range list {
		l, err := net.Listen(t.FromNetwork, t.From)
		if err != nil {
			return fmt.Errorf("carry connections: %w", err)
		}
		all.Go(func() { serveTunnel(l, t.ToNetwork, t.To) })
	}
	all.Wait()
	return errCarrierEnded
}

// serveTunnel carries each connection that l takes on to an address.
func serveTunnel(l net.Listener, network, to string) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			on, err := net.Dial(network, to)
			if err != nil {
				return // nobody is there: who asked finds its connection closed
			}
			defer on.Close()
			go func() { _, _ = io.Copy(on, from); _ = on.Close() }()
			_, _ = io.Copy(from, on)
		}()
	}
}
