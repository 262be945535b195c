package domain

import "time"

// unixTicks is 1970-01-01 UTC as .NET counts it, in units of 100 ns since 0001-01-01.
const (
	unixTicks      = 621355968000000000
	ticksPerSecond = 10_000_000
)

// TimeOfTicks is the time, in UTC, that .NET counts as ticks; of none it is zero.
func TimeOfTicks(ticks int64) time.Time {
	if ticks <= 0 {
		return time.Time{}
	}
	since := ticks - unixTicks
	return time.Unix(since/ticksPerSecond, since%ticksPerSecond*100).UTC()
}
