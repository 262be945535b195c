package casehug

import (
	"errors"
	"time"
)

// parseMoment reads a time as RFC 3339 writes it. The result is in UTC and, as JSON
// asks of what is stored later, within the years 1 to 9999.
func parseMoment(s string) (time.Time, error) {
	var t time.Time
	if err := t.UnmarshalText([]byte(s)); err != nil {
		return time.Time{}, err
	}
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errors.New("year is outside 1 to 9999")
	}
	return t, nil
}

// isMoment is the schemas' date-time format: what parseMoment takes, so that a value
// that passes the schema can always be read.
func isMoment(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	_, err := parseMoment(s)
	return err
}
