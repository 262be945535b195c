package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// cyclesOfCluster is how many cycles a world of several engines has.
const cyclesOfCluster = 12

// strikes is what a campaign against clusters has seen.
type strikes struct {
	deck  []strike
	count map[string]int
	times takeovers
	end   time.Duration // the longest after SIGTERM
}

// strike brings one process of a cluster down, or to a standstill, and up again.
type strike struct {
	key, name string
	promised  time.Duration // from a strike at the leading engine to the first change by another; 0: it does not lead, or nothing is promised
	slow      bool          // takes longest: in the long form only
	do        func(*strikes, context.Context, *trial, *cluster) error
}

const (
	killedLeader     = "SIGKILL of the leading engine"
	terminatedLeader = "SIGTERM of the leading engine"
	frozenLeader     = "SIGSTOP of the leading engine"
	cutOffLeader     = "the leading engine cut off from the cluster"
)

func allStrikes() []strike {
	return []strike{
		{"kill", killedLeader, killedWithin, false, (*strikes).killLeader},
		{"term", terminatedLeader, terminatedWithin, false, (*strikes).stopLeader},
		{"freeze", frozenLeader, killedWithin, false, (*strikes).freezeLeader},
		{"cut", cutOffLeader, killedWithin, false, (*strikes).cutLeaderOff},
		{"any", "SIGKILL of an engine that comes back at once", 0, false, (*strikes).killAny},
		{"node", "SIGKILL of a NATS node", 0, false, (*strikes).killNode},
		{"hang", "SIGSTOP of a NATS node for a while", 0, true, (*strikes).freezeNode},
	}
}

// chosenStrikes are those that the command line names, in the form that is run.
func (t *trial) chosenStrikes() (list []strike, err error) {
	for _, k := range allStrikes() {
		switch {
		case t.strikes != "" && !slices.Contains(strings.Split(t.strikes, ","), k.key):
		case t.strikes == "" && t.short && k.slow:
		case k.key == "cut" && !mayCutOff():
		default:
			list = append(list, k)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("-strikes is %q; it needs some of %s", t.strikes, strings.Join(strikeKeys(), ", "))
	}
	return list, nil
}

func strikeKeys() (keys []string) {
	for _, k := range allStrikes() {
		keys = append(keys, k.key)
	}
	return keys
}

// strikeCluster strikes at cluster after cluster under load.
func strikeCluster(ctx context.Context, t *trial) error {
	chosen, err := t.chosenStrikes()
	if err != nil {
		return err
	}
	if !mayCutOff() {
		t.note("no engine was cut off from the cluster: %v", errNoNamespaces)
	}
	s := &strikes{count: map[string]int{}, times: takeovers{}}
	var c *cluster
	open := func(ctx context.Context) (w *world, err error) {
		if c, err = t.newCluster(ctx); c == nil {
			return nil, err
		}
		return c.world, err
	}
	err = t.worlds(ctx, open, func(ctx context.Context, _ *world) error { return t.inCluster(ctx, c, s, chosen) })
	for _, k := range chosen {
		t.note("%d of %s", s.count[k.name], k.name)
	}
	t.judge("one SIGTERM", s.end, stopsWithin)
	t.judgeTakeovers(s.times)
	return err
}

// inCluster runs the cycles of one cluster, works all off and counts.
func (t *trial) inCluster(ctx context.Context, c *cluster, s *strikes, chosen []strike) error {
	if err := c.answerLate(ctx); err != nil {
		return err
	}
	c.load.start(ctx)
	if err := c.backlog(ctx); err != nil {
		return err
	}
	for n := 0; n < cyclesOfCluster && t.cycles < t.planned && t.mayBegin(ctx); n++ {
		t.cycles++
		if err := errors.Join(s.next(ctx, t, c, chosen), t.glance(ctx, c)); err != nil {
			return err
		}
	}
	err := t.settleCluster(ctx, c)
	t.say("%s: %d cycles; in this world %d effects in Smokeball, %d in the ledger\n", t.name, t.cycles, c.smokeballHas, c.ledgerHas)
	return err
}

// backlog waits until there is so much to do that some of it hangs on no open intent: what
// the struck engine may have done is looked for first, and its client's other matters wait.
func (c *cluster) backlog(ctx context.Context) error {
	return until(ctx, timeout, "syncs run", func(ctx context.Context) bool {
		n := c.queue(ctx)
		return n > 12 && n < unknown
	})
}

// draw draws each of the chosen strikes once before any comes again.
func (s *strikes) draw(t *trial, chosen []strike) strike {
	if len(s.deck) == 0 {
		s.deck = slices.Clone(chosen)
		t.chance.Shuffle(len(s.deck), func(i, j int) { s.deck[i], s.deck[j] = s.deck[j], s.deck[i] })
	}
	k := s.deck[0]
	s.deck = s.deck[1:]
	return k
}

// next does what is drawn next.
func (s *strikes) next(ctx context.Context, t *trial, c *cluster, chosen []strike) error {
	k := s.draw(t, chosen)
	s.count[k.name]++
	if err := retry.Wait(ctx, t.between(0, 2*time.Second)); err != nil {
		return err
	}
	if err := k.do(s, ctx, t, c); err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	return nil
}

// glance looks at Smokeball and the engines while they work: nothing is there twice, and
// no engine has ended by itself.
func (t *trial) glance(ctx context.Context, c *cluster) error {
	made, _, err := c.has(ctx)
	if err != nil {
		return err
	}
	t.count(&t.doubled, "twice in Smokeball", made.doubled())
	return c.allReady(ctx)
}

// killLeader kills the leading engine, which comes back when another one has changed
// something in Smokeball.
func (s *strikes) killLeader(ctx context.Context, t *trial, c *cluster) error {
	e, err := c.led(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	e.process.kill()
	if err := s.time(ctx, t, c, killedLeader, e, began); err != nil {
		return err
	}
	return c.backSoon(ctx, t, e)
}

// time measures a takeover.
func (s *strikes) time(ctx context.Context, t *trial, c *cluster, kind string, struck *clusterEngine, began time.Time) error {
	o, err := c.tookOver(ctx, struck, began)
	if err != nil {
		return err
	}
	s.times.add(kind, o)
	t.say("%s, cycle %d, %s: %s at %s: another engine led after %s and wrote after %s; before: %q\n", t.name, t.cycles,
		began.UTC().Format("15:04:05.000"), kind, struck.name, took(o.leads), took(o.writes), o.before)
	return nil
}

// killAny kills an engine that comes back at once.
func (s *strikes) killAny(ctx context.Context, t *trial, c *cluster) error {
	e := c.engines[t.chance.IntN(len(c.engines))]
	e.process.kill()
	return c.backSoon(ctx, t, e)
}

// backSoon starts an engine that is down again after a moment.
func (c *cluster) backSoon(ctx context.Context, t *trial, e *clusterEngine) error {
	if err := retry.Wait(ctx, t.between(0, time.Second)); err != nil {
		return err
	}
	if err := c.launchEngine(t, e); err != nil {
		return err
	}
	return e.ready(ctx)
}

// killNode kills one NATS node when the other two have all that it has.
func (s *strikes) killNode(ctx context.Context, t *trial, c *cluster) error {
	if err := allWhole(ctx, c.nodes); err != nil {
		return err
	}
	n := c.nodes[t.chance.IntN(len(c.nodes))]
	n.process.kill()
	if err := retry.Wait(ctx, t.between(0, 5*time.Second)); err != nil {
		return err
	}
	return c.bringUp(n)
}

// freezeLeader stops the leading engine in the middle of its work until another one leads,
// and lets it go on then beside that one.
func (s *strikes) freezeLeader(ctx context.Context, t *trial, c *cluster) error {
	e, err := c.led(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := e.process.freeze(ctx); err != nil {
		return err
	}
	defer e.process.thaw()
	if err := s.time(ctx, t, c, frozenLeader, e, began); err != nil {
		return err
	}
	if err := retry.Wait(ctx, t.between(0, 2*time.Second)); err != nil {
		return err
	}
	e.process.thaw()
	return retry.Wait(ctx, t.between(0, 2*time.Second))
}

// cutLeaderOff parts the leading engine from the cluster, not from Smokeball, until another
// one has changed something there, and joins it again.
func (s *strikes) cutLeaderOff(ctx context.Context, t *trial, c *cluster) error {
	e, err := c.led(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := e.place.cut(ctx); err != nil {
		return err
	}
	if err := errors.Join(s.time(ctx, t, c, cutOffLeader, e, began), retry.Wait(ctx, t.between(0, 10*time.Second)), e.place.join(ctx)); err != nil {
		return err
	}
	return e.ready(ctx)
}

// freezeNode lets one NATS node hang, so that who is connected to it hears nothing, when
// the other two have all that it has.
func (s *strikes) freezeNode(ctx context.Context, t *trial, c *cluster) error {
	if err := allWhole(ctx, c.nodes); err != nil {
		return err
	}
	n := c.nodes[t.chance.IntN(len(c.nodes))]
	if err := n.process.freeze(ctx); err != nil {
		return err
	}
	defer n.process.thaw()
	return retry.Wait(ctx, t.between(5*time.Second, 20*time.Second))
}

// stopLeader ends the leading engine well.
func (s *strikes) stopLeader(ctx context.Context, t *trial, c *cluster) error {
	e, err := c.led(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	e.process.terminate()
	if err := s.time(ctx, t, c, terminatedLeader, e, began); err != nil {
		return err
	}
	if err := e.process.endsWell(ctx, e.log()); err != nil {
		return fmt.Errorf("engine %s: %w", e.name, err)
	}
	s.end = max(s.end, time.Since(began))
	return c.backSoon(ctx, t, e)
}
