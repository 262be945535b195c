package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestTimeOfTicks counts as .NET does, in units of 100 ns since the year 1.
func TestTimeOfTicks(t *testing.T) {
	for ticks, want := range map[int64]time.Time{
		0: {}, -1: {},
		1:                  time.Date(1, 1, 1, 0, 0, 0, 100, time.UTC),
		621355968000000000: time.Unix(0, 0),
		638660000001234567: time.Date(2024, 10, 31, 19, 33, 20, 123456700, time.UTC),
	} {
		if got := domain.TimeOfTicks(ticks); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%d ticks are %s, want %s", ticks, got, want)
		}
	}
}
