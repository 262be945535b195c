package smokeball

import (
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// hoursCounted is how many hours a tally goes back: the one that runs and those before it.
const hoursCounted = 24

// Usage is what was taken of an allowance by all its firms and by one of them.
type Usage struct {
	LastMinute       int
	LastMinuteOfFirm int
	Since            time.Time   // calls before it were not counted
	Hours            []HourCalls // of the last day, the oldest first; none that ended before Since
}

// HourCalls are the calls of one hour.
type HourCalls struct {
	From   time.Time
	All    int
	OfFirm int
}

// tally counts the calls that took a slot: each one of the last minute, and by the hour those
// of the last day. A firm that did not call for a day takes no memory, any other one about
// 150 bytes. Nothing of it outlives the process.
type tally struct {
	since  time.Time
	minute []taken // the oldest first
	all    hours
	firms  map[domain.FirmID]*hours
}

// taken is a slot that a firm took.
type taken struct {
	at   time.Time
	firm domain.FirmID
}

func newTally(now time.Time) tally {
	return tally{since: now, firms: map[domain.FirmID]*hours{}}
}

// add counts a call; one that no firm makes counts among all.
func (t *tally) add(firm domain.FirmID, now time.Time) {
	t.minute = append(t.recent(now), taken{now, firm})
	hour := hourOf(now)
	if hour != t.all.newest {
		t.forget(hour)
	}
	t.all.add(hour)
	if firm == "" {
		return
	}
	h, counted := t.firms[firm]
	if !counted {
		h = &hours{newest: hour}
		t.firms[domain.FirmID(strings.Clone(string(firm)))] = h // the id may be part of a whole request
	}
	h.add(hour)
}

// forget drops the firms that did not call within the day that ends with the hour.
func (t *tally) forget(hour int64) {
	for firm, h := range t.firms {
		if h.newest <= hour-hoursCounted {
			delete(t.firms, firm)
		}
	}
}

// recent are the calls of the minute before now.
func (t *tally) recent(now time.Time) []taken {
	old := 0
	for old < len(t.minute) && now.Sub(t.minute[old].at) >= time.Minute {
		old++
	}
	return t.minute[old:]
}

// usage is what all firms and this one took until now.
func (t *tally) usage(firm domain.FirmID, now time.Time) Usage {
	t.minute = t.recent(now)
	u := Usage{LastMinute: len(t.minute), Since: t.since}
	for _, c := range t.minute {
		if c.firm == firm {
			u.LastMinuteOfFirm++
		}
	}
	own := t.firms[firm]
	if own == nil {
		own = &hours{}
	}
	last := hourOf(now)
	for hour := max(last-hoursCounted+1, hourOf(t.since)); hour <= last; hour++ {
		u.Hours = append(u.Hours, HourCalls{From: time.Unix(hour*3600, 0).UTC(), All: t.all.of(hour), OfFirm: own.of(hour)})
	}
	return u
}

// hours are counts of one day, by the hour.
type hours struct {
	newest int64 // the hour that was counted last, in hours of Unix time
	calls  [hoursCounted]uint32
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// add counts one call. What lies between the hour counted last and this one is emptied: it
// holds counts of another day, or, when the clock was set back, of hours to come.
func (h *hours) add(hour int64) {
	low, high := min(h.newest, hour), max(h.newest, hour)
	for i := max(low+1, high-hoursCounted+1); i <= high; i++ {
		h.calls[i%hoursCounted] = 0
	}
	h.newest = hour
	h.calls[hour%hoursCounted]++
}

// of is the count of an hour.
func (h *hours) of(hour int64) int {
	if hour > h.newest || hour <= h.newest-hoursCounted {
		return 0
	}
	return int(h.calls[hour%hoursCounted])
}
