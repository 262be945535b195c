package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Erasures destroy what the engine has of a matter's or a client's persons.
type Erasures struct {
	Erasures ports.Erasures
	Progress reading.Progress
}

type eraseMatterInput struct {
	FirmPath
	Matter string `path:"matter" doc:"The matter's id in CaseHug."`
}

type eraseClientInput struct {
	FirmPath
	Client string `path:"client" doc:"The client's id in CaseHug."`
}

type erasureInput struct {
	FirmPath
	ID string `path:"id" doc:"The erasure's id."`
}

// erasureBody is how an erasure stands.
type erasureBody struct {
	ID      string        `json:"erase_id"`
	Matter  *string       `json:"matter_id" doc:"The matter whose data are erased; null: a client's are."`
	Client  *string       `json:"client_id" doc:"The client whose data are erased, with all matters that name the client; null: a matter's are."`
	Status  string        `json:"status" enum:"running,done"`
	By      string        `json:"requested_by"`
	ByName  *string       `json:"requested_by_name" doc:"How whoever asked is called; null: not known."`
	At      time.Time     `json:"requested_at"`
	Matters []string      `json:"matters" doc:"All matters whose data are erased."`
	Clients []string      `json:"clients" doc:"All clients whose data are erased: those whom no other matter names."`
	Steps   []erasureStep `json:"steps"`
	// Backups is shown where the erasure is read.
	Backups *time.Time `json:"backups_until,omitempty" doc:"Until when backups are kept that were made before and still hold what is erased. Left out: there are none."`
}

type erasureStep struct {
	Name string     `json:"name" enum:"syncs,documents,messages,keys,views,traces"`
	Done *time.Time `json:"done_at" doc:"Null: not yet."`
}

// Matter asks to erase the data of a matter, and of its clients whom no other matter names.
func (e Erasures) Matter(ctx context.Context, in *eraseMatterInput) (*change[erasureBody], error) {
	return e.request(ctx, in.firm(), domain.EraseSubject{Matter: domain.MatterID(in.Matter)})
}

// Client asks to erase the data of a client, and of all matters that name the client.
func (e Erasures) Client(ctx context.Context, in *eraseClientInput) (*change[erasureBody], error) {
	return e.request(ctx, in.firm(), domain.EraseSubject{Client: domain.ClientID(in.Client)})
}

func (e Erasures) request(ctx context.Context, f domain.FirmID, s domain.EraseSubject) (*change[erasureBody], error) {
	id, now, position, err := e.Erasures.Erase(ctx, auth.Actor(ctx, f), s)
	if err == nil {
		err = e.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	return changed(position, erasureOf(id, now)), nil
}

// Get tells how an erasure stands.
func (e Erasures) Get(ctx context.Context, in *erasureInput) (*answer[erasureBody], error) {
	now, err := e.Erasures.Erasure(ctx, in.firm(), domain.EraseID(in.ID))
	if err != nil {
		return nil, err
	}
	return &answer[erasureBody]{Body: erasureOf(domain.EraseID(in.ID), now)}, nil
}

func erasureOf(id domain.EraseID, e domain.Erasure) erasureBody {
	b := erasureBody{ID: string(id), Matter: reading.Known(string(e.Subject.Matter)), Client: reading.Known(string(e.Subject.Client)), Status: "running", By: e.By, ByName: reading.Known(e.ByName), At: e.At,
		Matters: []string{}, Clients: []string{}}
	if e.Next() == "" {
		b.Status = "done"
	}
	if e.Found != nil {
		for _, m := range e.Found.Matters {
			b.Matters = append(b.Matters, string(m))
		}
		for _, c := range e.Found.Clients {
			b.Clients = append(b.Clients, string(c))
		}
	}
	b.Backups = reading.Known(domain.LastUntil(e.Backups))
	for _, step := range domain.EraseSteps() {
		s := erasureStep{Name: string(step)}
		if at, ok := e.Done[step]; ok {
			s.Done = &at
		}
		b.Steps = append(b.Steps, s)
	}
	return b
}
