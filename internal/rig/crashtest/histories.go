package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// historiesCampaign is the name of the campaign.
const historiesCampaign = "histories"

// histories is the campaign under way: ledgers, clients that come and go, and what they were
// answered.
type histories struct {
	*trial
	dir       string
	nodes     []*node
	processes []*process // of the nodes and the clients
	started   int        // processes of clients
	sum       struct{ histories, operations, unanswered, conflicts, stale, baseless int }
	struck    map[string]int
	disturbed bool // a node was struck in this cycle
}

// recordHistories lets clients read and append, kills them and the NATS nodes under them, and
// checks that what all of them were answered has an order: each operation took place at one moment
// between its call and its return (linearizability).
func recordHistories(ctx context.Context, t *trial) (err error) {
	t.uncounted = true
	h := &histories{trial: t, struck: map[string]int{}}
	if h.dir, err = os.MkdirTemp(t.dir, "histories-"); err != nil {
		return err
	}
	defer func() {
		for _, p := range h.processes {
			p.kill()
		}
	}()
	for t.cycles < t.planned && t.mayBegin(ctx) {
		t.cycles++
		h.disturbed = false
		one := h.onOneMachine
		if t.cycles%2 == 0 {
			one = h.onACluster
		}
		if err := one(ctx); err != nil {
			return err
		}
	}
	t.note("%d histories of %d operations have an order; %d appends had no answer, %d met a conflict", h.sum.histories, h.sum.operations, h.sum.unanswered, h.sum.conflicts)
	t.note("while the leader changed, %d more reads were stale and %d conflicts were with nothing, as the contract allows", h.sum.stale, h.sum.baseless)
	for _, s := range []string{killedClients, killedNode, frozenNode} {
		t.note("%d times %s", h.struck[s], s)
	}
	return nil
}

const (
	killedClients = "SIGKILL of clients at work"
	killedNode    = "SIGKILL of the ledger’s leading NATS node, or of another one"
	frozenNode    = "SIGSTOP of a NATS node"
)

// onOneMachine kills the clients of a bbolt file twice; others go on.
func (h *histories) onOneMachine(ctx context.Context) error {
	of := clients{Cycle: h.cycles, File: filepath.Join(h.dir, fmt.Sprintf("ledger-%d.db", h.cycles))}
	var records []string
	for life := range 3 {
		c, p, err := h.start(of)
		if err != nil {
			return err
		}
		records = append(records, c.Record)
		if life < 2 {
			if err := h.killSoon(ctx, p); err != nil {
				return err
			}
			continue
		}
		if err := h.wait(ctx, c, p); err != nil {
			return err
		}
	}
	return errors.Join(h.judge(ctx, of, records), os.Remove(of.File))
}

// start starts a process of clients.
func (h *histories) start(c clients) (clients, *process, error) {
	self, err := os.Executable()
	if err != nil {
		return c, nil, err
	}
	h.started++
	c.Name, c.Number, c.Seed = fmt.Sprint("p", h.started), h.started*(clientsEach+1), h.chance.Uint64()
	c.Record = filepath.Join(h.dir, c.Name+".jsonl")
	told, err := json.Marshal(c)
	if err != nil {
		return c, nil, err
	}
	p, err := start(c.log(), nil, self, clientsCommand, string(told))
	if err == nil {
		h.processes = append(h.processes, p)
	}
	return c, p, err
}

func (c clients) log() string { return c.Record + ".log" }

// killSoon kills a process of clients while they work.
func (h *histories) killSoon(ctx context.Context, p *process) error {
	if err := retry.Wait(ctx, h.between(20*time.Millisecond, 500*time.Millisecond)); err != nil {
		return err
	}
	p.kill()
	h.struck[killedClients]++
	return nil
}

// wait waits until all clients of a process are done.
func (h *histories) wait(ctx context.Context, c clients, p *process) error {
	if !p.endsWithin(ctx, timeout) {
		return fmt.Errorf("the clients %s come to an end: %w", c.Name, errInVain)
	}
	if p.err != nil {
		return fmt.Errorf("the clients %s: %w; they said %s", c.Name, p.err, lastLine(c.log()))
	}
	return nil
}

// onACluster lets three processes of clients work on one cluster, and strikes them or a node.
func (h *histories) onACluster(ctx context.Context) error {
	if err := h.cluster(ctx); err != nil {
		return err
	}
	of := clients{Cycle: h.cycles, NATS: addresses(h.nodes)}
	l, done, err := of.open(ctx)
	if err != nil {
		return err
	}
	of.After, err = l.Last(ctx)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	var records []string
	at := map[string]*process{}
	for range 3 {
		c, p, err := h.start(of)
		if err != nil {
			return err
		}
		records, at[c.Name] = append(records, c.Record), p
		defer p.kill()
	}
	if err := h.strike(ctx, at); err != nil {
		return err
	}
	for name, p := range at {
		if err := h.wait(ctx, clients{Name: name, Record: filepath.Join(h.dir, name+".jsonl")}, p); err != nil {
			return err
		}
	}
	if err := allWhole(ctx, h.nodes); err != nil {
		return err
	}
	return h.judge(ctx, of, records)
}

// cluster starts the nodes, the first time.
func (h *histories) cluster(ctx context.Context) error {
	if h.nodes != nil {
		return nil
	}
	h.nodes = newNodes(h.trial, h.dir)
	for _, n := range h.nodes {
		if err := h.bringUp(n); err != nil {
			return err
		}
	}
	return allWhole(ctx, h.nodes)
}

func (h *histories) bringUp(n *node) error {
	err := n.launch()
	if err == nil {
		h.processes = append(h.processes, n.process)
	}
	return err
}

// strike does one thing to the cluster or its clients, while they work. Clients that are killed are
// taken off the list.
func (h *histories) strike(ctx context.Context, at map[string]*process) error {
	if err := retry.Wait(ctx, h.between(50*time.Millisecond, time.Second)); err != nil {
		return err
	}
	n := h.nodes[h.chance.IntN(len(h.nodes))]
	switch h.cycles / 2 % 3 {
	case 0:
		for name, p := range at {
			p.kill()
			delete(at, name)
			h.struck[killedClients]++
			return nil
		}
	case 1:
		n.process.kill()
		h.struck[killedNode]++
		h.disturbed = true
		if err := retry.Wait(ctx, h.between(0, 2*time.Second)); err != nil {
			return err
		}
		return h.bringUp(n)
	default:
		if err := n.process.freeze(ctx); err != nil {
			return err
		}
		h.struck[frozenNode]++
		h.disturbed = true
		defer n.process.thaw()
		return retry.Wait(ctx, h.between(time.Second, 4*time.Second))
	}
	return nil
}

// judge checks the cycle's history against the ledger as it is now.
func (h *histories) judge(ctx context.Context, of clients, records []string) error {
	log, err := of.end(ctx)
	if err != nil {
		return err
	}
	var acts []act
	for _, path := range records {
		list, err := actsIn(path)
		if err != nil {
			return err
		}
		acts = append(acts, list...)
	}
	for _, a := range acts {
		switch {
		case a.Kind == appends && a.Result == unsure:
			h.sum.unanswered++
		case a.Result == conflict:
			h.sum.conflicts++
		}
	}
	if len(log) == 0 {
		return fmt.Errorf("the clients append something: %w", errInVain)
	}
	j := judge(acts, log, circumstances{cluster: of.NATS != "", changes: h.disturbed})
	h.sum.histories, h.sum.operations = h.sum.histories+1, h.sum.operations+len(j.operations)
	h.sum.stale, h.sum.baseless = h.sum.stale+j.stale, h.sum.baseless+j.baseless
	for _, fault := range j.linearizable(filepath.Join(os.TempDir(), fmt.Sprintf("crashtest-history-%d-%d.html", h.seed, h.cycles))) {
		h.fault("%s", fault)
	}
	return nil
}

// end is the log of the cycle when no client works.
func (c clients) end(ctx context.Context) (log []logged, err error) {
	l, done, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	last, err := l.Last(ctx)
	if err != nil || last == c.After {
		return nil, err
	}
	for env, err := range l.Tail(ctx, c.After) {
		if err != nil {
			return nil, err
		}
		log = append(log, logged{env.Stream.String(), idOf(env)})
		if env.Seq == last {
			break
		}
	}
	return log, nil
}

// actsIn reads a record. A last line that is cut off tells of a call that was not made, or of a
// return that the killed process did not see.
func actsIn(path string) (acts []act, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // killed before it began
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	place := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			break
		}
		i, begun := place[e.Of]
		if !begun {
			i = len(acts)
			place[e.Of], acts = i, append(acts, act{})
		}
		acts[i] = e.Act
	}
	return acts, lines.Err()
}
