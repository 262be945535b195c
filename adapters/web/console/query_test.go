package console

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/projections"
)

// A query of the history is understood or refused, whatever it holds.
func FuzzHistoryQuery(f *testing.F) {
	for _, seed := range []string{"status=failed,waiting&cursor=a1", "status=active&period=7d&q=x", "cursor=zzzzzzzzzzzzzzzz", "trigger=%00"} {
		f.Add(seed)
	}
	h := &History{Shell: &Shell{Now: time.Now}}
	f.Fuzz(func(t *testing.T, query string) {
		in, err := url.ParseQuery(query)
		if err != nil {
			t.Skip("net/url refuses it before we see it")
		}
		q, err := h.query(in)
		if p := problem.As(err); err != nil && (p == nil || p.Status != 422) {
			t.Errorf("%q: %v", query, err)
		}
		for _, status := range q.Status {
			if !slices.Contains(reading.Statuses(), string(status)) {
				t.Errorf("%q asks for the status %q", query, status)
			}
		}
	})
}

// FuzzAsOf checks that a moment that somebody types is refused, or was and can be shown.
func FuzzAsOf(f *testing.F) {
	for _, seed := range []string{"", "2026-11-24T14:42", "2026-11-24T14:42:00Z", "2026-11-24T14:42:00+01:00", "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59", "now", "\x00"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 24, 20, 42, 17, 0, time.UTC)
	past := reading.Past{Now: func() time.Time { return now }}
	story := []projections.Fact{{At: now.Add(-time.Hour)}, {At: now}}
	f.Fuzz(func(t *testing.T, typed string) {
		at, err := past.Moment(fullTime(typed))
		if p := problem.As(err); err != nil {
			if p == nil || p.Status != 422 || len(p.Errors) != 1 {
				t.Errorf("%q: %v", typed, err)
			}
			return
		}
		again, err := past.Moment(at.Format(time.RFC3339Nano))
		if _, errJSON := at.MarshalJSON(); err != nil || errJSON != nil || !again.Equal(at) || at.After(now.Add(5*time.Second)) {
			t.Errorf("%q is %s, which reads as %s, %v, %v", typed, at, again, err, errJSON)
		}
		if sl := sliderOf(story, at, now); sl.At < 0 || sl.At > sl.Max || strings.Contains(sl.Ticks, "-") {
			t.Errorf("%q is at %d of %d, ticks %s", typed, sl.At, sl.Max, sl.Ticks)
		}
	})
}
