package engine

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/inbound"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// deadLetters are the dead letters as the API knows them.
type deadLetters struct{ syncing.DeadLetters }

func (l deadLetters) RetryDeadLetter(ctx context.Context, by domain.User, id string) (uint64, error) {
	return l.Retry(ctx, by, id)
}

func (l deadLetters) DiscardDeadLetter(ctx context.Context, by domain.User, id string) (uint64, error) {
	return l.Discard(ctx, by, id)
}

// readOnlyDeadLetters are the dead letters of an engine that does not run.
type readOnlyDeadLetters struct{}

func (readOnlyDeadLetters) RetryDeadLetter(context.Context, domain.User, string) (uint64, error) {
	return 0, notRunning("only a running one settles dead letters")
}

func (readOnlyDeadLetters) DiscardDeadLetter(context.Context, domain.User, string) (uint64, error) {
	return 0, notRunning("only a running one settles dead letters")
}

func notRunning(only string) error {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeNotRunning,
		Message: "No engine runs on this data directory, and " + only, Remedy: "Start the engine, then try again."}}
}

// takeInAgain takes in what is kept among the dead letters, with the same net around it
// as on the bus.
func (i intake) takeInAgain(ctx context.Context, m inbound.Message) error {
	err := bus.Contain(ctx, i.limits.Handler, i.limits.Grace, func(ctx context.Context) error { return i.inbound.TakeIn(ctx, m) })
	u := inbound.Unprocessable(err)
	if u == nil {
		return err
	}
	i.log.Warn("an event still can’t be taken in", "code", u.Code, "err", err, "handler", "retry")
	return u
}
