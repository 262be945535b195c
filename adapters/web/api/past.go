package api

import (
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// PastPosition is PastBody for answers that have no position of their own.
type PastPosition struct {
	reading.PastBody
	Position *uint64 `json:"position,omitempty" doc:"The ledger position of the newest fact; 0: there was none yet. Only with as_of."`
}

func only(facts []projections.Fact, wanted func(domain.Event) bool) []projections.Fact {
	var list []projections.Fact
	for _, f := range facts {
		if wanted(f.Event) {
			list = append(list, f)
		}
	}
	return list
}

func provenBy(at time.Time, facts []projections.Fact) PastPosition {
	position := newestOf(facts)
	return PastPosition{PastBody: reading.PastBody{AsOf: &at, Proof: proofOf(facts)}, Position: &position}
}

// newestOf is the position of the newest fact; the facts are in the order of the ledger.
func newestOf(facts []projections.Fact) uint64 {
	if len(facts) == 0 {
		return 0
	}
	return facts[len(facts)-1].Position
}

func proofOf(facts []projections.Fact) []reading.ProofBody {
	list := make([]reading.ProofBody, 0, len(facts))
	for _, f := range facts {
		entry, _ := domain.AuditEntryOf(f.Stream, f.Event)
		list = append(list, reading.ProofBody{Position: f.Position, Stream: f.Stream.String(), Version: f.Version, Name: f.Event.EventName(), At: f.At,
			By: reading.Known(entry.Actor), Hash: f.Hash})
	}
	return list
}
