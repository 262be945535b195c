package words

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	now := time.Date(2026, 11, 24, 20, 42, 17, 0, time.UTC)
	for at, want := range map[time.Time]string{
		now:                                "8:42:17 PM",
		now.In(time.FixedZone("", 6*3600)): "8:42:17 PM",
		now.Add(-24 * time.Hour):           "Nov 23, 8:42 PM",
		time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC): "Jan 2, 2025, 3:04 AM",
	} {
		if got := Moment(at, now); got != want {
			t.Errorf("Moment(%s) = %q, want %q", at, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "–", 0: "under 0.1 s", 120 * time.Millisecond: "0.1 s", 6500 * time.Millisecond: "6.5 s", 14 * time.Second: "14 s",
		74 * time.Second: "1 min 14 s", 71 * time.Minute: "1 h 11 min", 76 * time.Hour: "3 d 4 h",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 48211: "48,211", 1234567: "1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{512: "512 bytes", 48213: "48 KB", 1_234_567: "1.2 MB"} {
		if got := Bytes(&n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Bytes(nil); got != "–" {
		t.Errorf("Bytes(nil) = %q", got)
	}
}
