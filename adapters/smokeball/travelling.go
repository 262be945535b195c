package smokeball

import (
	"slices"
	"time"
)

// travelsFor is how long a call counts as one that Smokeball may not have counted yet. A call
// that hangs longer holds nobody up.
const travelsFor = time.Second

// travelling are the calls that were sent and are not answered. Where Smokeball, or the way to it,
// stands still for a moment, they arrive together: so there are never more of them than its
// burst takes, beside those that are usual at its pace.
type travelling struct {
	sent  []time.Time   // the oldest first
	usual time.Duration // half of the calls are answered sooner
}

func (t *travelling) add(at time.Time) { t.sent = append(t.sent, at) }

// answered takes out a call that was sent at a time.
func (t *travelling) answered(at, now time.Time) {
	if i := slices.IndexFunc(t.sent, at.Equal); i >= 0 {
		t.sent = slices.Delete(t.sent, i, i+1)
	}
	t.learn(now.Sub(at))
}

// learn moves usual a step towards what a call took, so that it stays near the median: a moment in
// which nothing is answered moves it little.
func (t *travelling) learn(took time.Duration) {
	step := max(t.usual/8, time.Millisecond)
	t.usual += min(max(took-t.usual, -step), step)
}

// count is how many calls travel.
func (t *travelling) count(now time.Time) int {
	for i, at := range t.sent {
		if now.Sub(at) < travelsFor {
			return len(t.sent) - i
		}
	}
	return 0
}

// may reports whether one more may travel beside so many that may arrive together, at a pace; if
// not, wait is how long at most.
func (t *travelling) may(now time.Time, together int, perSecond float64) (wait time.Duration, ok bool) {
	n := t.count(now)
	if n == 0 || n < together+int(t.usual.Seconds()*perSecond) {
		return 0, true
	}
	return t.sent[len(t.sent)-n].Add(travelsFor).Sub(now), false
}
