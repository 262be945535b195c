package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

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
	return 0, notRunning()
}

func (readOnlyDeadLetters) DiscardDeadLetter(context.Context, domain.User, string) (uint64, error) {
	return 0, notRunning()
}

func notRunning() error {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: "not_running",
		Message: "No engine runs on this data directory, and only a running one settles dead letters", Remedy: "Start the engine, then try again."}}
}

// takeInAgain takes in what is kept among the dead letters, with the same net around it
// as on the bus.
func (e *Engine) takeInAgain(ctx context.Context, m syncing.Message) error {
	err := bus.Contain(ctx, e.limits.Handler, e.limits.Grace, func(ctx context.Context) error { return e.inbound.TakeIn(ctx, m) })
	u := inbound.Unprocessable(err)
	if u == nil {
		return err
	}
	e.log.Warn("an event still can’t be taken in", "code", u.Code, "err", err, "handler", "retry")
	return u
}

// fetch reads a message of the intake's stream, such as “INBOX 17”, again.
func (e *Engine) fetch(ctx context.Context, name string) (syncing.Message, error) {
	number, _ := strings.CutPrefix(name, bus.Inbox+" ")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return syncing.Message{}, fmt.Errorf("message %q: it needs a number of stream %s", name, bus.Inbox)
	}
	subject, body, err := e.bus.InboxMessage(ctx, seq)
	if errors.Is(err, bus.ErrNoMessage) {
		err = syncing.ErrGone
	}
	return syncing.Message{Subject: subject, Body: body}, err
}
