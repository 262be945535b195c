package web

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// AuditBody is what somebody did or was refused. What is not known is null.
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

// AuditActor is who it was.
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
	Paging
	Actor   string    `query:"actor" maxLength:"200" doc:"sub of the user."`
	Action  string    `query:"action" maxLength:"100" doc:"Such as settings.change."`
	Outcome string    `query:"outcome" enum:"done,refused"`
	From    time.Time `query:"from" doc:"At or after."`
	To      time.Time `query:"to" doc:"Before."`
}

func (in auditInput) query() (projections.AuditQuery, error) {
	before, err := in.before()
	return projections.AuditQuery{Actor: in.Actor, Action: domain.Action(in.Action), Outcome: domain.AuditOutcome(in.Outcome),
		From: in.From, To: in.To, Before: before, Limit: in.Limit}, err
}

func (s *site) listAudit(ctx context.Context, in *auditInput) (*answer[list[AuditBody]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	rows, row, next, err := s.audit(ctx, in.firm(), q)
	if err != nil {
		return nil, err
	}
	var items []AuditBody
	for _, r := range rows {
		items = append(items, auditOf(r, auditName(userOf(ctx), row, r)))
	}
	return &answer[list[AuditBody]]{Body: listOf(items, next)}, nil
}

// audit reads the trail, with what was only counted so far, and the firm's row.
func (s *site) audit(ctx context.Context, f domain.FirmID, q projections.AuditQuery) (rows []projections.AuditRow, row projections.ConnectionRow, next uint64, err error) {
	if s.Refusals != nil {
		if err := s.settle(ctx, s.Refusals.Settle(ctx, f)); err != nil {
			return nil, row, 0, err
		}
	}
	if row, err = s.Views.Connection(f); err != nil {
		return nil, row, 0, err
	}
	rows, next, err = s.Views.Audit(f, q)
	return rows, row, next, err
}

// auditName is how the actor is called, "" where that is not known.
func auditName(u domain.User, row projections.ConnectionRow, r projections.AuditRow) string {
	if name := nameFor(u, row, r.Actor); name != r.Actor {
		return name
	}
	return r.Name
}

func auditOf(r projections.AuditRow, name string) AuditBody {
	return AuditBody{Position: r.Position, At: r.At, Actor: AuditActor{Subject: r.Actor, Name: known(name), Role: known(r.Role)},
		Action: r.Action, Target: known(r.Target), Outcome: r.Outcome(), Code: known(r.Code), Reason: known(r.Reason), Times: r.Times, LastAt: r.Last,
		Event: AuditEvent{Name: r.Event, Position: r.Position, Hash: r.Hash}}
}
