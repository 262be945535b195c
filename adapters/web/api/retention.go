package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Retentions are how long firms keep things.
type Retentions struct {
	Kept       reading.Kept
	Retentions ports.Retentions
	Progress   reading.Progress
}

// RetentionBody is how long a firm keeps what is over, and what is gone.
type RetentionBody struct {
	History     KeptBody   `json:"history" doc:"Entries of the sync history, from the end of their syncs on. A sync that has not ended is kept."`
	Audit       KeptBody   `json:"audit" doc:"Entries of the audit trail."`
	DeadLetters KeptBody   `json:"dead_letters" doc:"Dead letters, from when they were taken in or discarded on. One that nobody decided about is kept; the engine discards it after 90 days."`
	ChangedBy   *string    `json:"changed_by" doc:"Who chose it last; null: nobody did."`
	ChangedAt   *time.Time `json:"changed_at"`
}

// KeptBody is how long things of one kind are kept, and what is gone.
type KeptBody struct {
	Keep       string     `json:"keep" doc:"The firm's choice: default, forever, or a number of days such as 365d."`
	Time       string     `json:"time" doc:"What holds: forever, or a number of days such as 365d. A default of the engine may be a shorter time, such as 36h0m0s."`
	GoneBefore *time.Time `json:"gone_before" doc:"What is older is gone; null: nothing is gone yet."`
	Removed    int        `json:"removed" doc:"How many are gone."`
	RemovedAt  *time.Time `json:"removed_at" doc:"When the newest of them was removed."`
}

func retentionBody(k reading.FirmKeeps) RetentionBody {
	return RetentionBody{keptBody(k.History), keptBody(k.Audit), keptBody(k.DeadLetters), reading.Known(k.By), known(k.At)}
}

func keptBody(k reading.Keeping) KeptBody {
	return KeptBody{k.Chosen.String(), k.Time(), known(k.Before), k.Count, known(k.At)}
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Get tells how long the firm keeps things.
func (r Retentions) Get(_ context.Context, in *Reading) (*answer[RetentionBody], error) {
	k, err := r.Kept.Of(in.firm())
	return &answer[RetentionBody]{Body: retentionBody(k)}, err
}

// RetentionChoice is what a firm chooses; what is left out stays as it is.
type RetentionChoice struct {
	History     *string `json:"history,omitempty" doc:"default, forever, or from 30d to 36500d."`
	Audit       *string `json:"audit,omitempty" doc:"default, forever, or from 365d to 36500d."`
	DeadLetters *string `json:"dead_letters,omitempty" doc:"default, forever, or from 30d to 36500d."`
}

type retentionChange struct {
	FirmPath
	Body RetentionChoice
}

// Put changes how long the firm keeps things.
func (r Retentions) Put(ctx context.Context, in *retentionChange) (*change[RetentionBody], error) {
	choose, err := in.Body.choice()
	if err != nil {
		return nil, err
	}
	_, position, err := r.Retentions.ChangeRetention(ctx, auth.Actor(ctx, in.firm()), choose)
	if err == nil {
		err = r.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	k, err := r.Kept.Of(in.firm())
	return changed(position, retentionBody(k)), err
}

// choice is what the body makes of a choice.
func (c RetentionChoice) choice() (func(domain.Retention) domain.Retention, error) {
	type part struct {
		name, days string
		text       *string
		into       func(*domain.Retention) *domain.Keep
	}
	parts := []part{
		{"body.history", "30d to 36500d", c.History, func(r *domain.Retention) *domain.Keep { return &r.History }},
		{"body.audit", "365d to 36500d", c.Audit, func(r *domain.Retention) *domain.Keep { return &r.Audit }},
		{"body.dead_letters", "30d to 36500d", c.DeadLetters, func(r *domain.Retention) *domain.Keep { return &r.DeadLetters }},
	}
	for _, p := range parts {
		if p.text == nil {
			continue
		}
		if _, ok := domain.ParseKeep(*p.text); !ok {
			return nil, problem.Invalid(p.name, "must be default, forever, or from "+p.days)
		}
	}
	return func(r domain.Retention) domain.Retention {
		for _, p := range parts {
			if p.text != nil {
				*p.into(&r), _ = domain.ParseKeep(*p.text)
			}
		}
		return r
	}, nil
}
