package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

func TestParseMoment(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-02T15:04:05Z":          "2026-11-02T15:04:05Z",
		"2026-11-02t15:04:05z":          "2026-11-02T15:04:05Z",
		"2026-11-02t23:30:00.25-05:00":  "2026-11-02T23:30:00-05:00",
		"2016-12-31T23:59:60Z":          "2017-01-01T00:00:00Z",
		"2026-11-02":                    "",
		"2026-11-02T15:04:05":           "",
		"0000-01-01T00:00:00Z":          "",
		"9999-12-31T23:59:59.000-01:00": "",
		"2026-11-02T15:04:61Z":          "",
		"2026-02-30T15:04:05Z":          "",
		"0001-01-01T00:00:00Z":          "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z":          "9999-12-31T23:59:59Z",
		"2026-11-02T15:04:6":            "",
		"2026-11-02T15:04:":             "",
		"tomorrow":                      "",
		"":                              "",
	} {
		got, err := domain.ParseMoment(in)
		if (err == nil) != (want != "") || (err == nil && got.Format(time.RFC3339) != want) {
			t.Errorf("%q is %v, %v, want %q", in, got, err, want)
		}
	}
}

// TestFirmsDay tells that a date is the firm's own, wherever midnight is in UTC.
func TestFirmsDay(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-02T23:30:00-05:00":     "2026-11-02T23:30:00Z",
		"2026-11-03T08:15:00.123+11:00": "2026-11-03T08:15:00Z",
		"2026-11-02T15:04:05Z":          "2026-11-02T15:04:05Z",
	} {
		at, err := domain.ParseMoment(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := domain.FirmsDay(&at).Format(time.RFC3339); got != want {
			t.Errorf("%s is sent as %s, want %s", in, got, want)
		}
	}
	if domain.FirmsDay(nil) != nil {
		t.Error("no time is sent as one")
	}
}
