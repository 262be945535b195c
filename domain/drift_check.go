package domain

import "time"

// DriftCheckAsked says that a person had linked matters and their clients read again.
type DriftCheckAsked struct {
	Check  string   `json:"check"`
	Matter MatterID `json:"matter,omitempty"` // empty: all of the firm's
	By     string   `json:"by"`
	ByName string   `json:"by_name,omitempty"`
}

// DriftCheckMarked says that all of them are marked: each is read within the spare allowance.
type DriftCheckMarked struct {
	Check     string `json:"check"`
	Resources int    `json:"resources"` // that were marked, or were to be read anyway
}

// ReadAsked says that a person had a matter or a contact read again.
type ReadAsked struct {
	Check string `json:"check"`
}

func (DriftCheckAsked) EventName() string  { return "drift.check_asked.v1" }
func (DriftCheckMarked) EventName() string { return "drift.check_marked.v1" }
func (ReadAsked) EventName() string        { return "smokeball.read_asked.v1" }

// DriftChecks are the checks of a firm that are not marked yet.
type DriftChecks struct {
	Open []DriftCheckAsked `json:"open"`
}

// Apply returns the checks after e.
func (c DriftChecks) Apply(e Event, _ time.Time) DriftChecks {
	switch e := e.(type) {
	case DriftCheckAsked:
		c.Open = append(c.Open[:len(c.Open):len(c.Open)], e)
	case DriftCheckMarked:
		var open []DriftCheckAsked
		for _, other := range c.Open {
			if other.Check != e.Check {
				open = append(open, other)
			}
		}
		c.Open = open
	}
	return c
}

// Ask decides to check, unless a check that includes it is under way.
func (c DriftChecks) Ask(e DriftCheckAsked) []Event {
	for _, open := range c.Open {
		if open.Matter == "" || open.Matter == e.Matter {
			return nil
		}
	}
	return []Event{e}
}

// Finish decides that all of the check are marked.
func (c DriftChecks) Finish(id string, resources int) []Event {
	for _, open := range c.Open {
		if open.Check == id {
			return []Event{DriftCheckMarked{Check: id, Resources: resources}}
		}
	}
	return nil
}

// AskRead decides that the resource is read again, unless it is to be read anyway.
func (h Hints) AskRead(check string) []Event {
	if h.Pending() || h.Wanted {
		return nil
	}
	return []Event{ReadAsked{Check: check}}
}
