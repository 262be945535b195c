package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// deadLetterBody is an unprocessable event as a whole, with the reasons.
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
	Attempts   int                    `json:"attempts" doc:"How often somebody retried without success."`
	LastTry    *auditedBody           `json:"last_attempt"`
	Settled    *auditedBody           `json:"settled" doc:"Who took it in or discarded it, and when."`
	Size       int                    `json:"size_bytes"`
	Complete   bool                   `json:"complete" doc:"False: payload is the beginning only; the bus has the whole for a while."`
	Payload    any                    `json:"payload,omitempty" doc:"What came: as JSON if it is JSON, else its bytes in base64. Lists leave it out."`
}

// auditedBody is what somebody did.
type auditedBody struct {
	_    struct{}  `nullable:"true"`
	By   string    `json:"by"`
	Name string    `json:"name,omitempty"`
	At   time.Time `json:"at"`
}

func audited(d projections.DeadLetterAction) *auditedBody {
	if d.At.IsZero() {
		return nil
	}
	return &auditedBody{By: d.By, Name: d.ByName, At: d.At}
}

func deadLetter(r projections.DeadLetterRow) deadLetterBody {
	b := deadLetterBody{ID: r.ID, Firm: r.Firm, Status: r.State, Subject: r.Subject, Type: r.Type, Source: r.Origin.Source, EventID: r.Origin.ID,
		Code: r.Code, Reasons: append([]domain.FieldFault{}, r.Faults...), Remedy: domain.UnprocessableRemedy(r.Code), ReceivedAt: r.At,
		Attempts: r.Attempts, LastTry: audited(r.Tried), Settled: audited(r.Settled), Size: r.Size, Complete: r.Size <= len(r.Body), Payload: r.Body}
	if r.State != domain.DeadLetterOpen {
		b.Remedy = ""
	}
	if json.Valid(r.Body) {
		b.Payload = json.RawMessage(r.Body)
	}
	return b
}

// DeadLetters is a firm's dead letters.
type DeadLetters struct {
	Rows        ports.DeadLetterRows
	Kept        reading.Kept
	DeadLetters ports.DeadLetters
	Progress    reading.Progress
}

type deadLettersInput struct {
	Reading
	reading.Paging
	Status domain.DeadLetterState `query:"status" enum:"open,taken_in,discarded" default:"open" doc:"Only those of this status."`
}

// List lists dead letters, newest first, without their payloads.
func (d DeadLetters) List(_ context.Context, in *deadLettersInput) (*answer[list[deadLetterBody]], error) {
	before, err := in.Before()
	if err != nil {
		return nil, err
	}
	rows, next, err := d.Rows.DeadLetters(in.firm(), in.Status, before, in.Limit)
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

// Get answers with one dead letter.
func (d DeadLetters) Get(_ context.Context, in *deadLetterInput) (*answer[deadLetterBody], error) {
	row, err := reading.DeadLetter(d.Rows, d.Kept, in.firm(), in.ID)
	return &answer[deadLetterBody]{Body: deadLetter(row)}, err
}

// Retry processes a dead letter again.
func (d DeadLetters) Retry(ctx context.Context, in *deadLetterPath) (*change[deadLetterBody], error) {
	position, err := d.DeadLetters.RetryDeadLetter(ctx, auth.Actor(ctx, in.firm()), in.ID)
	return d.after(ctx, in, position, err)
}

// Discard records that a dead letter is not needed.
func (d DeadLetters) Discard(ctx context.Context, in *deadLetterPath) (*change[deadLetterBody], error) {
	position, err := d.DeadLetters.DiscardDeadLetter(ctx, auth.Actor(ctx, in.firm()), in.ID)
	return d.after(ctx, in, position, err)
}

// after is the dead letter after a change of it.
func (d DeadLetters) after(ctx context.Context, in *deadLetterPath, position uint64, err error) (*change[deadLetterBody], error) {
	if err == nil {
		err = d.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	row, err := reading.DeadLetter(d.Rows, d.Kept, in.firm(), in.ID)
	return changed(position, deadLetter(row)), err
}
