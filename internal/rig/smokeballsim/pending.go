package smokeballsim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// origin tells webhooks what caused them.
type origin struct {
	Account   string // id of the firm
	RequestID string
	User      string
	Source    string // "API" or "Smokeball"
}

// write is an accepted change on its way. It is data, not code, so that it can wait in a
// state file.
type write struct {
	origin
	Kind, Verb string          // name its effect, and the resource as the error webhook does
	Matter     string          // id of the matter that holds the resource; "": none does
	ID         string          // of the resource
	Body       json.RawMessage `json:",omitempty"` // what the effect needs to know beside these
	Sour       string          // why it fails instead of taking effect; "": it does not
	At         time.Time       // when it takes effect
}

// encoded is v as the body of a write. What came in as JSON can go out as JSON, so a
// failure is a mistake in this package.
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

// settle lets w take effect after the visibility delay, after everything that was
// accepted for the same resource before. The caller holds the lock.
func (s *store) settle(w write) {
	w.At = time.Now().Round(0).Add(s.within(s.config.VisibleAfter))
	for _, p := range s.pending {
		if p.ID == w.ID && !w.At.After(p.At) {
			w.At = p.At.Add(time.Millisecond)
		}
	}
	s.queue(w)
}

// queue keeps w among the pending writes, which lie in the order of their time.
func (s *store) queue(w write) {
	at, _ := slices.BinarySearchFunc(s.pending, w, func(p, w write) int { return cmp.Or(p.At.Compare(w.At), -1) })
	s.pending = slices.Insert(s.pending, at, w)
	s.later(time.Until(w.At), func() bool { return s.landUntil(w.At) })
}

// landUntil lets everything that is due by then take effect, oldest first, and tells
// whether there was anything.
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

// land lets w take effect now. What fails instead is told with an error webhook, and a
// resource that should have come of it is given up.
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

// landing is a write whose time has come.
type landing struct {
	*Server
	write
	firm *account
	home *matter // that holds the resource; nil: none does
}

// read takes the body of the write into v, numbers as they were written.
func (l *landing) read(v any) error {
	if err := json.Unmarshal(l.Body, v); err != nil {
		return fmt.Errorf("read the body of a pending write: %w", err)
	}
	return nil
}

func (l *landing) tell(event string, payload any) { l.notify(l.origin, event, payload) }
