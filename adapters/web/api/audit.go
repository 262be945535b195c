package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// AuditBody is what somebody did or was refused. An unknown value is null.
type AuditBody struct {
	Position uint64              `json:"position" doc:"The ledger position of the event that proves it."`
	At       time.Time           `json:"at"`
	Actor    AuditActor          `json:"actor"`
	Action   domain.Action       `json:"action" doc:"A stable word, such as settings.change."`
	Target   *string             `json:"target" doc:"The id that it was about; for another firm's things that firm's id as it was asked for."`
	Outcome  domain.AuditOutcome `json:"outcome" enum:"done,refused"`
	Code     *domain.Code        `json:"code" doc:"Why it was refused."`
	Reason   *string             `json:"reason"`
	Times    int                 `json:"times" doc:"How often the same was refused within a minute; 1 for what was done."`
	LastAt   time.Time           `json:"last_at" doc:"When the last repetition was counted."`
	Event    AuditEvent          `json:"event"`
}

// AuditActor is who did it.
type AuditActor struct {
	Subject string       `json:"sub"`
	Name    *string      `json:"name"`
	Role    *domain.Role `json:"role" doc:"Null where the fact does not tell."`
}

// AuditEvent is the event that proves it.
type AuditEvent struct {
	Name     string `json:"name"`
	Position uint64 `json:"position"`
	Hash     string `json:"hash" doc:"Its link of its stream's hash chain: SHA-256 in hex."`
}

type auditInput struct {
	Reading
	reading.Paging
	Actor   string    `query:"actor" maxLength:"200" doc:"sub of the user."`
	Action  string    `query:"action" maxLength:"100" doc:"Such as settings.change."`
	Outcome string    `query:"outcome" enum:"done,refused"`
	From    time.Time `query:"from" doc:"At or after."`
	To      time.Time `query:"to" doc:"Before."`
}

func (in auditInput) query() (projections.AuditQuery, error) {
	before, err := in.Before()
	return projections.AuditQuery{Actor: in.Actor, Action: domain.Action(in.Action), Outcome: domain.AuditOutcome(in.Outcome),
		From: in.From, To: in.To, Before: before, Limit: in.Limit}, err
}

// Audit is a firm's audit trail.
type Audit struct{ Audit reading.Audit }

// List lists the trail, newest first.
func (a Audit) List(ctx context.Context, in *auditInput) (*answer[list[AuditBody]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	page, err := a.Audit.Read(ctx, in.firm(), q)
	if err != nil {
		return nil, err
	}
	var items []AuditBody
	for _, r := range page.Rows {
		items = append(items, auditBody(r, page.NameOfActor(auth.User(ctx), r)))
	}
	return &answer[list[AuditBody]]{Body: listOf(items, page.Next)}, nil
}

func auditBody(r projections.AuditRow, name string) AuditBody {
	return AuditBody{Position: r.Position, At: r.At, Actor: AuditActor{Subject: r.Actor, Name: reading.Known(name), Role: reading.Known(r.Role)},
		Action: r.Action, Target: reading.Known(r.Target), Outcome: r.Outcome(), Code: reading.Known(r.Code), Reason: reading.Known(r.Why()), Times: r.Times, LastAt: r.Last,
		Event: AuditEvent{Name: r.Event, Position: r.Position, Hash: r.Hash}}
}
