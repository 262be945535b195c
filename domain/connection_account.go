package domain

import "time"

// PendingLifetime is how long another account waits to be confirmed.
const PendingLifetime = 10 * time.Minute

// NeedsConfirmation reports whether taking the account over would let the firm's links
// point elsewhere, and nobody has said yet that this is wanted.
func (c Connection) NeedsConfirmation(attempt string, account Account) bool {
	known := c.Known()
	confirmed := c.Pending != nil && c.Pending.Attempt == attempt && !c.Pending.Confirmed.IsZero()
	return known.ID != "" && known.ID != account.ID && !confirmed
}

// Propose decides that the account waits to be confirmed. Said once for an attempt.
func (c Connection) Propose(p AccountProposed) []Event {
	if c.Pending != nil && c.Pending.Attempt == p.Attempt {
		return nil
	}
	return []Event{p}
}

// Asks reports whether another account waits to be confirmed at the time.
func (c Connection) Asks(now time.Time) bool {
	return c.Pending != nil && c.Pending.Confirmed.IsZero() && now.Before(c.Pending.Expires)
}

// Confirm decides that the account that was proposed is wanted.
func (c Connection) Confirm(account, by string, now time.Time) ([]Event, error) {
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
func (c Connection) Drop(by string) []Event {
	if c.Pending == nil {
		return nil
	}
	return []Event{AccountDropped{Attempt: c.Pending.Attempt, Account: c.Pending.Account, By: by}}
}

// Authorize decides that the firm is connected through the attempt. Said once.
func (c Connection) Authorize(e ConnectionAuthorized) []Event {
	if e.Attempt != "" && c.Through == e.Attempt {
		return nil
	}
	return []Event{e}
}

func notPending() *Rejection {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeAccountNotPending,
		Message: "There is nothing to confirm any more",
		Remedy:  "A firm admin clicks “Connect to Smokeball” again under Settings → Integrations and signs in to that account."}}
}
