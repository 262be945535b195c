package smokeballsim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// origin is what caused a webhook.
type origin struct {
	Account   string // id of the firm
	RequestID string
	User      string
	Source    string // "API" or "Smokeball"
}

// write is an accepted change that is not visible yet. It is data, not code, so that a state
// file can hold it.
type write struct {
	origin
	Kind, Verb string          // name its effect, and the resource as the error webhook does
	Matter     string          // id of the matter that holds the resource; "": none does
	ID         string          // of the resource
	Body       json.RawMessage `json:",omitempty"` // further input of the effect
	Sour       string          // why it fails instead of taking effect; "": it succeeds
	At         time.Time       // when it takes effect
}

// encoded is v as the body of a write. It panics on an error, because values that were decoded
// from JSON can be encoded.
func encoded(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return b
}

// path is where the resource is found, without its id.
func (w write) path() string {
	within := "/matters/" + w.Matter
	switch w.Kind {
	case "Contact":
		return "/contacts"
	case "Matter":
		return "/matters"
	case "Task":
		return "/tasks"
	case "Event":
		return "/events"
	case "Memo":
		return within + "/memos"
	}
	return within + "/documents/" + map[string]string{"File": "files", "Folder": "folders"}[w.Kind]
}

// settle schedules w after the visibility delay, and after all earlier writes to the same
// resource. The caller holds the lock.
func (s *store) settle(w write) {
	w.At = time.Now().Round(0).Add(s.within(s.config.VisibleAfter))
	for _, p := range s.pending {
		if p.ID == w.ID && !w.At.After(p.At) {
			w.At = p.At.Add(time.Millisecond)
		}
	}
	s.queue(w)
}

// queue inserts w into the pending writes, which are ordered by time.
func (s *store) queue(w write) {
	at, _ := slices.BinarySearchFunc(s.pending, w, func(p, w write) int { return cmp.Or(p.At.Compare(w.At), -1) })
	s.pending = slices.Insert(s.pending, at, w)
	s.later(time.Until(w.At), func() bool { return s.landUntil(w.At) })
}

// landUntil applies all writes that are due by then, oldest first, and reports whether there
// were any.
func (s *store) landUntil(then time.Time) bool {
	landed := false
	for len(s.pending) > 0 && !s.pending[0].At.After(then) {
		w := s.pending[0]
		s.pending = slices.Delete(s.pending, 0, 1)
		s.effect(w)
		landed = true
	}
	return landed
}

// land applies w. If it fails, an error webhook is sent, and a resource that it should have
// created is dropped.
func (s *Server) land(w write) {
	a := s.account(w.Account)
	l := &landing{Server: s, write: w, firm: a, home: a.matterHeld(w.Matter)}
	err := errors.New(w.Sour)
	switch {
	case w.Sour == "":
		err = effects[w.Kind+" "+w.Verb](l)
	case w.Verb == "make":
		err = errors.Join(effects[w.Kind+" drop"](l), err)
	}
	if err != nil {
		s.notify(w.origin, "error", lateError{w.Kind, w.ID, err.Error()})
	}
}

// lateError is the payload of the error webhook.
type lateError struct {
	ResourceName string `json:"resourceName"`
	ResourceID   string `json:"resourceId"`
	Message      string `json:"message"`
}

// landing is a write that is being applied.
type landing struct {
	*Server
	write
	firm *account
	home *matter // that holds the resource; nil: none does
}

// read decodes the body of the write into v, and keeps numbers as they were written.
func (l *landing) read(v any) error {
	if err := json.Unmarshal(l.Body, v); err != nil {
		return fmt.Errorf("read the body of a pending write: %w", err)
	}
	return nil
}

func (l *landing) tell(event string, payload any) { l.notify(l.origin, event, payload) }
