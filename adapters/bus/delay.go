package bus

import (
	"math/rand/v2"
	"time"
)

// Delay says how long a message waits for its next delivery after it has been delivered
// that often without success (1: once).
type Delay func(deliveries uint64) time.Duration

// Backoff doubles the delay with each delivery, from first up to limit, and takes up to a
// quarter off at random, so that what failed together does not come back together.
func Backoff(first, limit time.Duration) Delay {
	return func(deliveries uint64) time.Duration {
		d := first
		for i := uint64(1); i < deliveries && d < limit; i++ {
			d *= 2
		}
		d = min(d, limit)
		if d < 4 {
			return d
		}
		return d - rand.N(d/4)
	}
}
