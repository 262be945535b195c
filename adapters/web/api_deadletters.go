package web

import (
	"context"
	"encoding/json"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// deadLetterBody is an event that could not be taken in, whole, with the reasons.
type deadLetterBody struct {
	ID         string              `json:"id"`
	Firm       domain.FirmID       `json:"firm_id"`
	Subject    string              `json:"subject"`
	Type       string              `json:"type"`
	Source     string              `json:"source"`
	EventID    string              `json:"event_id"`
	Reasons    []domain.FieldFault `json:"reasons"`
	ReceivedAt time.Time           `json:"received_at"`
	Payload    any                 `json:"payload" doc:"What came: as JSON if it is JSON, else its bytes in base64."`
}

func deadLetter(r projections.DeadLetterRow) deadLetterBody {
	b := deadLetterBody{ID: r.ID, Firm: r.Firm, Subject: r.Subject, Type: r.Type, Source: r.Origin.Source, EventID: r.Origin.ID,
		Reasons: append([]domain.FieldFault{}, r.Faults...), ReceivedAt: r.At, Payload: r.Body}
	if json.Valid(r.Body) {
		b.Payload = json.RawMessage(r.Body)
	}
	return b
}

type deadLettersInput struct {
	Reading
	Paging
}

func (s *site) listDeadLetters(_ context.Context, in *deadLettersInput) (*answer[list[deadLetterBody]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	rows, next, err := s.Views.DeadLetters(in.firm(), before, in.Limit)
	items := make([]deadLetterBody, 0, len(rows))
	for _, r := range rows {
		items = append(items, deadLetter(r))
	}
	return &answer[list[deadLetterBody]]{Body: listOf(items, next)}, err
}
