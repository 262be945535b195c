package projections

import (
	"cmp"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// DeadLetterRow is an event that could not be taken in.
type DeadLetterRow struct {
	ID       string                 `json:"id"`
	Firm     domain.FirmID          `json:"firm_id"`
	State    domain.DeadLetterState `json:"state"`
	Subject  string                 `json:"subject"`
	Type     string                 `json:"type,omitempty"`
	Origin   domain.EventRef        `json:"origin"`
	Code     domain.Code            `json:"code"`   // as of the newest attempt
	Faults   []domain.FieldFault    `json:"faults"` // as of the newest attempt
	Header   domain.Header          `json:"header,omitempty"`
	Body     []byte                 `json:"body"` // its beginning, where Size is more than it has
	Size     int                    `json:"size"` // of the whole body in bytes
	At       time.Time              `json:"at"`
	Position uint64                 `json:"position"`
	Attempts int                    `json:"attempts,omitempty"` // retries in vain
	Tried    DeadLetterAction       `json:"tried,omitzero"`     // the newest of them
	Settled  DeadLetterAction       `json:"settled,omitzero"`
}

// DeadLetterAction is what somebody did, and when.
type DeadLetterAction struct {
	By     string    `json:"by"`
	ByName string    `json:"by_name,omitempty"`
	At     time.Time `json:"at"`
}

// DeadLetters lists what could not be taken in, by its state.
var DeadLetters = View[DeadLetterRow]{Name: "deadletters", Version: 4, Keys: deadLetterKeys, Fold: foldDeadLetter,
	Order: func(r DeadLetterRow) (string, uint64) { return deadLetterList(r.Firm, r.State), r.Position },
	Gone:  func(r DeadLetterRow) bool { return r.ID == "" }}

// deadLetterList names a firm's list of dead letters of a state.
func deadLetterList(f domain.FirmID, s domain.DeadLetterState) string {
	if f == "" {
		return ""
	}
	return string(f) + "." + string(s)
}

func deadLetterKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindDeadLetter {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

func foldDeadLetter(r DeadLetterRow, env eventstore.Envelope) DeadLetterRow {
	switch e := env.Event.(type) {
	case domain.DeadLettered:
		return DeadLetterRow{ID: env.Stream.ID, Firm: env.Stream.Firm, State: domain.DeadLetterOpen, Subject: e.Subject, Type: e.Type, Origin: e.Origin,
			Code: cmp.Or(e.Code, domain.CodeInvalidEvent), Faults: e.Faults, Header: e.Header, Body: e.Body, Size: max(e.Size, len(e.Body)),
			At: env.At, Position: uint64(env.Seq)}
	case domain.DeadLetterRetried:
		r.Code, r.Faults, r.Attempts, r.Tried = e.Code, e.Faults, r.Attempts+1, DeadLetterAction{By: e.By, ByName: e.ByName, At: env.At}
	case domain.DeadLetterSettled:
		r.State, r.Settled = e.State, DeadLetterAction{By: e.By, ByName: e.ByName, At: env.At}
		if e.By == "" { // its time is over
			r.Body, r.Header = nil, nil
		}
	case domain.DeadLetterExpired:
		return DeadLetterRow{}
	}
	return r
}

// listedBytes is how many bytes of bodies one part of a list may hold.
const listedBytes = 2 << 20

// DeadLetterRows reads dead letters.
type DeadLetterRows struct{ *file }

// DeadLetters lists a firm's dead letters of a state, newest first, from those before
// position on (0: all): at most limit of them, and fewer where they are large.
func (v DeadLetterRows) DeadLetters(firm domain.FirmID, state domain.DeadLetterState, before uint64, limit int) (list []DeadLetterRow, next uint64, err error) {
	bytes := 0
	err = v.view(func(tx *snapshot) error {
		return newest(tx, DeadLetters, deadLetterList(firm, state), before, func(r DeadLetterRow) bool {
			if bytes += len(r.Body); len(list) == limit || (len(list) > 0 && bytes > listedBytes) {
				next = list[len(list)-1].Position
				return false
			}
			list = append(list, r)
			return true
		})
	})
	return list, next, err
}

// OldDeadLetters lists a firm's open dead letters that came before a time.
func (v DeadLetterRows) OldDeadLetters(firm domain.FirmID, came time.Time) (ids []string, err error) {
	err = v.view(func(tx *snapshot) error {
		return newest(tx, DeadLetters, deadLetterList(firm, domain.DeadLetterOpen), 0, func(r DeadLetterRow) bool {
			if r.At.Before(came) {
				ids = append(ids, r.ID)
			}
			return true
		})
	})
	return ids, err
}

// DeadLetter is one of a firm's dead letters.
func (v DeadLetterRows) DeadLetter(firm domain.FirmID, id string) (row DeadLetterRow, ok bool, err error) {
	err = v.view(func(tx *snapshot) error {
		row, ok, err = get(tx, DeadLetters, rowKey(string(firm), id))
		return err
	})
	return row, ok, err
}

// DeadLetterCounts are numbers of dead letters.
type DeadLetterCounts struct {
	Open      int `json:"open,omitempty"`
	TakenIn   int `json:"taken_in,omitempty"`
	Discarded int `json:"discarded,omitempty"`
}

// after counts what the event makes of a dead letter.
func (c DeadLetterCounts) after(e domain.Event) DeadLetterCounts {
	switch e := e.(type) {
	case domain.DeadLettered:
		c.Open++
	case domain.DeadLetterSettled:
		*c.of(e.Was)--
		*c.of(e.State)++
	case domain.DeadLetterExpired:
		*c.of(e.Was)--
	}
	return c
}

func (c *DeadLetterCounts) of(s domain.DeadLetterState) *int {
	switch s {
	case domain.DeadLetterTakenIn:
		return &c.TakenIn
	case domain.DeadLetterDiscarded:
		return &c.Discarded
	}
	return &c.Open
}
