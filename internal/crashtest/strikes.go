package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What is promised of several engines. An entry of the lease lives for 15 seconds, and the
// others ask for it every three.
const takesOverWithin = 20 * time.Second

// cyclesOfCluster is how many cycles a world of several engines has.
const cyclesOfCluster = 12

// strikes is what a campaign against clusters has seen.
type strikes struct {
	deck                    []int
	count                   map[string]int
	takeover, handover, end time.Duration // the longest
}

// strike brings one process of a cluster down, or to a standstill, and up again.
type strike struct {
	name string
	do   func(*strikes, context.Context, *trial, *cluster) error
}

func allStrikes() []strike {
	return []strike{{"SIGKILL of an engine", (*strikes).killEngine}, {"SIGKILL of a NATS node", (*strikes).killNode},
		{"SIGSTOP of the leading engine until another one leads", (*strikes).freezeLeader}, {"SIGTERM of an engine", (*strikes).stopEngine},
		{"SIGSTOP of a NATS node for a while", (*strikes).freezeNode}}
}

// strikeCluster strikes at cluster after cluster under load.
func strikeCluster(ctx context.Context, t *trial) error {
	s := &strikes{count: map[string]int{}}
	var c *cluster
	open := func(ctx context.Context) (w *world, err error) {
		if c, err = t.newCluster(ctx); c == nil {
			return nil, err
		}
		return c.world, err
	}
	err := t.worlds(ctx, open, func(ctx context.Context, _ *world) error { return t.inCluster(ctx, c, s) })
	for _, k := range allStrikes() {
		t.note("%d of %s", s.count[k.name], k.name)
	}
	t.note("longest until another engine led: %s after SIGTERM of the leading one", took(s.handover))
	t.judge("one SIGTERM", s.end, stopsWithin)
	t.judgeTakeover(s.takeover)
	return err
}

// inCluster runs the cycles of one cluster, works all off and counts.
func (t *trial) inCluster(ctx context.Context, c *cluster, s *strikes) error {
	if err := c.answerLate(ctx); err != nil {
		return err
	}
	c.load.start(ctx)
	for n := 0; n < cyclesOfCluster && t.cycles < t.planned && t.mayBegin(ctx); n++ {
		t.cycles++
		if err := errors.Join(s.next(ctx, t, c), t.glance(ctx, c)); err != nil {
			return err
		}
	}
	err := t.settleCluster(ctx, c)
	t.say("%s: %d cycles; in this world %d effects in Smokeball, %d in the ledger\n", t.name, t.cycles, c.smokeballHas, c.ledgerHas)
	return err
}

// draw draws each strike once before any comes again; the last one in the long form only,
// because it takes longest.
func (s *strikes) draw(t *trial) strike {
	if len(s.deck) == 0 && t.short {
		s.deck = t.chance.Perm(len(allStrikes()) - 1)
	} else if len(s.deck) == 0 {
		s.deck = t.chance.Perm(len(allStrikes()))
	}
	k := allStrikes()[s.deck[0]]
	s.deck = s.deck[1:]
	return k
}

// next does what is drawn next.
func (s *strikes) next(ctx context.Context, t *trial, c *cluster) error {
	k := s.draw(t)
	s.count[k.name]++
	if err := moment(ctx, t.between(0, time.Second)); err != nil {
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

// killEngine kills an engine. Where it led it comes back at once, or else, every second time
// of the long form, when another one leads.
func (s *strikes) killEngine(ctx context.Context, t *trial, c *cluster) error {
	e := c.engines[t.chance.IntN(len(c.engines))]
	led, wait := c.leader(ctx) == e, t.chance.IntN(2) == 0 && !t.short
	began := time.Now()
	e.process.kill()
	if led && wait {
		if _, err := c.led(ctx, e); err != nil {
			return err
		}
		s.takeover = max(s.takeover, time.Since(began))
	}
	return c.backSoon(ctx, t, e)
}

// backSoon starts an engine that is down again after a moment.
func (c *cluster) backSoon(ctx context.Context, t *trial, e *seat) error {
	if err := moment(ctx, t.between(0, time.Second)); err != nil {
		return err
	}
	if err := c.launchSeat(t, e); err != nil {
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
	if err := moment(ctx, t.between(0, 5*time.Second)); err != nil {
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
	if _, err := c.led(ctx, e); err != nil {
		return err
	}
	s.takeover = max(s.takeover, time.Since(began))
	if err := moment(ctx, t.between(0, 2*time.Second)); err != nil {
		return err
	}
	e.process.thaw()
	return moment(ctx, t.between(0, 2*time.Second))
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
	return moment(ctx, t.between(5*time.Second, 20*time.Second))
}

// stopEngine ends an engine well.
func (s *strikes) stopEngine(ctx context.Context, t *trial, c *cluster) error {
	e := c.engines[t.chance.IntN(len(c.engines))]
	led := c.leader(ctx) == e
	began := time.Now()
	d, err := e.stop(ctx)
	if err != nil {
		return err
	}
	s.end = max(s.end, d)
	if led {
		if _, err := c.led(ctx, e); err != nil {
			return err
		}
		s.handover = max(s.handover, time.Since(began))
	}
	return c.backSoon(ctx, t, e)
}

// moment is over after d.
func moment(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errOver)
	defer cancel()
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, errOver) {
		return err
	}
	return nil
}

var errOver = errors.New("it is over")

func (t *trial) judgeTakeover(longest time.Duration) {
	promised := takesOverWithin
	t.note("longest until another engine led after SIGKILL or SIGSTOP: %s; %s are promised", took(longest), promised)
	if t.short {
		promised *= tolerance
	}
	if longest > promised {
		t.fault("another engine took over after %s only", took(longest))
	}
}
