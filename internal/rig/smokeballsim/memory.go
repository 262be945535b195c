package smokeballsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// memory is the content of a state file: everything that the vendor would store. File bytes,
// webhooks in flight, armed faults and the logs are left out.
type memory struct {
	Starts    uint64 // how often a server has started with the file
	URL       string
	Accounts  []*account
	Revised   map[string]matterType
	Codes     map[string]grant
	Access    map[string]grant
	Refresh   map[string]grant
	Transfers map[string]transfer
	Pending   []write
}

// account is a firm's data; nil: the file has no such firm.
func (m memory) account(id string) *account {
	for _, a := range m.Accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// load reads c's state file; without a file it returns an empty memory.
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

// check refuses a memory that does not fit c.
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

// commit writes the state file, if there is one. Each change calls it before the change can be
// observed. The caller holds the lock.
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

// committed is commit for changes without a caller: it logs the error.
func (s *store) committed() bool {
	err := s.commit()
	if err != nil {
		s.config.Log.Error("state not kept", "err", err)
	}
	return err == nil
}

// resume schedules what was pending when the file was written, and records this start, so that
// its random series is never used again.
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

// revise applies the recorded edits of matter types.
func (s *store) revise(types map[string]matterType) {
	maps.Copy(s.revised, types)
	for i, t := range s.types {
		if r, edited := types[t.ID]; edited {
			s.types[i] = r
		}
	}
}

// resumeAccount restores derived state: the zones of events and the expiry of upload
// addresses.
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

// zone returns the event's time zone; readEvent has validated it.
func (in eventIn) zone() *time.Location {
	zone, err := time.LoadLocation(in.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}
