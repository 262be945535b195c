package main

import (
	"fmt"
	"slices"
	"time"
)

// times are how long something took, again and again.
type times []time.Duration

// at is the time that a share of all did not exceed.
func (t times) at(share float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func (t times) String() string { return fmt.Sprintf("p50 %s, p99 %s", ms(t.at(.5)), ms(t.at(.99))) }

// ms writes a time as people compare them.
func ms(d time.Duration) string {
	switch v := float64(d) / float64(time.Millisecond); {
	case v >= 100:
		return fmt.Sprintf("%.0f ms", v)
	case v >= 10:
		return fmt.Sprintf("%.1f ms", v)
	default:
		return fmt.Sprintf("%.2f ms", v)
	}
}

func ratioOf(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

// thousands writes a number of things with separators.
func thousands(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
