package domain

import "time"

// ConnectionTroubled says that Smokeball does not answer the firm's calls, or refuses what
// it should not, although the firm's authorization stands. It ends by itself.
type ConnectionTroubled struct {
	Failure Failure   `json:"failure"`
	Since   time.Time `json:"since"`
}

// ConnectionRecovered says that Smokeball serves the firm again: after trouble, or after
// its authorization was taken for lost or ended and turned out to be good.
type ConnectionRecovered struct {
	ReauthorizeBy time.Time `json:"reauthorize_by,omitzero"` // zero: no end is known
}

func (ConnectionTroubled) EventName() string  { return "connection.troubled.v1" }
func (ConnectionRecovered) EventName() string { return "connection.recovered.v1" }

// Trouble is what keeps Smokeball from serving a connected firm.
type Trouble struct {
	Failure Failure
	Since   time.Time // when the first call failed
	At      time.Time // when it was recorded
}

const (
	// longestGrant is how long a newer app's authorization lasts at Smokeball, which does
	// not tell.
	longestGrant = 180 * day
	// FirstRecheck is how long after its loss an authorization is checked again.
	FirstRecheck = 5 * time.Minute
)

// applyTrouble folds what is said of how Smokeball serves the firm.
func (c Connection) applyTrouble(e Event, at time.Time) Connection {
	switch e := e.(type) {
	case ConnectionTroubled:
		c.Trouble = &Trouble{Failure: e.Failure, Since: e.Since, At: at}
	case ConnectionRecovered:
		if c.State != StatusConnected {
			c.Hooks.Stale = c.Hooks.Wanted // Smokeball may have removed the subscription
		}
		c.RecoveredAt, c.TroubledAt = at, c.troubledSince()
		c.State, c.ReauthorizeBy, c.LostAt, c.LastFailure, c.Trouble = StatusConnected, e.ReauthorizeBy, time.Time{}, nil, nil
	}
	return c
}

// troubledSince is when Smokeball stopped serving the firm; zero: it is not known.
func (c Connection) troubledSince() time.Time {
	if c.Trouble == nil {
		return c.LostAt
	}
	return c.Trouble.Since
}

// lost is the connection whose authorization does not count any more.
func (c Connection) lost(s ConnectionStatus, f Failure, at time.Time) Connection {
	c.State, c.LastFailure, c.LostAt, c.Trouble = s, &f, at, nil
	return c
}

// Suffer decides that Smokeball does not serve the firm. Trouble of one kind is said once.
func (c Connection) Suffer(e ConnectionTroubled) []Event {
	switch known := c.Trouble; {
	case c.State != StatusConnected:
		return nil
	case known == nil:
		return []Event{e}
	case known.Failure.Code == e.Failure.Code && known.Failure.status() == e.Failure.status():
		return nil
	}
	e.Since = c.Trouble.Since
	return []Event{e}
}

// status is the HTTP status of Smokeball's answer, 0 where there was none.
func (f Failure) status() int {
	if f.Smokeball == nil {
		return 0
	}
	return f.Smokeball.Status
}

// Recover decides that Smokeball serves the firm: that it accepts the authorization has been
// seen. One that outlives the end that was reckoned with is of the longer kind.
func (c Connection) Recover(now time.Time) []Event {
	switch {
	case c.State == StatusConnected && c.Trouble == nil, !c.Lost() && c.State != StatusConnected:
		return nil
	case c.ReauthorizeBy.IsZero() || now.Before(c.ReauthorizeBy):
		return []Event{ConnectionRecovered{ReauthorizeBy: c.ReauthorizeBy}}
	case now.Before(c.At.Add(longestGrant)):
		return []Event{ConnectionRecovered{ReauthorizeBy: c.At.Add(longestGrant)}}
	}
	return []Event{ConnectionRecovered{}}
}

// Lost reports whether the authorization was taken for lost or ended, and nobody has
// disconnected since.
func (c Connection) Lost() bool {
	return c.State == StatusRevoked || c.State == StatusReauthorizationRequired
}
