package domain

import "time"

// AccountClaimed says that a firm is the one that is connected to the account.
type AccountClaimed struct {
	Firm FirmID `json:"firm"`
}

// AccountFreed says that the firm is no longer connected to the account.
type AccountFreed struct {
	Firm FirmID `json:"firm"`
}

func (AccountClaimed) EventName() string { return "account.claimed.v1" }
func (AccountFreed) EventName() string   { return "account.freed.v1" }

// Claim is a Smokeball account and the firm that is connected to it.
type Claim struct {
	Firm FirmID // "": nobody
}

// Apply returns the claim after e.
func (c Claim) Apply(e Event, _ time.Time) Claim {
	switch e := e.(type) {
	case AccountClaimed:
		c.Firm = e.Firm
	case AccountFreed:
		c.Firm = ""
	}
	return c
}

// Take decides that the account is the firm's. One account cannot serve two firms:
// they would see each other's matters.
func (c Claim) Take(f FirmID) ([]Event, error) {
	switch c.Firm {
	case f:
		return nil, nil
	case "":
		return []Event{AccountClaimed{Firm: f}}, nil
	}
	return nil, &Rejection{Reason: Conflict, Failure: Failure{Code: CodeAccountInUse, Fault: FaultAccountInUse}}
}

// Free decides that the firm gives the account up.
func (c Claim) Free(f FirmID) []Event {
	if c.Firm != f {
		return nil
	}
	return []Event{AccountFreed{Firm: f}}
}
