package smokeballsim

import "time"

// epochTicks is 1970-01-01 UTC in .NET ticks.
const epochTicks = 621355968000000000

// ticks is t in .NET ticks: 100 ns since 0001-01-01 UTC.
func ticks(t time.Time) int64 { return epochTicks + t.Unix()*1e7 + int64(t.Nanosecond()/100) }

// fromTicks is the time of n .NET ticks.
func fromTicks(n int64) time.Time {
	n -= epochTicks
	return time.Unix(n/1e7, n%1e7*100).UTC()
}
