package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/projections"
)

func TestMoment(t *testing.T) {
	now := time.Date(2026, 11, 24, 20, 42, 17, 0, time.UTC)
	for at, want := range map[time.Time]string{
		now:                                "8:42:17 PM",
		now.In(time.FixedZone("", 6*3600)): "8:42:17 PM",
		now.Add(-24 * time.Hour):           "Nov 23, 8:42 PM",
		time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC): "Jan 2, 2025, 3:04 AM",
	} {
		if got := moment(at, now); got != want {
			t.Errorf("moment(%s) = %q, want %q", at, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "–", 0: "under 0.1 s", 120 * time.Millisecond: "0.1 s", 6500 * time.Millisecond: "6.5 s", 14 * time.Second: "14 s",
		74 * time.Second: "1 min 14 s", 71 * time.Minute: "1 h 11 min", 76 * time.Hour: "3 d 4 h",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 48211: "48,211", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{512: "512 bytes", 48213: "48 KB", 1_234_567: "1.2 MB"} {
		if got := bytesOf(&n); got != want {
			t.Errorf("bytesOf(%d) = %q, want %q", n, got, want)
		}
	}
	if got := bytesOf(nil); got != "–" {
		t.Errorf("bytesOf(nil) = %q", got)
	}
}

// Wherever next leads, a browser stays on this site.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/history?x=1#y", "//evil.example", `/\evil.example`, "/%2f/evil.example", "https://x", "/a//b", "\t/x", "/\r\n/x"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://here.example/session")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := localPath(next)
		u, err := base.Parse(got)
		if err != nil || u.Host != "here.example" || u.Scheme != "https" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("next %q leads to %q", next, got)
		}
	})
}

// A query of the history is understood or refused, whatever it holds.
func FuzzHistoryQuery(f *testing.F) {
	for _, seed := range []string{"status=failed,waiting&cursor=a1", "status=active&period=7d&q=x", "cursor=zzzzzzzzzzzzzzzz", "trigger=%00"} {
		f.Add(seed)
	}
	s := &site{Config: Config{Now: time.Now}}
	f.Fuzz(func(t *testing.T, query string) {
		in, err := url.ParseQuery(query)
		if err != nil {
			t.Skip("net/url refuses it before we see it")
		}
		q, err := s.historyQuery(in)
		if p := asKnownProblem(err); err != nil && (p == nil || p.Status != 422) {
			t.Errorf("%q: %v", query, err)
		}
		for _, status := range q.Status {
			if !isWord(statusWords, string(status)) {
				t.Errorf("%q asks for the status %q", query, status)
			}
		}
	})
}

// FuzzAsOf tells that a moment that somebody types is refused, or was and can be shown.
func FuzzAsOf(f *testing.F) {
	for _, seed := range []string{"", "2026-11-24T14:42", "2026-11-24T14:42:00Z", "2026-11-24T14:42:00+01:00", "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59", "now", "\x00"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 24, 20, 42, 17, 0, time.UTC)
	s := &site{Config: Config{Now: func() time.Time { return now }}}
	story := []projections.Fact{{At: now.Add(-time.Hour)}, {At: now}}
	f.Fuzz(func(t *testing.T, typed string) {
		at, err := s.pastMoment(fullTime(typed))
		if p := asKnownProblem(err); err != nil {
			if p == nil || p.Status != 422 || len(p.Errors) != 1 {
				t.Errorf("%q: %v", typed, err)
			}
			return
		}
		again, err := s.pastMoment(at.Format(time.RFC3339Nano))
		if _, errJSON := at.MarshalJSON(); err != nil || errJSON != nil || !again.Equal(at) || at.After(now.Add(aheadAtMost)) {
			t.Errorf("%q is %s, which reads as %s, %v, %v", typed, at, again, err, errJSON)
		}
		if sl := sliderOf(story, at, now); sl.At < 0 || sl.At > sl.Max || strings.Contains(sl.Ticks, "-") {
			t.Errorf("%q is at %d of %d, ticks %s", typed, sl.At, sl.Max, sl.Ticks)
		}
	})
}
