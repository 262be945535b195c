package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// ErasureList lists all erasures, by ids alone. A restore takes it to do them again.
type ErasureList struct {
	Items     []ErasureRow `json:"items" nullable:"false"`
	Made      time.Time    `json:"made_at" doc:"What was asked for later is not in the list."`
	Position  uint64       `json:"position" doc:"The ledger position that it includes."`
	Signature string       `json:"signature" doc:"Of the whole list, with the engine's master keyset: a restore refuses one that was changed."`
}

// ErasureRow is an erasure of a firm.
type ErasureRow struct {
	Firm      string     `json:"firm_id"`
	ID        string     `json:"erase_id"`
	Matter    string     `json:"matter_id,omitempty" doc:"The matter whose data are erased; left out: a client's are."`
	Client    string     `json:"client_id,omitempty" doc:"The client whose data are erased, with all matters that name the client; left out: a matter's are."`
	By        string     `json:"requested_by"`
	At        time.Time  `json:"requested_at"`
	Done      *time.Time `json:"done_at" doc:"Null: not yet."`
	Matters   []string   `json:"matters" nullable:"false" doc:"All matters whose data are erased."`
	Clients   []string   `json:"clients" nullable:"false" doc:"All clients whose data are erased."`
	Streams   []string   `json:"streams" nullable:"false" doc:"Other streams of the ledger whose data are erased."`
	Resources []string   `json:"smokeball_ids" nullable:"false" doc:"What of it Smokeball has."`
}

// All lists the erasures of all firms.
func (e Erasures) All(ctx context.Context, _ *struct{}) (*answer[ErasureList], error) {
	list, err := e.Erasures.All(ctx)
	if err != nil {
		return nil, err
	}
	return &answer[ErasureList]{Body: ErasureListOf(list)}, nil
}

// ErasureListOf is a list as it is shown and kept.
func ErasureListOf(list domain.ErasureList) ErasureList {
	out := ErasureList{Items: []ErasureRow{}, Made: list.Made, Position: list.Position, Signature: list.Signature}
	for _, entry := range list.Entries {
		out.Items = append(out.Items, erasureRow(entry))
	}
	return out
}

func erasureRow(e domain.ErasureEntry) ErasureRow {
	r := ErasureRow{Firm: string(e.Firm), ID: string(e.ID), Matter: string(e.Subject.Matter), Client: string(e.Subject.Client), By: e.By, At: e.At}
	found := domain.EraseFound{}
	if e.Found != nil {
		found = *e.Found
	}
	r.Matters, r.Clients = namesOf[string](found.Matters), namesOf[string](found.Clients)
	r.Streams, r.Resources = namesOf[string](found.Streams), namesOf[string](found.Resources)
	if at, done := e.Done[domain.EraseTraces]; done {
		r.Done = &at
	}
	return r
}

// List is what the list says.
func (l ErasureList) List() domain.ErasureList {
	list := domain.ErasureList{Made: l.Made, Position: l.Position, Signature: l.Signature}
	for _, r := range l.Items {
		e := domain.ErasureEntry{Firm: domain.FirmID(r.Firm), ID: domain.EraseID(r.ID)}
		e.At, e.Subject, e.By = r.At, domain.EraseSubject{Matter: domain.MatterID(r.Matter), Client: domain.ClientID(r.Client)}, r.By
		e.Found = &domain.EraseFound{Matters: namesOf[domain.MatterID](r.Matters), Clients: namesOf[domain.ClientID](r.Clients), Streams: r.Streams, Resources: namesOf[domain.SmokeballID](r.Resources)}
		if r.Done != nil {
			e.Done = map[domain.EraseStep]time.Time{domain.EraseTraces: *r.Done}
		}
		list.Entries = append(list.Entries, e)
	}
	return list
}

// namesOf are ids of one type as those of another.
func namesOf[T, F ~string](from []F) []T {
	to := make([]T, len(from))
	for i, id := range from {
		to[i] = T(id)
	}
	return to
}
