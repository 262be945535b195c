package projections

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// ErasureRow is an erasure of a matter's or a client's data.
type ErasureRow struct {
	Firm     domain.FirmID                  `json:"firm"`
	ID       domain.EraseID                 `json:"id"`
	Subject  domain.EraseSubject            `json:"subject"`
	By       string                         `json:"by"`
	At       time.Time                      `json:"at"`
	Position uint64                         `json:"position"` // of its first event
	Done     map[domain.EraseStep]time.Time `json:"done,omitempty"`
	Changed  uint64                         `json:"changed"` // ledger position of its last change
}

// Erasures lists all erasures.
var Erasures = View[ErasureRow]{Name: "erasures", Version: 2, Keys: erasureKeys, Fold: foldErasure,
	Order:   func(r ErasureRow) (string, uint64) { return string(r.Firm), r.Position },
	Changed: func(r ErasureRow) uint64 { return r.Changed }}

func erasureKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindErasure {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

func foldErasure(r ErasureRow, env eventstore.Envelope) ErasureRow {
	switch e := env.Event.(type) {
	case domain.EraseRequested:
		r = ErasureRow{Firm: env.Stream.Firm, ID: domain.EraseID(env.Stream.ID), Subject: e.Subject, By: e.By, At: env.At, Position: uint64(env.Seq)}
	case domain.EraseStepDone:
		done := map[domain.EraseStep]time.Time{e.Step: env.At}
		for step, at := range r.Done {
			done[step] = at
		}
		r.Done = done
	}
	r.Changed = uint64(env.Seq)
	return r
}

// ErasureRows reads the erasures.
type ErasureRows struct{ *file }

// Of are a firm's erasures.
func (v ErasureRows) Of(f domain.FirmID) (list []ErasureRow, err error) {
	err = v.view(func(tx *snapshot) error {
		list = nil // it may be read again
		return eachWith(tx, Erasures, rowKey(string(f), ""), func(r ErasureRow) { list = append(list, r) })
	})
	return list, err
}

// All are the erasures of all firms.
func (v ErasureRows) All() (list []ErasureRow, err error) {
	err = v.view(func(tx *snapshot) error {
		return all(tx, Erasures, func(_ string, r ErasureRow) bool {
			list = append(list, r)
			return true
		})
	})
	return list, err
}
