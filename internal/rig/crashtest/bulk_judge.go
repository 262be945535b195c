package main

import (
	"math"
	"time"
)

// sample is the remaining time that a bulk sync foretold.
type sample struct {
	at   time.Time
	part float64 // of the matters had their outcome
	left time.Duration
}

// curve is what a bulk sync foretold, oldest first.
type curve []sample

func (c *curve) add(at time.Time, part float64, left time.Duration) {
	*c = append(*c, sample{at, part, left})
}

// span is a time without an engine.
type span struct{ from, to time.Time }

// outages are the times without an engine, oldest first.
type outages []span

// after is how much of them came after a time.
func (o outages) after(t time.Time) (sum time.Duration) {
	for _, s := range o {
		if s.to.After(t) {
			sum += s.to.Sub(latest(s.from, t))
		}
	}
	return sum
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// foretold compares what was foretold with the real end.
type foretold struct {
	part   float64 // of the first sample after a tenth
	left   time.Duration
	miss   float64 // by what the remaining time was wrong there, as a part of the real one
	worst  float64 // the largest such error from there until nine tenths
	ofAll  float64 // the largest difference of a foretold end and the real one from there on, as a part of the whole time
	beyond int     // samples until nine tenths that were wrong by more than a tenth, and by a second: they are in whole ones
	of     int
}

// against judges the curve of a bulk sync that began and ended at these times. That an engine is
// killed nobody foretells: the time without one is not among what was to go.
func (c curve) against(began, ended time.Time, down outages) (f foretold) {
	for _, s := range c {
		if s.part < 0.1 || !s.at.Before(ended) {
			continue
		}
		real := ended.Sub(s.at) - down.after(s.at)
		off := s.left - real
		miss := off.Seconds() / real.Seconds()
		if f.left == 0 {
			f.part, f.left, f.miss = s.part, s.left, miss
		}
		f.ofAll = max(f.ofAll, math.Abs(off.Seconds())/ended.Sub(began).Seconds())
		if s.part > 0.9 {
			continue
		}
		f.of++
		f.worst = max(f.worst, math.Abs(miss))
		if math.Abs(miss) > etaWrongBy && off.Abs() > time.Second {
			f.beyond++
		}
	}
	return f
}

// What is promised of a bulk sync of new matters of new clients.
const (
	callsEach  = 2.1
	callsAKill = 100 // at most: the account is read again, and what was under way is looked for
	// callsEachFrom is how many matters are so many that what the kills cost does not count.
	callsEachFrom = 5000
	writesLive    = 2
	callsLive     = 4 // of a sync of a new matter with a new client that is no part of a bulk sync
	etaWrongBy    = 0.1
	callsBefore   = 2
)

// judge notes what was measured. What depends on a machine with nothing else to do is a fault in
// the long form only.
func (b *bulkRun) judge(made calls) {
	s := b.status
	whole := s.Finished.Sub(s.Started)
	bulks := made.all - callsLive*len(b.asked)
	each := float64(bulks) / float64(b.planned)
	b.note("%d matters in %s, killed %d times (%s without an engine): %.3f calls each, of which %.3f write; %.1f %% of the allowance used, %d answers 429",
		s.Total, took(whole), b.kills, took(b.down.after(s.Started)), each, float64(made.writes-writesLive*len(b.asked))/float64(b.planned), 100*float64(made.all)/whole.Seconds()/bulkAllowance, made.tooMany)
	b.note("it counted %d calls of %d estimated; Smokeball met %d, of which %d syncs beside it made %d each", s.Calls.Made, s.Calls.Estimated, made.all, len(b.asked), callsLive)
	f := b.curve.against(s.Started, *s.Finished, b.down)
	b.note("after %.0f %% of the matters %s were to go, wrong by %+.1f %%; until 90 %% wrong by at most %.1f %%, and in %d of %d looks by more than 10 %% and a second; the foretold end was off by at most %.1f %% of the whole time",
		100*f.part, f.left, 100*f.miss, 100*f.worst, f.beyond, f.of, 100*f.ofAll)
	if s.Done+s.Skipped != b.planned || s.Status != "done" {
		b.fault("the bulk sync ended as %+v", s)
	}
	if b.kills != killsWanted {
		b.fault("it was over when the engine was killed %d times", b.kills)
	}
	b.judgeLive()
	if b.short {
		return
	}
	if made.tooMany > 0 {
		b.fault("%d calls met a 429", made.tooMany)
	}
	if most := callsEach*float64(b.planned) + float64(callsAKill*b.kills); float64(bulks) > most {
		b.fault("%d matters took %d calls, %.3f each; at most %.1f each are promised, and %d for each kill", b.planned, bulks, each, callsEach, callsAKill)
	}
	if b.planned >= callsEachFrom && each > callsEach {
		b.fault("a matter took %.3f calls; of %d matters at most %.1f each are promised", each, b.planned, callsEach)
	}
	if math.Abs(f.miss) > etaWrongBy {
		b.fault("the remaining time was wrong by %.1f %% after a tenth", 100*f.miss)
	}
}

// judgeLive notes how long live work waited.
func (b *bulkRun) judgeLive() {
	for _, kind := range []struct {
		name, firm string
		clicked    bool
	}{{"another firm’s event", otherFirm, false}, {"another firm’s click", otherFirm, true}, {"an event of the same firm", firm, false}, {"a click in the same firm", firm, true}} {
		var list []wait
		for _, l := range b.waits {
			if l.firm == kind.firm && l.clicked == kind.clicked {
				list = append(list, l)
			}
		}
		if len(list) == 0 {
			continue
		}
		w := figures(list)
		b.note("%s: %s", kind.name, w)
		if passed := w.passed[len(w.passed)/2]; passed > callsBefore && !b.short {
			b.fault("%s: %d calls came before its first one, at the median", kind.name, passed)
		}
	}
}
