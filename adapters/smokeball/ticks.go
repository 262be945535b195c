package smokeball

import "time"

// ticksToUnix is 1970-01-01 UTC in ticks.
const ticksToUnix = 621355968000000000

const ticksPerSecond = 10_000_000

// Ticks is t as .NET counts it: units of 100 ns since 0001-01-01 UTC.
func Ticks(t time.Time) int64 {
	return t.Unix()*ticksPerSecond + int64(t.Nanosecond())/100 + ticksToUnix
}

// FromTicks is the time, in UTC, that .NET counts as ticks. It reads any number from
// 0 on; Smokeball's are in that range.
func FromTicks(ticks int64) time.Time {
	since := ticks - ticksToUnix
	seconds, rest := since/ticksPerSecond, since%ticksPerSecond
	return time.Unix(seconds, rest*100).UTC()
}
