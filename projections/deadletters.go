package projections

import (
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// DeadLetterRow is an event that could not be taken in.
type DeadLetterRow struct {
	ID       string              `json:"id"`
	Firm     domain.FirmID       `json:"firm_id"`
	Subject  string              `json:"subject"`
	Type     string              `json:"type,omitempty"`
	Origin   domain.EventRef     `json:"origin"`
	Faults   []domain.FieldFault `json:"faults"`
	Body     []byte              `json:"body"`
	At       time.Time           `json:"at"`
	Position uint64              `json:"position"`
}

// DeadLetters lists what could not be taken in.
var DeadLetters = View[DeadLetterRow]{Name: "deadletters", Version: 1, Keys: deadLetterKeys, Fold: foldDeadLetter,
	Order: func(r DeadLetterRow) (string, uint64) { return string(r.Firm), r.Position }}

func deadLetterKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindDeadLetter {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

func foldDeadLetter(r DeadLetterRow, env eventstore.Envelope) DeadLetterRow {
	if e, ok := env.Event.(domain.DeadLettered); ok {
		r = DeadLetterRow{ID: env.Stream.ID, Firm: env.Stream.Firm, Subject: e.Subject, Type: e.Type, Origin: e.Origin,
			Faults: e.Faults, Body: e.Body, At: env.At, Position: uint64(env.Seq)}
	}
	return r
}

// DeadLetters lists a firm's, newest first, from those before position on (0: all).
func (v *Views) DeadLetters(firm domain.FirmID, before uint64, limit int) (list []DeadLetterRow, next uint64, err error) {
	err = v.db.View(func(tx *bbolt.Tx) error {
		return newest(tx, DeadLetters, string(firm), before, func(r DeadLetterRow) bool {
			if len(list) == limit {
				next = list[len(list)-1].Position
				return false
			}
			list = append(list, r)
			return true
		})
	})
	return list, next, err
}
