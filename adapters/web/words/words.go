package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Moment writes a time relative to now: today the time of day, this year the day, else
// the year too. All times are UTC, which each page says once.
func Moment(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("3:04:05 PM")
	case t.Year() == now.Year():
		return t.Format("Jan 2, 3:04 PM")
	}
	return t.Format("Jan 2, 2006, 3:04 PM")
}

// Span writes a duration: under 0.1 s, 0.5 s, 6.5 s, 14 s, 1 min 14 s, 1 h 11 min, 3 d 4 h.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "–"
	case d < 100*time.Millisecond:
		return "under 0.1 s"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

// Seconds writes an estimate in seconds: 4 s, 1 min 14 s.
func Seconds(n int) string {
	if n < 60 {
		return fmt.Sprintf("%d s", n)
	}
	return Span(time.Duration(n) * time.Second)
}

// Count writes a number with a comma at every thousand.
func Count(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Plural writes a number of things: 1 sync, 2 syncs.
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(uint64(max(n, 0))) + " " + one + "s"
}

// Bytes writes a size: 512 bytes, 47 KB, 1.2 MB.
func Bytes(n *int64) string {
	switch {
	case n == nil:
		return "–"
	case *n < 1000:
		return fmt.Sprintf("%d bytes", *n)
	case *n < 1_000_000:
		return fmt.Sprintf("%d KB", (*n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(*n)/1e6)
}

// Sentence adds a full stop, unless the text ends with a mark.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// Capital makes the first letter upper case.
func Capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// Short returns the two ends of a long id.
func Short(id string) string {
	if len(id) <= 20 {
		return id
	}
	return id[:8] + "…" + id[len(id)-4:]
}
