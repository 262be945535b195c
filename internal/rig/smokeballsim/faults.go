package smokeballsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kind says how a call or a webhook goes wrong.
type Kind string

// The kinds of faults. The first five concern calls, FailLate concerns writes that were
// answered 202, the last three concern webhooks.
const (
	Status    Kind = "status"    // answer Fault.Status without doing anything
	Slow      Kind = "delay"     // do it, Fault.Delay later
	Reset     Kind = "reset"     // cut the connection before anything is done
	LoseReply Kind = "lose"      // do it and cut the connection without an answer
	Cut       Kind = "cut"       // do it and cut the connection in the middle of the answer
	FailLate  Kind = "fail-late" // accept it, then send the error webhook instead of doing it
	Duplicate Kind = "duplicate" // deliver the webhook twice
	Reorder   Kind = "reorder"   // deliver the webhook Fault.Delay later, after newer ones
	Drop      Kind = "drop"      // never deliver the webhook
)

// Fault describes a fault to inject.
type Fault struct {
	// Route names the calls: method and pattern as in the API's description, where *
	// stands for any run of characters ("POST /matters", "GET *"). For webhooks it names
	// the event types ("matter.*"). Empty: all of them.
	Route string `json:"route"`
	Kind  Kind   `json:"kind"`
	// Status is the status to answer, for Status; 503 if 0.
	Status int `json:"status,omitempty"`
	// Delay is the delay of Slow and Reorder; 2 s if 0.
	Delay Duration `json:"delay,omitempty"`
	// Message is what the error webhook says, for FailLate.
	Message string `json:"message,omitempty"`
	// Count is how often it happens; 0: until ClearFaults.
	Count int `json:"count,omitempty"`
	// Probability is the chance that the fault hits a call, between 0 and 1; 0: it hits each.
	Probability float64 `json:"probability,omitempty"`
}

// Duration is a time.Duration that JSON spells as Go does ("1.5s").
type Duration time.Duration

// UnmarshalJSON reads "1.5s".
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("duration is not a string such as \"1.5s\": %w", err)
	}
	v, err := time.ParseDuration(text)
	*d = Duration(v)
	return err
}

// MarshalJSON writes "1.5s".
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// rule is a fault that is armed.
type rule struct {
	Fault
	left int
}

// Fault arms f in addition to the faults that are armed already; the oldest that matches a
// call applies. It fails if f is invalid.
func (s *store) Fault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &rule{f, f.Count})
	return nil
}

// ClearFaults disarms all faults.
func (s *store) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

func (f *Fault) check() error {
	switch f.Kind {
	case Status, Slow, Reset, LoseReply, Cut, FailLate, Duplicate, Reorder, Drop:
	default:
		return fmt.Errorf("fault kind %q is unknown: use one of status, delay, reset, lose, cut, fail-late, duplicate, reorder, drop", f.Kind)
	}
	if f.Status == 0 {
		f.Status = http.StatusServiceUnavailable
	}
	if f.Status < 200 || f.Status > 599 {
		return fmt.Errorf("fault status %d is no HTTP status: use 200 to 599", f.Status)
	}
	if f.Delay == 0 {
		f.Delay = Duration(2 * time.Second)
	}
	if f.Message == "" {
		f.Message = "The request could not be processed."
	}
	if f.Count < 0 || f.Delay < 0 || f.Probability < 0 || f.Probability > 1 {
		return fmt.Errorf("fault count %d, delay %s or probability %v is out of range", f.Count, time.Duration(f.Delay), f.Probability)
	}
	return nil
}

// strike finds the fault that hits what, a route or an event type, and counts it. The caller
// holds the lock.
func (s *store) strike(what string, kinds ...Kind) (Fault, bool) {
	for i, r := range s.rules {
		if !r.fits(what, kinds) || !s.hit(r.Probability) {
			continue
		}
		if r.left == 1 {
			s.rules = append(s.rules[:i:i], s.rules[i+1:]...)
		}
		r.left--
		return r.Fault, true
	}
	return Fault{}, false
}

func (r *rule) fits(what string, kinds []Kind) bool {
	return slices.Contains(kinds, r.Kind) &&
		(r.Route == "" || wildcard(strings.ToLower(r.Route), strings.ToLower(what)))
}

// misbehave performs a call and sends its answer, or does what an armed fault requires.
func (s *store) misbehave(w http.ResponseWriter, pattern string, perform func(sour string) answer) {
	s.mu.Lock()
	f, hit := s.strike(pattern, callFaults(pattern)...)
	s.mu.Unlock()
	if !hit {
		send(w, perform(""))
		return
	}
	switch f.Kind {
	case Status:
		send(w, refused(f.Status))
	case Reset:
		panic(http.ErrAbortHandler)
	case Slow:
		s.pause(time.Duration(f.Delay))
		send(w, perform(""))
	case LoseReply:
		perform("")
		panic(http.ErrAbortHandler)
	case Cut:
		sendHalf(w, perform(""))
	default:
		send(w, perform(f.Message))
	}
}

// callFaults are the kinds that can hit a call: only writes can fail late.
func callFaults(pattern string) []Kind {
	kinds := []Kind{Status, Slow, Reset, LoseReply, Cut}
	if strings.HasPrefix(pattern, "GET ") {
		return kinds
	}
	return append(kinds, FailLate)
}

func refused(status int) answer {
	b, err := json.Marshal(newProblem(status, "The service cannot answer now."))
	if err != nil {
		return answer{status: http.StatusInternalServerError}
	}
	return answer{status, http.Header{"Content-Type": {"application/problem+json"}}, b}
}

// sendHalf announces the whole body, sends half of it and cuts the connection.
func sendHalf(w http.ResponseWriter, a answer) {
	half := a.body[:len(a.body)/2]
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set("Content-Length", fmt.Sprint(len(a.body)))
	send(w, answer{a.status, a.header, half})
	_ = http.NewResponseController(w).Flush() // in memory there is nothing to flush
	panic(http.ErrAbortHandler)
}
