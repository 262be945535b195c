package domain

import (
	"math"
	"time"
)

// BulkPace is how fast a bulk sync got on lately: by calls that its matters were estimated to take,
// so that it does not matter whether they really take more or fewer. It measures between two
// outcomes without an interruption: what it takes until the first one is no pace.
type BulkPace struct {
	Calls   float64 `json:"calls,omitempty"`   // by which it got on; what is long ago counts less
	Seconds float64 `json:"seconds,omitempty"` // that this took

	From time.Time `json:"from,omitzero"`  // up to when it was measured; zero: the next outcome is the first
	Gone int       `json:"gone,omitempty"` // calls at that time
}

const (
	// lately is the least time that counts as such. Of a long bulk sync it is the last tenth: the rest
	// is as long, and what fluctuates evens out.
	lately = 20 * time.Second
	// stands is the time without an outcome after which it is not known how long the rest takes.
	stands = time.Minute
)

// interrupted is the pace where nobody works on the bulk sync until its next outcome.
func (s BulkPace) interrupted() BulkPace {
	s.From = time.Time{}
	return s
}

// measure adds what p got on by since the last outcome.
func (s BulkPace) measure(p BulkProgress, at time.Time) BulkPace {
	_, through := p.calls()
	gone := through + p.Ahead
	span := at.Sub(s.From)
	held := span > stands && s.Seconds > 0
	if !s.From.IsZero() && !held && gone > s.Gone { // else it passed over matters that take no calls
		kept := math.Exp(-span.Seconds() / max(lately, p.running()/10).Seconds())
		s.Calls = s.Calls*kept + float64(gone-s.Gone)
		s.Seconds = s.Seconds*kept + span.Seconds()
	}
	s.From, s.Gone = at, gone
	return s
}

// perCall is how many seconds it gets on by a call in. Until that is measured the allowance, in
// calls a second, counts for what is missing.
func (p BulkProgress) perCall(rate float64) (s float64, ok bool) {
	all, through := p.calls()
	calls, within := p.Pace.Calls, p.Pace.Seconds
	if within == 0 {
		calls, within = float64(through), p.running().Seconds()
	}
	if calls == 0 {
		within = 0
	}
	if missing := min(float64(all)/20, 5*rate) - calls; missing > 0 {
		calls, within = calls+missing, within+missing/rate
	}
	if calls == 0 {
		return 0, false
	}
	return within / calls, true
}

// Left is how long the rest takes at the pace of late; ok is false where that is not known. From
// the last call to the last outcome it takes as long as what is called is ahead of what has an
// outcome. While the last matters are on their way, with about as many calls still to make, those
// that take none are looked at.
func (p BulkProgress) Left(now time.Time, rate float64) (left time.Duration, ok bool) {
	switch {
	case p.Status.Over():
		return 0, true
	case p.Status == BulkEstimating:
		return 0, false
	case p.Status == BulkRunning && now.Sub(p.Counted) > stands:
		return 0, false // what it takes is waited for: a connection, Smokeball, live work
	}
	each, known := p.perCall(rate)
	all, through := p.calls()
	flying := min(2*p.Ahead, all-through)
	if all > through && !known {
		return 0, false
	}
	left = seconds(each * float64(all-through-flying))
	left += max(seconds(each*float64(flying)), time.Duration(p.Without-p.Looked)*p.Estimate.Each)
	if p.Status == BulkRunning {
		left -= now.Sub(p.Counted)
	}
	return max(left, 0), true
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
