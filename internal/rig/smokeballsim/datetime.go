package smokeballsim

import (
	"encoding/json"
	"fmt"
	"time"
)

// dateTime is a time in JSON: with a zone it is kept in UTC, without one it is kept as
// written. Fractions of a second are dropped.
type dateTime string

const localLayout = "2006-01-02T15:04:05"

// UnmarshalJSON accepts null and ISO 8601 date-times, nothing else.
func (d *dateTime) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("date-time is not a string: %w", err)
	}
	if text == nil {
		*d = ""
		return nil
	}
	v, err := parseDateTime(*text)
	*d = v
	return err
}

func parseDateTime(text string) (dateTime, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return utc(t), nil
	}
	t, err := time.Parse(localLayout, text)
	if err != nil {
		return "", fmt.Errorf("%q is not a date-time: use 2006-01-02T15:04:05Z", text)
	}
	return dateTime(t.Format(localLayout)), nil
}

func utc(t time.Time) dateTime { return dateTime(t.UTC().Format("2006-01-02T15:04:05Z")) }

// in converts d to a time; zone applies if d names none.
func (d dateTime) in(zone *time.Location) time.Time {
	if t, err := time.Parse(time.RFC3339, string(d)); err == nil {
		return t
	}
	t, err := time.ParseInLocation(localLayout, string(d), zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// dayOf is d with its time of day set to midnight, as the …DateOnly fields are.
func (d dateTime) dayOf() dateTime {
	if len(d) < len("2006-01-02") {
		return ""
	}
	return d[:len("2006-01-02")] + "T00:00:00"
}
