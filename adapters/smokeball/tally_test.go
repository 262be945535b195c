package smokeball

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// takeFor takes n slots for a firm.
func takeFor(t *testing.T, l *Limiter, firm domain.FirmID, n int) {
	t.Helper()
	for range n {
		sent, err := l.Wait(WithPriority(t.Context(), firm, Live))
		must(t, err)
		sent()
	}
}

// A firm sees its own calls and the sum of all, hour by hour, from the hour on in which counting began.
func TestLimiterCountsCallsByTheHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at a full hour
		began := time.Now()
		l := NewLimiter(100, 10)
		takeFor(t, l, "f_1", 3)
		takeFor(t, l, "f_2", 4)
		l.debit("f_1")
		time.Sleep(2 * time.Hour)
		takeFor(t, l, "f_2", 5)

		u := l.Usage("f_1")
		if !u.Since.Equal(began) || u.LastMinute != 5 || u.LastMinuteOfFirm != 0 {
			t.Errorf("got %+v", u)
		}
		want := []HourCalls{{began.UTC(), 8, 4}, {began.Add(time.Hour).UTC(), 0, 0}, {began.Add(2 * time.Hour).UTC(), 5, 0}}
		if fmt.Sprint(u.Hours) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", u.Hours, want)
		}
		if u := l.Usage("f_2"); u.LastMinuteOfFirm != 5 || u.Hours[0].OfFirm != 4 || u.Hours[2].OfFirm != 5 {
			t.Errorf("the other firm has %+v", u)
		}
		for _, h := range l.Usage("f_3").Hours {
			if h.OfFirm != 0 {
				t.Errorf("a firm that never called has %+v", h)
			}
		}
	})
}

// What is older than a day is forgotten, with the firms that have not called since.
func TestLimiterForgetsCallsAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(100, 10)
		takeFor(t, l, "f_1", 3)
		time.Sleep(23 * time.Hour)
		takeFor(t, l, "f_2", 1)
		if u := l.Usage("f_1"); len(u.Hours) != 24 || u.Hours[0].OfFirm != 3 || u.Hours[23].All != 1 {
			t.Errorf("in the last hour of the day: %+v", u)
		}
		time.Sleep(time.Hour)
		if u := l.Usage("f_1"); len(u.Hours) != 24 || u.Hours[0].All != 0 || u.Hours[22].All != 1 {
			t.Errorf("a day later: %+v", u)
		}
		takeFor(t, l, "f_2", 1)
		if _, kept := l.calls.firms["f_1"]; kept || len(l.calls.firms) != 1 {
			t.Errorf("counts are kept of %d firms", len(l.calls.firms))
		}
	})
}

// Whatever the clock does, no call is counted twice or in another hour, and every call of the
// day is counted as long as the clock is not set back.
func TestTallyCountsEachCallOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1e9, 2e9).Draw(t, "start"), 0)
		tally := newTally(now)
		made, setBack := map[domain.FirmID]map[int64]int{"f_1": {}, "f_2": {}}, false
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			step := rapid.Int64Range(-2*3600, 30*3600).Draw(t, "step")
			setBack = setBack || step < 0
			now = now.Add(time.Duration(step) * time.Second)
			firm := rapid.SampledFrom([]domain.FirmID{"f_1", "f_2"}).Draw(t, "firm")
			tally.add(firm, now)
			made[firm][hourOf(now)]++
		}
		for firm, by := range made {
			for _, h := range tally.usage(firm, now).Hours {
				hour := hourOf(h.From)
				all := made["f_1"][hour] + made["f_2"][hour]
				if h.OfFirm > by[hour] || h.All > all || !setBack && (h.OfFirm != by[hour] || h.All != all) {
					t.Fatalf("%s: %+v, made were %d and %d, set back %v", firm, h, by[hour], all, setBack)
				}
			}
		}
	})
}
