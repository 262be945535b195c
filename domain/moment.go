package domain

import (
	"errors"
	"strings"
	"time"
)

// ParseMoment reads a time as RFC 3339 writes it, also with small t and z and with a leap
// second. It keeps the offset, which tells the day that the sender means, and lies, as JSON
// asks of what is stored later, within the years 1 to 9999.
func ParseMoment(s string) (time.Time, error) {
	s = strings.ToUpper(s)
	var leap time.Duration
	if at := len("2006-01-02T15:04:"); len(s) > at+2 && s[at:at+2] == "60" {
		s, leap = s[:at]+"59"+s[at+2:], time.Second
	}
	var t time.Time
	if err := t.UnmarshalText([]byte(s)); err != nil {
		return time.Time{}, err
	}
	t = t.Add(leap)
	if y := t.UTC().Year(); y < 1 || y > 9999 || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errors.New("year is outside 1 to 9999")
	}
	return t, nil
}

// FirmsDay is a time as Smokeball is told it: whole seconds, because it refuses fractions,
// and the clock of the sender's own offset as if it were UTC. Smokeball keeps dates, and 2
// November 23:30 in Chicago is 2 November for the firm, though it is the 3rd in UTC.
func FirmsDay(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	day := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	return &day
}
