package domain

import (
	"hash/fnv"
	"time"
)

const (
	// SweepOverlap is how far before the last sweep's beginning the next one looks: farther than
	// the clocks of both sides may differ, which a webhook's signature allows minutes, and than
	// Smokeball takes to list what it has changed.
	SweepOverlap = 15 * time.Minute
	// night is how long a region's night is, over which the firms' nightly sweeps are spread.
	night = 6 * time.Hour
)

// DueSweep is a sweep and the time from which on it is due.
type DueSweep struct {
	Reason SweepReason
	At     time.Time
	From   time.Time // when the gap began that it closes; zero: after the last sweep
}

// SweepNeeds is what decides when a firm is swept.
type SweepNeeds struct {
	Firm       FirmID
	Connection Connection
	Hears      bool          // its webhooks arrive, as far as is known
	Every      time.Duration // how often it is swept while they do not
}

// served reports whether the firm can be swept: calls may be made, and Smokeball serves it.
func (n SweepNeeds) served(now time.Time) bool {
	return n.Connection.Usable(now) && n.Connection.Trouble == nil
}

// Due lists why the firm is swept next and when.
func (s Sweeps) Due(n SweepNeeds, now time.Time) []DueSweep {
	if !n.served(now) {
		return nil
	}
	list := s.gaps(n.Connection)
	if s.isNew(n) {
		return list
	}
	list = append(list, DueSweep{Reason: SweepNightly, At: nextNight(n.Firm, n.Connection.Region, s.Full)})
	if !n.Hears {
		list = append(list, DueSweep{Reason: SweepInterval, At: s.Last.Add(n.Every)})
	}
	return list
}

// isNew reports whether nothing was swept in the firm's account yet.
func (s Sweeps) isNew(n SweepNeeds) bool {
	return s.Last.IsZero() || s.Account != n.Connection.Account.ID
}

// gaps are the times since the last sweep in which changes may have gone unheard.
func (s Sweeps) gaps(c Connection) (list []DueSweep) {
	if s.Last.IsZero() || s.Account != c.Account.ID {
		return []DueSweep{{Reason: SweepFirst, At: c.At}}
	}
	for _, d := range []DueSweep{{Reason: SweepAuthorized, At: c.At}, {Reason: SweepOutage, At: c.RecoveredAt, From: c.TroubledAt}, {Reason: s.AskedFor, At: s.Asked, From: s.AskedFrom},
		{Reason: SweepSilence, At: c.Hooks.HeardAt}, {Reason: SweepWebhooks, At: c.Hooks.Since}, {Reason: SweepWebhooks, At: c.Hooks.LostAt}} {
		if d.At.After(s.Last) {
			list = append(list, d)
		}
	}
	return list
}

// Next is the first time at which a sweep is due; zero: none is.
func (s Sweeps) Next(n SweepNeeds, now time.Time) (next time.Time) {
	for _, d := range s.Due(n, now) {
		if next.IsZero() || d.At.Before(next) {
			next = d.At
		}
	}
	return next
}

// Begin is the sweep to be made now: the one that was begun in this account, or one for the
// first reason that is due. It reports false where none is.
func (s Sweeps) Begin(n SweepNeeds, now time.Time) (CurrentSweep, bool) {
	account := n.Connection.Account.ID
	due := SweepBegun{Account: account, Since: s.Last.Add(-SweepOverlap).UTC().Truncate(time.Second), At: now.UTC()}
	for _, d := range s.Due(n, now) {
		if now.Before(d.At) {
			continue
		}
		if due.Reason == "" {
			due.Reason = d.Reason
		}
		if d.Reason == SweepFirst || d.Reason == SweepNightly {
			due.Full, due.Since = true, time.Time{}
		}
	}
	switch c := s.Current; {
	case due.Reason == "" && c == nil, !n.served(now):
		return CurrentSweep{}, false
	case c != nil && c.Account == account && (c.Full || !due.Full):
		return c.resumed(), true
	}
	return newSweep(due), due.Reason != ""
}

// resumed is the sweep as another engine goes on with it. What a full one has seen of the
// matters nobody remembers.
func (c CurrentSweep) resumed() CurrentSweep {
	if c.Full && c.Place.Part == SweepMatters {
		c.Place = c.SweepBegun.place()
	}
	return c
}

// AsOf is the time up to which what is known of Smokeball is complete; zero: nothing was looked
// at in this account. While webhooks arrive that is now, unless a gap is not closed yet.
func (s Sweeps) AsOf(n SweepNeeds, now time.Time) time.Time {
	c := n.Connection
	switch gaps := s.gaps(c); {
	case s.isNew(n):
		return time.Time{}
	case !n.Hears, !c.Usable(now):
		return s.Last
	case c.Trouble != nil:
		return latest(s.Last, c.Trouble.Since)
	default:
		for _, d := range gaps {
			if from := latest(s.Last, d.From); from.Before(now) {
				now = from
			}
		}
		return now
	}
}

// nextNight is the firm's part of the first night after a time: the nights of a region's firms
// begin at its midnight, as near as one time for all of them can be.
func nextNight(f FirmID, region string, last time.Time) time.Time {
	midnight := map[string]time.Duration{"us": 6 * time.Hour, "au": 14 * time.Hour}[region] // by UTC
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(f)) // never fails
	next := last.UTC().Truncate(day).Add(midnight).Add(time.Duration(sum.Sum32()) * time.Second % night)
	if !next.After(last) {
		next = next.Add(day)
	}
	return next
}
