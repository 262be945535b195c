package smokeball

import (
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// pauses is how long the limiter pauses after a 429: never less than a second.
var pauses = retry.Backoff{First: time.Second * 4 / 3, Limit: 8 * time.Second * 4 / 3}

// forgiving is how many answers in a row, none a 429, halve the next pause.
const forgiving = 10

// slowdown is what the limiter learned from 429s: a pause of all calls that doubles
// while 429s go on and shrinks while calls go through.
type slowdown struct {
	pause time.Duration
	until time.Time
	good  int
}

// refused notes a 429 to a call sent at sent. Calls that were on their way when the
// pause began do not make it longer.
func (s *slowdown) refused(sent, now time.Time) {
	s.good = 0
	if sent.Before(s.until) {
		return
	}
	s.pause = pauses.Next(s.pause)
	s.until = now.Add(retry.Jitter(s.pause))
}

// answered notes an answer that was not a 429.
func (s *slowdown) answered() {
	if s.pause == 0 {
		return
	}
	if s.good++; s.good < forgiving {
		return
	}
	s.good = 0
	if s.pause /= 2; s.pause < pauses.First {
		s.pause = 0
	}
}

// left is how long the pause still lasts; never negative.
func (s *slowdown) left(now time.Time) time.Duration { return max(0, s.until.Sub(now)) }
