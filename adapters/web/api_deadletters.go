package web

import (
	"context"
	"encoding/json"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// DeadLetters settle what could not be taken in.
type DeadLetters interface {
	// RetryDeadLetter takes a dead letter of by.Firm in again and returns the ledger
	// position that includes it. One that still can't be taken in is a Rejection (Invalid
	// or Conflict) with the reasons as they are now; one that was taken in already is not.
	RetryDeadLetter(ctx context.Context, by domain.User, id string) (position uint64, err error)
	// DiscardDeadLetter records that it is not needed; one that was taken in meanwhile is a
	// Rejection (Conflict).
	DiscardDeadLetter(ctx context.Context, by domain.User, id string) (position uint64, err error)
}

// deadLetterBody is an event that could not be taken in, whole, with the reasons.
type deadLetterBody struct {
	ID         string                 `json:"id"`
	Firm       domain.FirmID          `json:"firm_id"`
	Status     domain.DeadLetterState `json:"status" enum:"open,taken_in,discarded"`
	Subject    string                 `json:"subject"`
	Type       string                 `json:"type"`
	Source     string                 `json:"source"`
	EventID    string                 `json:"event_id"`
	Code       domain.Code            `json:"code" doc:"invalid_event: its sender corrects it; event_not_handled: an operator mends the engine; event_gone: its sender sends it again; event_id_used: its sender sends it again under an id of its own."`
	Reasons    []domain.FieldFault    `json:"reasons" doc:"As of the newest attempt."`
	Remedy     string                 `json:"remedy" doc:"What to do, and who must act."`
	ReceivedAt time.Time              `json:"received_at"`
	Attempts   int                    `json:"attempts" doc:"How often somebody retried in vain."`
	LastTry    *auditedBody           `json:"last_attempt"`
	Settled    *auditedBody           `json:"settled" doc:"Who took it in or discarded it, and when."`
	Size       int                    `json:"size_bytes"`
	Complete   bool                   `json:"complete" doc:"False: payload is the beginning only; the bus has the whole for a while."`
	Payload    any                    `json:"payload,omitempty" doc:"What came: as JSON if it is JSON, else its bytes in base64. Lists leave it out."`
}

// auditedBody is what somebody did.
type auditedBody struct {
	By   string    `json:"by"`
	Name string    `json:"name,omitempty"`
	At   time.Time `json:"at"`
}

func auditText(d projections.DeadLetterAction) *auditedBody {
	if d.At.IsZero() {
		return nil
	}
	return &auditedBody{By: d.By, Name: d.ByName, At: d.At}
}

func deadLetter(r projections.DeadLetterRow) deadLetterBody {
	b := deadLetterBody{ID: r.ID, Firm: r.Firm, Status: r.State, Subject: r.Subject, Type: r.Type, Source: r.Origin.Source, EventID: r.Origin.ID,
		Code: r.Code, Reasons: append([]domain.FieldFault{}, r.Faults...), Remedy: domain.UnprocessableRemedy(r.Code), ReceivedAt: r.At,
		Attempts: r.Attempts, LastTry: auditText(r.Tried), Settled: auditText(r.Settled), Size: r.Size, Complete: r.Size <= len(r.Body), Payload: r.Body}
	if r.State != domain.DeadLetterOpen {
		b.Remedy = ""
	}
	if json.Valid(r.Body) {
		b.Payload = json.RawMessage(r.Body)
	}
	return b
}

type deadLettersInput struct {
	Reading
	Paging
	Status domain.DeadLetterState `query:"status" enum:"open,taken_in,discarded" default:"open" doc:"Only those of this status."`
}

func (s *site) listDeadLetters(_ context.Context, in *deadLettersInput) (*answer[list[deadLetterBody]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	rows, next, err := s.Views.DeadLetters(in.firm(), in.Status, before, in.Limit)
	items := make([]deadLetterBody, 0, len(rows))
	for _, r := range rows {
		item := deadLetter(r)
		item.Payload = nil
		items = append(items, item)
	}
	return &answer[list[deadLetterBody]]{Body: listOf(items, next)}, err
}

type deadLetterPath struct {
	FirmPath
	ID string `path:"id" doc:"The dead letter's id."`
}

type deadLetterInput struct {
	Reading
	ID string `path:"id" doc:"The dead letter's id."`
}

func (s *site) getDeadLetter(_ context.Context, in *deadLetterInput) (*answer[deadLetterBody], error) {
	row, err := s.deadLetter(in.firm(), in.ID)
	return &answer[deadLetterBody]{Body: deadLetter(row)}, err
}

// deadLetter is one of the firm's dead letters, or a Rejection (Unknown).
func (s *site) deadLetter(firm domain.FirmID, id string) (projections.DeadLetterRow, error) {
	row, ok, err := s.Views.DeadLetter(firm, id)
	if err == nil && !ok {
		err = unknown("dead letter", "Look for it in the list of dead letters.")
	}
	return row, err
}

func (s *site) retryDeadLetter(ctx context.Context, in *deadLetterPath) (*change[deadLetterBody], error) {
	position, err := s.DeadLetters.RetryDeadLetter(ctx, actor(ctx, in.firm()), in.ID)
	return s.settled(ctx, in, position, err)
}

func (s *site) discardDeadLetter(ctx context.Context, in *deadLetterPath) (*change[deadLetterBody], error) {
	position, err := s.DeadLetters.DiscardDeadLetter(ctx, actor(ctx, in.firm()), in.ID)
	return s.settled(ctx, in, position, err)
}

// settled answers with the dead letter as it is now.
func (s *site) settled(ctx context.Context, in *deadLetterPath, position uint64, err error) (*change[deadLetterBody], error) {
	if err == nil {
		err = s.settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	row, err := s.deadLetter(in.firm(), in.ID)
	return changed(position, deadLetter(row)), err
}
