package domain

import (
	"hash/fnv"
	"time"
)

// ConnectionTask is something that a connection needs at its time, with nobody asking for it.
type ConnectionTask string

// What a connection needs.
const (
	TaskLeave            ConnectionTask = "finish a disconnect"
	TaskDropAccount      ConnectionTask = "drop an account that nobody confirmed"
	TaskAcceptAccount    ConnectionTask = "take over the account that was confirmed"
	TaskEndAuthorization ConnectionTask = "end an authorization"
	TaskWarnOfEnd        ConnectionTask = "tell of an authorization's end ahead"
	TaskRetireKeys       ConnectionTask = "destroy old webhook keys"
	TaskRotateKeys       ConnectionTask = "finish a rotation of webhook keys"
	TaskRestoreWebhooks  ConnectionTask = "restore the webhook subscription"
	TaskCheck            ConnectionTask = "look whether the connection still stands"
	TaskProbe            ConnectionTask = "look whether Smokeball serves the firm again"
	TaskRecheck          ConnectionTask = "look whether a lost authorization is good after all"
	TaskNoteReceived     ConnectionTask = "note that webhooks arrive again"
	TaskTestWebhooks     ConnectionTask = "test webhooks that are silent"
	TaskNoteSilence      ConnectionTask = "note that webhooks are silent"
)

// DueTask is a Care and the time from which on it is due.
type DueTask struct {
	Task ConnectionTask
	At   time.Time
}

// WebhookActivity is what came of a firm's webhooks.
type WebhookActivity struct {
	Last    time.Time // the last webhook
	Tests   int       // test webhooks so far
	Unheard time.Time // the first change in Smokeball that no webhook followed; zero: none
}

const (
	// SilentFor is how long changes in Smokeball may go unheard before the way is tested.
	SilentFor = 24 * time.Hour
	// TestTimeout is how long a test webhook may take to arrive.
	TestTimeout = 5 * time.Minute
	// LeaveWithin is how long a disconnect tries to reach Smokeball before the tokens are
	// destroyed all the same.
	LeaveWithin = time.Hour
)

// DueTasks lists what the firm's connection needs and when, in the order in which it is to
// be done.
func (c Connection) DueTasks(f FirmID, h WebhookActivity) []DueTask {
	needs := c.accountTasks()
	if !c.Hooks.RotatedAt.IsZero() && c.State != StatusDisconnected {
		needs = append(needs, DueTask{TaskRetireKeys, c.Hooks.RotatedAt.Add(WebhookOverlap)})
	}
	if c.Lost() {
		needs = append(needs, DueTask{TaskRecheck, c.LostAt.Add(FirstRecheck)})
	}
	if c.State != StatusConnected {
		return needs
	}
	if c.Trouble != nil {
		needs = append(needs, DueTask{TaskProbe, c.Trouble.At})
	}
	if !c.ReauthorizeBy.IsZero() {
		needs = append(needs, DueTask{TaskEndAuthorization, c.ReauthorizeBy})
		if !c.WarnedOf.Equal(c.ReauthorizeBy) {
			needs = append(needs, DueTask{TaskWarnOfEnd, c.ReauthorizeBy.Add(-ReauthorizeSoon)})
		}
	}
	return append(append(needs, c.webhookTasks(h)...), DueTask{TaskCheck, c.NextCheck(f)})
}

func (c Connection) accountTasks() []DueTask {
	var needs []DueTask
	if c.Leaving != nil {
		needs = append(needs, DueTask{TaskLeave, c.Leaving.At})
	}
	switch p := c.Pending; {
	case p == nil:
	case p.Confirmed.IsZero():
		needs = append(needs, DueTask{TaskDropAccount, p.Expires})
	default:
		needs = append(needs, DueTask{TaskAcceptAccount, p.Confirmed})
	}
	return needs
}

func (c Connection) webhookTasks(h WebhookActivity) []DueTask {
	hooks := c.Hooks
	switch {
	case !hooks.Wanted:
		return nil
	case hooks.Stale:
		return []DueTask{{TaskRestoreWebhooks, latest(c.At, hooks.LostAt)}}
	case hooks.Rotation != "":
		return []DueTask{{TaskRotateKeys, hooks.Since}}
	case hooks.Silent && h.Last.After(hooks.LostAt):
		return []DueTask{{TaskNoteReceived, h.Last}}
	case hooks.Silent && !hooks.Tested:
		return []DueTask{{TaskTestWebhooks, hooks.Since}}
	case hooks.Lost != nil:
		return nil
	case hooks.Tested && h.Last.Before(hooks.TestedAt):
		return []DueTask{{TaskNoteSilence, hooks.TestedAt.Add(TestTimeout)}}
	case !h.Unheard.IsZero() && !h.Unheard.Before(hooks.Since):
		return []DueTask{{TaskTestWebhooks, h.Unheard.Add(SilentFor)}}
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
