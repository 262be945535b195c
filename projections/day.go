package projections

import (
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// HourCount is what happened within one hour.
type HourCount struct {
	Hour      int64 `json:"hour"` // its beginning, in hours of Unix time
	Succeeded int   `json:"succeeded,omitempty"`
	Skipped   int   `json:"skipped,omitempty"`
	Failed    int   `json:"failed,omitempty"`
	Received  int   `json:"received,omitempty"` // webhooks
	Missed    int   `json:"missed,omitempty"`   // changes that no webhook told of
}

// Begin is when the hour begins.
func (h HourCount) Begin() time.Time { return time.Unix(h.Hour*3600, 0).UTC() }

func (h HourCount) and(other HourCount) HourCount {
	h.Succeeded, h.Skipped, h.Failed = h.Succeeded+other.Succeeded, h.Skipped+other.Skipped, h.Failed+other.Failed
	h.Received, h.Missed = h.Received+other.Received, h.Missed+other.Missed
	return h
}

// Day are the hours of the last day in which something happened, oldest first.
type Day []HourCount

// hoursOfDay is how many hours a day shows: the one that runs and those before it.
const hoursOfDay = 24

// add counts what happened at a time.
func (d Day) add(at time.Time, what HourCount) Day {
	what.Hour = at.Unix() / 3600
	next := make(Day, 0, len(d)+1)
	for _, h := range d {
		if h.Hour > what.Hour-hoursOfDay {
			next = append(next, h)
		}
	}
	i, there := slices.BinarySearchFunc(next, what.Hour, func(h HourCount, hour int64) int { return int(h.Hour - hour) })
	if there {
		next[i] = next[i].and(what)
		return next
	}
	return slices.Insert(next, i, what)
}

// Hours are the hours of the day that ends now, oldest first, with those in which nothing happened.
func (d Day) Hours(now time.Time) []HourCount {
	list := make([]HourCount, hoursOfDay)
	first := now.Unix()/3600 - hoursOfDay + 1
	for i := range list {
		list[i].Hour = first + int64(i)
	}
	for _, h := range d {
		if i := h.Hour - first; i >= 0 && i < hoursOfDay {
			list[i] = h
		}
	}
	return list
}

// Sum is all that happened in the day that ends now.
func (d Day) Sum(now time.Time) (sum HourCount) {
	for _, h := range d.Hours(now) {
		sum = sum.and(h)
	}
	return sum
}

// fold counts an event; missed are when changes were found of which no webhook can tell any more.
func (d Day) fold(env eventstore.Envelope, missed []time.Time) Day {
	for _, at := range missed {
		d = d.add(at, HourCount{Missed: 1})
	}
	switch env.Event.(type) {
	case domain.SyncSucceeded:
		return d.add(env.At, HourCount{Succeeded: 1})
	case domain.SyncSkipped:
		return d.add(env.At, HourCount{Skipped: 1})
	case domain.SyncFailed:
		return d.add(env.At, HourCount{Failed: 1})
	case domain.SmokeballWebhookReceived:
		return d.add(env.At, HourCount{Received: 1})
	}
	return d
}

// Today is what happened in the day that ends now.
func (r ConnectionRow) Today(now time.Time) Day {
	return r.Day.fold(eventstore.Envelope{}, r.Missed.settling(now))
}

// HookTest is the last test of the webhooks.
type HookTest struct {
	Asked    time.Time `json:"asked,omitzero"`
	By       string    `json:"by,omitempty"` // "": the engine
	Answered time.Time `json:"answered,omitzero"`
}

func (t HookTest) fold(env eventstore.Envelope) HookTest {
	switch e := env.Event.(type) {
	case domain.WebhooksTested:
		return HookTest{Asked: env.At, By: e.By}
	case domain.SmokeballWebhookReceived:
		if e.Type == domain.WebhookTest && t.Answered.IsZero() && !t.Asked.IsZero() {
			t.Answered = env.At
		}
	case domain.Disconnected:
		return HookTest{}
	}
	return t
}
