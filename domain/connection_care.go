package domain

import (
	"hash/fnv"
	"time"
)

// Care is something that a connection needs at its time, with nobody asking for it.
type Care string

// What a connection needs.
const (
	CareLeave   Care = "finish a disconnect"
	CareDrop    Care = "drop an account that nobody confirmed"
	CareAdopt   Care = "take over the account that was confirmed"
	CareEnd     Care = "end an authorization"
	CareWarn    Care = "tell of an authorization's end ahead"
	CareRetire  Care = "destroy old webhook keys"
	CareRotate  Care = "finish a rotation of webhook keys"
	CareRestore Care = "restore the webhook subscription"
	CareCheck   Care = "look whether the connection still stands"
	CareProbe   Care = "look whether Smokeball serves the firm again"
	CareVisit   Care = "look whether a lost authorization is good after all"
	CareHeard   Care = "note that webhooks arrive again"
	CareTest    Care = "test webhooks that are silent"
	CareSilence Care = "note that webhooks are silent"
)

// Need is a Care and the time from which on it is due.
type Need struct {
	Care Care
	At   time.Time
}

// Heard is what came of a firm's webhooks.
type Heard struct {
	Last    time.Time // the last notification
	Tests   int       // test notifications so far
	Unheard time.Time // the first change in Smokeball that no notification followed; zero: none
}

const (
	// SilentFor is how long changes in Smokeball may go unheard before the way is tested.
	SilentFor = 24 * time.Hour
	// TestPatience is how long a test notification may take to arrive.
	TestPatience = 5 * time.Minute
	// LeaveWithin is how long a disconnect tries to reach Smokeball before the tokens are
	// destroyed all the same.
	LeaveWithin = time.Hour
)

// Needs lists what the firm's connection needs and when, in the order in which it is to
// be done.
func (c Connection) Needs(f FirmID, h Heard) []Need {
	needs := c.accountNeeds()
	if !c.Hooks.RotatedAt.IsZero() && c.State != StatusDisconnected {
		needs = append(needs, Need{CareRetire, c.Hooks.RotatedAt.Add(WebhookOverlap)})
	}
	if c.Lost() {
		needs = append(needs, Need{CareVisit, c.LostAt.Add(FirstVisit)})
	}
	if c.State != StatusConnected {
		return needs
	}
	if c.Trouble != nil {
		needs = append(needs, Need{CareProbe, c.Trouble.At})
	}
	if !c.ReauthorizeBy.IsZero() {
		needs = append(needs, Need{CareEnd, c.ReauthorizeBy})
		if !c.WarnedOf.Equal(c.ReauthorizeBy) {
			needs = append(needs, Need{CareWarn, c.ReauthorizeBy.Add(-ReauthorizeSoon)})
		}
	}
	return append(append(needs, c.webhookNeeds(h)...), Need{CareCheck, c.NextCheck(f)})
}

func (c Connection) accountNeeds() []Need {
	var needs []Need
	if c.Leaving != nil {
		needs = append(needs, Need{CareLeave, c.Leaving.At})
	}
	switch p := c.Pending; {
	case p == nil:
	case p.Confirmed.IsZero():
		needs = append(needs, Need{CareDrop, p.Expires})
	default:
		needs = append(needs, Need{CareAdopt, p.Confirmed})
	}
	return needs
}

func (c Connection) webhookNeeds(h Heard) []Need {
	hooks := c.Hooks
	switch {
	case !hooks.Wanted:
		return nil
	case hooks.Stale:
		return []Need{{CareRestore, latest(c.At, hooks.LostAt)}}
	case hooks.Rotation != "":
		return []Need{{CareRotate, hooks.Since}}
	case hooks.Silent && h.Last.After(hooks.LostAt):
		return []Need{{CareHeard, h.Last}}
	case hooks.Silent && !hooks.Tested:
		return []Need{{CareTest, hooks.Since}}
	case hooks.Lost != nil:
		return nil
	case hooks.Tested && h.Last.Before(hooks.TestedAt):
		return []Need{{CareSilence, hooks.TestedAt.Add(TestPatience)}}
	case !h.Unheard.IsZero() && !h.Unheard.Before(hooks.Since):
		return []Need{{CareTest, h.Unheard.Add(SilentFor)}}
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

const day = 24 * time.Hour

// NextCheck is when to look next whether the connection still stands: once a day, at a
// time of the day that differs from firm to firm.
func (c Connection) NextCheck(f FirmID) time.Time {
	last := latest(c.At, c.CheckedAt).UTC()
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(f)) // never fails
	next := last.Truncate(day).Add(time.Duration(sum.Sum32()) * time.Second % day)
	if !next.After(last) {
		next = next.Add(day)
	}
	return next
}

// endsSoon reports whether admins should be warned of the authorization's end.
func (c Connection) endsSoon(now time.Time) bool {
	c.Trouble = nil
	return c.Status(now) == StatusReauthorizeSoon
}

// Warn decides that admins are told of the authorization's end ahead. Said once.
func (c Connection) Warn(now time.Time) []Event {
	if !c.endsSoon(now) || c.WarnedOf.Equal(c.ReauthorizeBy) {
		return nil
	}
	return []Event{ReauthorizationSoon{ReauthorizeBy: c.ReauthorizeBy}}
}

// End decides that the authorization came to its end. Said once.
func (c Connection) End(f Failure, now time.Time) []Event {
	if c.State != StatusConnected || c.Status(now) != StatusReauthorizationRequired {
		return nil
	}
	return []Event{ReauthorizationRequired{Failure: f}}
}
