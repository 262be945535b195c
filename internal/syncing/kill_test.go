package syncing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// moment is where in an operation the process is killed.
type moment string

// The moments. An answer that arrives and is not recorded is a kill before the append
// that follows the call.
const (
	beforeAppend moment = "before the append"
	afterAppend  moment = "after the append"
	beforeCall   moment = "before the call"
	onItsWay     moment = "with the call on its way" // it arrives when the process is long gone
	afterCall    moment = "sent, without an answer"
	halfUpload   moment = "with half of the upload sent"
)

// late is how much later a call on its way arrives. With the slowest call of bad weather (25 s)
// and the time until its effect shows (1.5 s) it stays within what the engine waits.
const late = 2 * time.Second

func (m moment) isAppend() bool { return m == beforeAppend || m == afterAppend }

var errKilled = errors.New("the process is gone")

// life is the life of an engine that ends at a moment of its n-th operation of a kind.
type life struct {
	mu   sync.Mutex
	ends moment
	n    int // operations of the kind until the end; below 1: it goes on for ever
	done int // operations of the kind so far
	cut  int // writes of which an intent may be on record, and that were not sent because it was over
	over bool
	dead chan struct{}
}

func newLife(ends moment, n int) *life { return &life{ends: ends, n: n, dead: make(chan struct{})} }

// passes counts an operation and tells whether it is the last one; alive is false where
// the process was gone before.
func (l *life) passes(counts bool) (last, alive bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false, false
	}
	if counts {
		l.done++
	}
	return counts && l.done == l.n, true
}

func (l *life) die() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.over = true
		close(l.dead)
	}
}

// cuts counts a call that is not sent.
func (l *life) cuts(r *http.Request) {
	if r.Method != http.MethodGet {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.cut++
	}
}

func (l *life) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

func (l *life) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done
}

// mortal is the ledger as a process sees it that will be killed.
type mortal struct {
	eventstore.Store
	*life
}

// Append appends, or dies before or after it did.
func (m mortal) Append(ctx context.Context, c eventstore.Commit) (eventstore.Head, error) {
	last, alive := m.passes(m.ends.isAppend())
	if !alive {
		return eventstore.Head{}, errKilled
	}
	if last && m.ends == beforeAppend {
		m.die()
		return eventstore.Head{}, errKilled
	}
	head, err := m.Store.Append(ctx, c)
	if last {
		m.die()
		return eventstore.Head{}, errKilled
	}
	return head, err
}

// network is the wire as a process sees it that will be killed.
type network struct {
	http.RoundTripper
	*life
	later *sync.WaitGroup
}

// RoundTrip makes the call, or dies before, while or after it did.
func (w network) RoundTrip(r *http.Request) (*http.Response, error) {
	upload := r.Method == http.MethodPut && r.Header.Get("Authorization") == ""
	last, alive := w.passes(!w.ends.isAppend() && (upload || w.ends != halfUpload))
	if !alive {
		w.cuts(r)
		return nil, errKilled
	}
	if !last {
		return w.RoundTripper.RoundTrip(r)
	}
	defer w.die()
	switch w.ends {
	case onItsWay:
		r = whole(r)
		w.later.Go(func() {
			time.Sleep(late)
			w.send(r)
		})
	case halfUpload:
		r.Body = io.NopCloser(io.LimitReader(r.Body, r.ContentLength/2))
		w.send(r)
	case afterCall:
		w.send(r)
	}
	return nil, errKilled
}

// send makes a call whose answer nobody hears.
func (w network) send(r *http.Request) {
	if answer, err := w.RoundTripper.RoundTrip(r); err == nil {
		_ = answer.Body.Close()
	}
}

// whole is the request with its body in memory: its sender will be gone.
func whole(r *http.Request) *http.Request {
	out := r.Clone(context.WithoutCancel(r.Context()))
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body) // of a document in the spool, or in memory
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	return out
}

// startMortal starts an engine that lives as long as l.
func (o *office) startMortal(l *life, later *sync.WaitGroup) {
	o.Helper()
	o.engine = &engine{wakes: &syncing.Notifier{}}
	o.wire(mortal{o.ledger, l}, network{o.sim.Transport(), l, later})
}

// survives tells the events to an engine until it is killed or has nothing left to do,
// and reports whether it survived: what it does at this moment it has done.
func (o *office) survives(l *life, events []domain.CaseHugEvent) bool {
	o.Helper()
	for _, e := range events {
		if err := o.intake.TakeIn(o.Context(), e); err != nil {
			<-l.dead
			return false
		}
	}
	for {
		at, moved := o.rows.Changes()
		if at >= o.last() && !slices.ContainsFunc(o.rows.Due(), func(d domain.Due) bool { return !held(d) }) {
			synctest.Wait()
			return !l.isDead()
		}
		select {
		case <-moved:
		case <-l.dead:
			return false
		}
	}
}

// killed works through a small practice with an engine that is killed once, then with
// another one, to which CaseHug's events are delivered again. It returns how many
// operations of the kind the first one came to.
func killed(t *testing.T, ends moment, n int, hooks bool) (done int) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 7})
		o.light = true
		o.start()
		o.connect()
		if hooks {
			o.hooks()
		}
		o.stop()
		p := o.newCaseload(2, rand.New(rand.NewPCG(3, 3)))
		var later sync.WaitGroup
		defer later.Wait()
		l := newLife(ends, n)
		o.startMortal(l, &later)
		survived := o.survives(l, p.events)
		if done = l.count(); survived == (n > 0 && done >= n) {
			t.Errorf("after %d operations of %d the engine survived: %v", done, n, survived)
		}
		o.restart()
		o.tell(p.events...)
		p.wants(o)
		if t.Failed() {
			t.Log(o.dump())
		}
	})
	return done
}

// TestKilledAtEveryOperation kills the engine at every moment of every append and every
// call that a small practice takes: each thing is in Smokeball once.
func TestKilledAtEveryOperation(t *testing.T) {
	t.Parallel()
	for _, hooks := range []bool{false, true} {
		for _, ends := range []moment{beforeAppend, afterAppend, beforeCall, onItsWay, afterCall, halfUpload} {
			all := killed(t, ends, 0, hooks)
			step := 1
			if testing.Short() {
				step = 7
			}
			for n := 1; n <= all; n += step {
				t.Run(fmt.Sprintf("%s %d, webhooks %v", ends, n, hooks), func(t *testing.T) {
					t.Parallel()
					killed(t, ends, n, hooks)
				})
			}
		}
	}
}

// TestKilledAgainAndAgain kills engine after engine at random moments in bad weather.
func TestKilledAgainAndAgain(t *testing.T) { eachSeed(t, 6, 4, killedOften) }

func killedOften(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(seed, 11))
		o := newOffice(t, smokeballsim.Config{Seed: seed})
		o.light = true
		o.start()
		o.connect()
		o.hooks()
		o.stop()
		for _, f := range weather {
			o.fault(f)
		}
		p := o.newCaseload(6, r)
		var later sync.WaitGroup
		defer later.Wait()
		moments := []moment{beforeAppend, afterAppend, beforeCall, onItsWay, afterCall, halfUpload}
		for survived := false; !survived; {
			l := newLife(moments[r.IntN(len(moments))], 1+r.IntN(40))
			o.startMortal(l, &later)
			survived = o.survives(l, p.events)
			o.stop()
		}
		o.start()
		o.tell(p.events...)
		p.wants(o)
		if t.Failed() {
			t.Log(o.dump())
		}
	})
}
