package smokeballsim

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// query reads query parameters; names are not case-sensitive.
type query map[string][]string

func readQuery(v url.Values) query {
	q := query{}
	for name, values := range v {
		key := strings.ToLower(name)
		q[key] = append(q[key], values...)
	}
	return q
}

// one returns a parameter's first value, or "".
func (q query) one(name string) string {
	if v := q[strings.ToLower(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// many returns a parameter's values: repeated, or separated by commas.
func (q query) many(name string) []string {
	var out []string
	for _, v := range q[strings.ToLower(name)] {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// whole returns a number between low and high; without the parameter, otherwise.
func (q query) whole(name string, otherwise, low, high int) (int, *problem) {
	text := q.one(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, invalid(name, "%q is not a number from %d to %d.", text, low, high)
	}
	return n, nil
}

// flag returns a boolean; without the parameter, nil.
func (q query) flag(name string) (*bool, *problem) {
	text := q.one(name)
	if text == "" {
		return nil, nil
	}
	b, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return nil, invalid(name, "%q is neither true nor false.", text)
	}
	return &b, nil
}

// ticks returns a time given in .NET ticks; without the parameter, the zero time.
func (q query) ticks(name string) (time.Time, *problem) {
	text := q.one(name)
	if text == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, invalid(name, "%q is not a number of .NET ticks.", text)
	}
	return fromTicks(n), nil
}

// moment returns a time given as a date-time; without the parameter, the zero time. Like the
// vendor it refuses fractions of a second.
func (q query) moment(name string) (time.Time, *problem) {
	text := q.one(name)
	if text == "" {
		return time.Time{}, nil
	}
	d, err := parseDateTime(text)
	if err != nil || strings.Contains(text, ".") {
		return time.Time{}, invalid(name, "%q is not a date-time in whole seconds.", text)
	}
	return d.in(time.UTC), nil
}

// since returns the time after which resources are listed: UpdatedSince in ticks, or
// LastUpdated as a date-time, not both.
func (q query) since() (time.Time, *problem) {
	if q.one("UpdatedSince") != "" && q.one("LastUpdated") != "" {
		return time.Time{}, invalid("LastUpdated", "UpdatedSince and LastUpdated exclude each other.")
	}
	t, p := q.moment("LastUpdated")
	if p != nil || !t.IsZero() {
		return t, p
	}
	return q.ticks("UpdatedSince")
}
