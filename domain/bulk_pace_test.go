package domain_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// course is how a bulk sync goes: an engine that has a number of syncs on their way, an allowance, a
// Smokeball that takes its time, and what comes between.
type course struct {
	calls  []int // that each matter takes
	window int
	rate   float64                         // calls a second
	share  func(part float64) float64      // of it that is left by live work, after a part of the calls; nil: all
	answer time.Duration                   // of Smokeball, to each call
	look   time.Duration                   // at a matter
	stops  []stop                          // by the part of the calls that is made
	asks   func(matter int) (estimate int) // nil: as many as it takes
}

// stop is a time in which nobody works, or nobody may.
type stop struct {
	part   float64
	lasts  time.Duration
	pauses bool // a person paused it; else the engine was killed
}

func newMatters(n int) (calls []int) {
	for range n {
		calls = append(calls, 2)
	}
	return calls
}

// going is a course under way, in steps of ten milliseconds.
type going struct {
	course
	p        domain.BulkProgress
	now      time.Time
	tokens   float64
	first    int // matter that is not done
	next     int // matter that is not begun
	busy     time.Time
	flying   map[int]*journey
	results  domain.BulkAdvanced
	flushed  time.Time
	made     int // calls
	all      int
	idle     time.Duration // in which nobody works
	foretold []glance
}

type journey struct {
	made, left int
	free       time.Time // when its call is answered, or what it made is seen
	confirms   bool
}

type glance struct {
	at   time.Time
	idle time.Duration
	part float64 // of the calls
	left time.Duration
	ok   bool
}

func (g *going) tell(e domain.Event) { g.p = g.p.Apply(e, g.now) }

func (g *going) estimate(i int) int {
	if g.asks != nil {
		return g.asks(i)
	}
	return g.calls[i]
}

// run goes the whole course.
func (c course) run(t *testing.T) *going {
	t.Helper()
	g := &going{course: c, now: sampleTime, flying: map[int]*journey{}}
	chosen, estimated := domain.BulkMattersChosen{}, domain.BulkEstimated{Each: c.look}
	for i, n := range c.calls {
		chosen.Matters = append(chosen.Matters, domain.BulkMatter{ID: domain.MatterID(fmt.Sprint("m_", i)), Calls: g.estimate(i)})
		estimated.Calls += g.estimate(i)
		g.all += n
	}
	g.tell(domain.BulkStarted{Bulk: "b_1"})
	g.tell(chosen)
	g.tell(estimated)
	g.flushed = g.now
	for steps := 0; g.p.Status != domain.BulkDone; steps++ {
		g.step()
		if steps%50 == 0 {
			left, ok := g.p.Left(g.now, c.rate)
			g.foretold = append(g.foretold, glance{g.now, g.idle, float64(g.made) / float64(g.all), left, ok})
		}
		if steps > 1e6 {
			t.Fatalf("it does not end: %+v", g.p)
		}
	}
	return g
}

const tick = 10 * time.Millisecond

func (g *going) step() {
	g.now = g.now.Add(tick)
	share := 1.0
	if g.share != nil {
		share = g.share(float64(g.made) / float64(g.all))
	}
	g.tokens = min(g.tokens+g.rate*share*tick.Seconds(), 5)
	g.fly()
	for g.next < len(g.calls) && len(g.flying) < g.window && g.busy.Before(g.now.Add(tick)) {
		g.begin(g.next)
		g.next++
	}
	if len(g.stops) > 0 && float64(g.made) >= g.stops[0].part*float64(g.all) {
		g.stop(g.stops[0])
		g.stops = g.stops[1:]
	}
	over := g.next == len(g.calls) && len(g.flying) == 0
	g.flush(over)
	if over {
		g.tell(domain.BulkFinished{Matters: len(g.calls)})
	}
}

func (g *going) begin(i int) {
	if g.estimate(i) == 0 {
		if g.busy.Before(g.now) {
			g.busy = g.now
		}
		g.busy = g.busy.Add(g.look)
		g.results.Looked++
		g.end(i)
		return
	}
	g.flying[i] = &journey{left: g.calls[i]}
}

func (g *going) end(i int) {
	g.results.Outcomes = append(g.results.Outcomes, domain.BulkOutcome{Matter: i, Outcome: domain.BulkSucceeded})
	g.results.Weight += domain.BulkMatter{Calls: g.estimate(i)}.Weight()
}

func (g *going) fly() {
	for g.first < g.next && g.flying[g.first] == nil {
		g.first++
	}
	for i := g.first; i < g.next; i++ {
		f := g.flying[i]
		switch {
		case f == nil || f.free.After(g.now):
		case f.left > 0 && g.tokens >= 1:
			g.tokens--
			g.made++
			g.results.Calls++
			f.made, f.left, f.free = f.made+1, f.left-1, g.now.Add(g.answer)
		case f.left > 0:
		case !f.confirms: // webhooks come after 300 ms to 1.5 s
			f.confirms, f.free = true, g.now.Add(300*time.Millisecond+time.Duration(i*7919%1200)*time.Millisecond)
		default:
			delete(g.flying, i)
			g.end(i)
		}
	}
}

// flush records outcomes as bulk syncs do.
func (g *going) flush(all bool) {
	n, most := len(g.results.Outcomes), min(max(20, len(g.calls)/200), 400)
	if n == 0 || !all && g.p.Through > 0 && n < most && g.now.Sub(g.flushed) < 3*time.Second {
		return
	}
	for i, f := range g.flying {
		g.results.Ahead += min(f.made, g.estimate(i))
	}
	g.tell(g.results)
	g.results, g.flushed = domain.BulkAdvanced{}, g.now
}

// stop lets time pass. An engine that is killed leaves what was on its way to the next one, which
// begins by reading the account and by looking for what was under way.
func (g *going) stop(s stop) {
	if s.pauses {
		g.tell(domain.BulkSyncPaused{})
		for end := g.now.Add(2 * time.Second); g.now.Before(end); g.now = g.now.Add(tick) {
			g.idle += tick
			g.fly() // what was on its way ends
		}
		g.flush(true)
	}
	g.now, g.idle, g.busy = g.now.Add(s.lasts), g.idle+s.lasts, time.Time{}
	if s.pauses {
		g.tell(domain.BulkResumed{})
		return
	}
	g.tell(domain.BulkTakenUp{Left: len(g.calls) - g.next})
	for _, f := range g.flying {
		f.made, f.free = 0, g.now.Add(time.Second)
	}
}

// judge compares what was foretold between two parts of the calls with what happened. The time in
// which nobody works is not among what was to go.
func (g *going) judge(t *testing.T, from, to float64) {
	t.Helper()
	looks, wrong, worst := 0, 0, 0.0
	for _, f := range g.foretold {
		if f.part < from || f.part > to {
			continue
		}
		looks++
		real := g.p.Finished.Sub(f.at) - (g.idle - f.idle)
		off := (f.left - real).Seconds()
		worst = max(worst, math.Abs(off)/real.Seconds())
		if !f.ok || math.Abs(off) > max(0.1*real.Seconds(), 1.5) {
			if wrong++; wrong == 1 {
				t.Errorf("after %.0f %% of the calls %s were to go (known: %v); it took %s", 100*f.part, f.left.Round(time.Second/10), f.ok, real.Round(time.Second/10))
			}
		}
	}
	if wrong > 0 || looks == 0 {
		t.Errorf("it was wrong in %d of %d looks, by %.0f %% at most", wrong, looks, 100*worst)
	}
}

// TestWhatIsLeftOfABulkSyncIsKnownFromATenthOn, within a tenth (or a second and a half), until nine tenths are
// done, however it goes.
func TestWhatIsLeftOfABulkSyncIsKnownFromATenthOn(t *testing.T) {
	half := func(n int, same func(i int) bool) (calls []int) {
		for i := range n {
			calls = append(calls, 2)
			if same(i) {
				calls[i] = 0
			}
		}
		return calls
	}
	known := func(n int) (calls []int) { // clients
		for i := range n {
			calls = append(calls, 2-2*i/n)
		}
		return calls
	}
	for name, c := range map[string]course{
		"1,000 matters":                 {calls: newMatters(1000)},
		"10,000 matters":                {calls: newMatters(10000)},
		"at the common allowance":       {calls: newMatters(1000), rate: 5, window: 16},
		"beside live work":              {calls: newMatters(2000), share: func(float64) float64 { return 0.6 }},
		"paused":                        {calls: newMatters(1000), stops: []stop{{0.05, time.Hour, true}, {0.4, time.Minute, true}}},
		"killed twice":                  {calls: newMatters(1000), stops: []stop{{part: 0.05, lasts: 5 * time.Second}, {part: 0.5, lasts: time.Minute}}},
		"every second matter is same":   {calls: half(2000, func(i int) bool { return i%2 == 0 }), look: 2500 * time.Microsecond},
		"the newer half is same":        {calls: half(2000, func(i int) bool { return i < 1000 }), look: 2500 * time.Microsecond},
		"the older half is same":        {calls: half(4000, func(i int) bool { return i >= 2000 }), look: 2500 * time.Microsecond},
		"Smokeball takes 400 ms a call": {calls: newMatters(1000), answer: 400 * time.Millisecond, window: 16},
		"Smokeball takes a second":      {calls: newMatters(1000), answer: time.Second, window: 40},
		"each takes twice the estimate": {calls: newMatters(1000), asks: func(int) int { return 1 }},
		"twice as many calls first":     {calls: known(2000)},
	} {
		t.Run(name, func(t *testing.T) {
			if c.rate == 0 {
				c.rate = 50
			}
			if c.window == 0 {
				c.window = 80
			}
			c.run(t).judge(t, 0.1, 0.9)
		})
	}
}

// TestLiveWorkThatBeginsInBetweenIsSeen within a tenth of the time.
func TestLiveWorkThatBeginsInBetweenIsSeen(t *testing.T) {
	c := course{calls: newMatters(5000), rate: 50, window: 80, share: func(part float64) float64 {
		if part > 0.3 {
			return 0.5
		}
		return 1
	}}
	c.run(t).judge(t, 0.45, 0.9)
}

// bulkAt folds events of which each comes some seconds after the one before.
func bulkAt(p domain.BulkProgress, at time.Time, steps ...any) (domain.BulkProgress, time.Time) {
	for _, s := range steps {
		switch s := s.(type) {
		case time.Duration:
			at = at.Add(s)
		case domain.Event:
			p = p.Apply(s, at)
		}
	}
	return p, at
}

// TestATimeWithoutAnOutcomeIsNoPace, once a pace is known: the first one may take its time.
func TestATimeWithoutAnOutcomeIsNoPace(t *testing.T) {
	p, at := bulkAt(domain.BulkProgress{}, sampleTime, domain.BulkStarted{Bulk: "b_1"}, matters(100), domain.BulkEstimated{Calls: 200})
	measured := func(name string, wait time.Duration, next domain.BulkAdvanced, want float64) {
		t.Helper()
		if p, at = bulkAt(p, at, wait, next); math.Abs(p.Pace.Seconds-want) > 0.01 {
			t.Errorf("%s: %.2f seconds were measured, want %.2f", name, p.Pace.Seconds, want)
		}
		if !p.Pace.From.Equal(at) {
			t.Errorf("%s: the next pace is measured from %s, want %s", name, p.Pace.From, at)
		}
	}
	measured("the first outcome", time.Minute, done(0, 1), 0)
	measured("the second one, late", 2*time.Minute, done(1, 2), 120)
	measured("the third one, late", 2*time.Minute, done(2, 3), 120)
	measured("a minute later", time.Minute, done(3, 4), 60+120*math.Exp(-60.0/36))
}

// TestWhatIsLeftIsNotAlwaysKnown: not while nothing comes of what is called, and not without a pace or an allowance.
func TestWhatIsLeftIsNotAlwaysKnown(t *testing.T) {
	begun, at := bulkAt(domain.BulkProgress{}, sampleTime, domain.BulkStarted{Bulk: "b_1"}, matters(100), domain.BulkEstimated{Calls: 200})
	some, last := bulkAt(begun, at, time.Second, done(0, 10))
	paused, _ := bulkAt(some, last, domain.BulkSyncPaused{})
	none, _ := bulkAt(domain.BulkProgress{}, sampleTime, domain.BulkStarted{Bulk: "b_1"}, domain.BulkMattersChosen{Matters: []domain.BulkMatter{{ID: "m_1"}}}, domain.BulkEstimated{})
	for name, c := range map[string]struct {
		p     domain.BulkProgress
		now   time.Time
		rate  float64
		known bool
	}{
		"a minute after an outcome":         {some, last.Add(time.Minute), 5, true},
		"longer after it":                   {some, last.Add(time.Minute + 1), 5, false},
		"paused for long":                   {paused, last.Add(time.Hour), 5, true},
		"without an allowance":              {begun, at, 0, false},
		"no allowance, and nothing to call": {none, at, 0, true},
	} {
		if left, known := c.p.Left(c.now, c.rate); known != c.known {
			t.Errorf("%s: known is %v (%s)", name, known, left)
		}
	}
}

// TestTheAllowanceStandsInForWhatIsNotMeasured: five seconds of it, or a twentieth of all calls, if that is less.
func TestTheAllowanceStandsInForWhatIsNotMeasured(t *testing.T) {
	p, at := bulkAt(domain.BulkProgress{}, sampleTime, domain.BulkStarted{Bulk: "b_1"}, matters(1000), domain.BulkEstimated{Calls: 2000}, time.Minute, done(0, 1))
	want := (60 + 23.0/5) / 25 * 1998 // two calls a minute, and 23 more at five a second
	if left, ok := p.Left(at, 5); !ok || math.Abs(left.Seconds()-want) > 0.01 {
		t.Errorf("%.2f seconds are left (%v), want %.2f", left.Seconds(), ok, want)
	}
}

// TestNoMoreIsOnItsWayThanIsLeft: where all that is left was called already, it takes as long as its calls.
func TestNoMoreIsOnItsWayThanIsLeft(t *testing.T) {
	last := done(10, 99)
	last.Ahead = 2
	p, at := bulkAt(domain.BulkProgress{}, sampleTime, domain.BulkStarted{Bulk: "b_1"}, matters(100), domain.BulkEstimated{Calls: 200},
		done(0, 10), 30*time.Second, last)
	each := 30.0 / 180 // 178 calls have an outcome since, two more were made
	if left, ok := p.Left(at, 50); !ok || math.Abs(left.Seconds()-2*each) > 0.01 {
		t.Errorf("%.3f seconds are left (%v), want %.3f", left.Seconds(), ok, 2*each)
	}
}

// TestWhatTakesNoCallsIsLookedAtMeanwhile: the last calls and the looks take as long as the longer of them.
func TestWhatTakesNoCallsIsLookedAtMeanwhile(t *testing.T) {
	chosen := matters(100)
	for range 10 {
		chosen.Matters = append(chosen.Matters, domain.BulkMatter{ID: "m"})
	}
	last := done(10, 99)
	last.Ahead = 2
	p, at := bulkAt(domain.BulkProgress{}, sampleTime, domain.BulkStarted{Bulk: "b_1"}, chosen, domain.BulkEstimated{Calls: 200, Each: 50 * time.Millisecond},
		done(0, 10), 30*time.Second, last)
	if left, ok := p.Left(at, 50); !ok || left != 500*time.Millisecond {
		t.Errorf("%s are left (%v), want what ten looks take", left, ok)
	}
}
