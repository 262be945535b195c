package smokeballsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// memory is what a state file holds: all that the vendor would remember. The bytes of
// files, webhooks on their way, armed faults and the logs are left out.
type memory struct {
	Starts    uint64 // how often the file was taken up again
	URL       string
	Accounts  []*account
	Revised   map[string]matterType
	Codes     map[string]grant
	Access    map[string]grant
	Refresh   map[string]grant
	Transfers map[string]transfer
	Pending   []write
}

// account is what a firm held; nil: it was not there.
func (m memory) account(id string) *account {
	for _, a := range m.Accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// load reads the memory of c's state file: an empty one where there is no file yet.
func load(c Config) (memory, error) {
	var m memory
	if c.StateFile == "" {
		return m, nil
	}
	body, err := readState(c.StateFile)
	if err != nil || body == nil {
		return m, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("%w: %w", errDamaged, err)
	}
	m.Starts++
	return m, m.check(c)
}

// check refuses what cannot be taken up under c.
func (m memory) check(c Config) error {
	named := map[string]bool{}
	for _, a := range c.Accounts {
		named[a.ID] = true
	}
	for _, a := range m.Accounts {
		if !named[a.ID] {
			return fmt.Errorf("it holds the account %q, which is not configured: add the account, or use another file", a.ID)
		}
	}
	for _, w := range m.Pending {
		if effects[w.Kind+" "+w.Verb] == nil {
			return fmt.Errorf("%w: no write does %q to a %s", errDamaged, w.Verb, w.Kind)
		}
	}
	return nil
}

// commit brings the state file up to date, where there is one. Whoever changed something
// calls it before anybody hears of the change. The caller holds the lock.
func (s *store) commit() error {
	if s.config.StateFile == "" {
		return nil
	}
	if s.closed {
		return fmt.Errorf("keep the state in %s: the server is closed", s.config.StateFile)
	}
	body, err := json.Marshal(memory{
		Starts: s.starts, URL: s.url, Accounts: s.accounts, Revised: s.revised, Codes: s.codes,
		Access: s.access, Refresh: s.refresh, Transfers: s.moving, Pending: s.pending,
	})
	if err != nil {
		return fmt.Errorf("encode the state: %w", err)
	}
	return writeState(s.config.StateFile, body)
}

// committed is commit where nobody can be told why it fails.
func (s *store) committed() bool {
	err := s.commit()
	if err != nil {
		s.config.Log.Error("state not kept", "err", err)
	}
	return err == nil
}

// resume takes up what was on its way when the file was written, and keeps that it has
// started: from here on the ids of this start are used up.
func (s *Server) resume(was memory) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revise(was.Revised)
	for code, g := range was.Codes {
		s.keepCode(code, g)
	}
	for token, g := range was.Access {
		s.keepAccess(token, g)
	}
	for token, g := range was.Refresh {
		s.keepRefresh(token, g)
	}
	for key, t := range was.Transfers {
		s.keepTransfer(key, t)
	}
	for _, w := range was.Pending {
		s.queue(w)
	}
	for _, a := range s.accounts {
		s.resumeAccount(a)
	}
	return s.commit()
}

// revise repeats the edits of matter types.
func (s *store) revise(types map[string]matterType) {
	maps.Copy(s.revised, types)
	for i, t := range s.types {
		if r, edited := types[t.ID]; edited {
			s.types[i] = r
		}
	}
}

// resumeAccount finds again what follows from what is kept: the zones of events and the
// ends of upload addresses.
func (s *Server) resumeAccount(a *account) {
	for _, e := range a.Events.slots {
		e.value.zone = e.value.In.zone()
	}
	for _, m := range a.Matters.slots {
		for _, f := range m.value.Files.slots {
			if len(f.value.Contents) == 0 && !f.value.Cancelled {
				s.expectBytes(f.value)
			}
		}
	}
}

// zone is the event's own time zone; readEvent has seen that there is one.
func (in eventIn) zone() *time.Location {
	zone, err := time.LoadLocation(in.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}
