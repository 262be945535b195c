package domain

import "time"

// PendingLifetime is how long another account waits to be confirmed.
const PendingLifetime = 10 * time.Minute

// NeedsConfirmation reports whether taking the account over would let the firm's links
// point elsewhere, and nobody has said yet that this is wanted.
func (c Connection) NeedsConfirmation(attempt string, account Account) bool {
	known := c.Known()
	confirmed := c.proposed(attempt) && !c.Pending.Confirmed.IsZero()
	return known.ID != "" && known.ID != account.ID && !confirmed
}

// CanFinish reports whether the attempt may still connect the firm: its link is the newest
// one, or its account waits to be taken over. An attempt that no longer can never can again,
// so what it left behind may be removed.
func (c Consent) CanFinish(attempt string) bool {
	return attempt != "" && (c.Attempt == attempt || c.proposed(attempt))
}

func (c Consent) proposed(attempt string) bool {
	return c.Pending != nil && c.Pending.Attempt == attempt
}

// Uses reports whether calls for the firm are made with the tokens of the attempt. While a
// disconnect is not finished, they are.
func (c Connection) Uses(attempt string) bool {
	return c.Through == attempt && (c.Leaving != nil || (c.State != "" && c.State != StatusDisconnected))
}

// Holds reports whether the account belongs to the firm, still or soon.
func (c Connection) Holds(a Account) bool {
	return c.Account.ID == a.ID || (c.Leaving != nil && c.Leaving.Account.ID == a.ID) || (c.Pending != nil && c.Pending.Account.ID == a.ID)
}

// Propose decides that the account waits to be confirmed. Said once for an attempt.
func (c Consent) Propose(p AccountProposed) []Event {
	if !c.CanFinish(p.Attempt) || c.proposed(p.Attempt) {
		return nil
	}
	return []Event{p}
}

// Asks reports whether another account waits to be confirmed at the time.
func (c Consent) Asks(now time.Time) bool {
	return c.Pending != nil && c.Pending.Confirmed.IsZero() && now.Before(c.Pending.Expires)
}

// Confirm decides that the account that was proposed is wanted.
func (c Consent) Confirm(account, by string, now time.Time) ([]Event, error) {
	p := c.Pending
	switch {
	case p == nil || p.Account.ID != account || (p.Confirmed.IsZero() && !c.Asks(now)):
		return nil, notPending()
	case !p.Confirmed.IsZero():
		return nil, nil
	}
	return []Event{AccountConfirmed{Attempt: p.Attempt, Account: p.Account, By: by}}, nil
}

// Drop decides that the account that was proposed is not taken over; without one there
// is nothing to drop.
func (c Consent) Drop(by string) []Event {
	if c.Pending == nil {
		return nil
	}
	return []Event{AccountDropped{Attempt: c.Pending.Attempt, Account: c.Pending.Account, By: by}}
}

// DropLate decides that the account that was proposed is not taken over, because nobody
// confirmed it in time.
func (c Consent) DropLate(now time.Time) []Event {
	if c.Pending == nil || !c.Pending.Confirmed.IsZero() || c.Asks(now) {
		return nil
	}
	return c.Drop("")
}

// Reject decides that an attempt that could still finish ends without a connection.
func (c Consent) Reject(e AuthorizationFailed) []Event {
	switch {
	case !c.CanFinish(e.Attempt):
		return nil
	case c.proposed(e.Attempt):
		return append(c.Drop(""), e)
	}
	return []Event{e}
}

// LeaveFor decides to leave the firm's account for another one that was confirmed.
func (c Connection) LeaveFor(attempt, by string) []Event {
	if !c.proposed(attempt) || c.Pending.Confirmed.IsZero() || c.Account.ID == c.Pending.Account.ID {
		return nil
	}
	return c.StartLeaving(by)
}

// Authorize decides that the firm is connected through the attempt: once, while the attempt
// can finish, and only after another account was confirmed and left.
func (c Connection) Authorize(e ConnectionAuthorized) []Event {
	left := c.Leaving == nil && (c.Account.ID == "" || c.Account.ID == e.Account.ID)
	if !c.CanFinish(e.Attempt) || c.NeedsConfirmation(e.Attempt, e.Account) || !left {
		return nil
	}
	return []Event{e}
}

func notPending() *Rejection {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeAccountNotPending,
		Message: "There is nothing to confirm any more",
		Remedy:  "A firm admin clicks “Connect to Smokeball” again under Settings → Integrations and signs in to that account."}}
}
