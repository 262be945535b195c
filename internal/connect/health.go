package connect

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// Health records how Smokeball serves each firm: that it stopped, why, and that it does
// again. What it hears while the ledger takes nothing is recorded later; of several conditions
// of one firm the newest counts.
type Health struct {
	Service *Service
	Log     *slog.Logger

	mu   sync.Mutex
	news map[domain.FirmID]condition
	told chan struct{}
}

// condition says how Smokeball serves a firm.
type condition struct {
	since time.Time
	fault *domain.CallError // nil: well
}

// NewHealth makes a Health. Set its service before Run.
func NewHealth(log *slog.Logger) *Health {
	return &Health{Log: log, news: map[domain.FirmID]condition{}, told: make(chan struct{}, 1)}
}

// Tell notes that Smokeball has not served the firm since a time, or that it does again
// (a nil fault). It does not wait.
func (h *Health) Tell(f domain.FirmID, since time.Time, fault *domain.CallError) {
	h.mu.Lock()
	h.news[f] = condition{since, fault}
	h.mu.Unlock()
	select {
	case h.told <- struct{}{}:
	default:
	}
}

// Run records what Tell reports until ctx ends, and returns nil then.
func (h *Health) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-h.told:
			h.recordAll(ctx)
		}
	}
	return nil
}

func (h *Health) recordAll(ctx context.Context) {
	h.mu.Lock()
	news := h.news
	h.news = map[domain.FirmID]condition{}
	h.mu.Unlock()
	for f, c := range news {
		err := h.record(ctx, f, c)
		if err == nil || ctx.Err() != nil {
			continue
		}
		h.Log.Error("can't record whether Smokeball serves a firm; the engine retries", "firm", f, "err", err)
		h.again(f, c)
		_ = retry.Wait(ctx, settle) // ends early with ctx only
	}
}

// again keeps what could not be recorded, unless something newer is known.
func (h *Health) again(f domain.FirmID, c condition) {
	h.mu.Lock()
	_, newer := h.news[f]
	h.mu.Unlock()
	if !newer {
		h.Tell(f, c.since, c.fault)
	}
}

func (h *Health) record(ctx context.Context, f domain.FirmID, c condition) error {
	if c.fault == nil {
		return h.Service.ledger.decide(ctx, f, func(c domain.Connection) []domain.Event { return c.Recover(h.Service.now()) })
	}
	failure, reference := forAdmins(c.fault)
	said := false
	err := h.Service.ledger.decide(ctx, f, func(now domain.Connection) []domain.Event {
		facts := now.Suffer(domain.ConnectionTroubled{Failure: failure, Since: c.since.UTC()})
		said = len(facts) > 0
		return facts
	})
	if said && err == nil {
		report(h.Log, "Smokeball does not serve a firm", f, c.fault, reference)
	}
	return err
}

// forAdmins is what a firm's admins read about a fault. Where the engine's operators must
// act, it carries a reference that is also in the log.
func forAdmins(ce *domain.CallError) (f domain.Failure, reference string) {
	f = ce.Failure
	if ce.Setting == "" {
		return f, ""
	}
	reference = strings.ToLower(rand.Text()[:8])
	return f.With(func(a *domain.About) { a.Reference = reference }), reference
}

// Report logs a fault that concerns the whole app, for operators.
func Report(log *slog.Logger, what string, f domain.FirmID, err error) {
	ce := domain.AsCallError(err)
	if ce == nil {
		log.Error(what, "err", err)
		return
	}
	report(log, what, f, ce, "")
}

// report logs for operators what is wrong, which setting causes it, what Smokeball
// answered, and what to do.
func report(log *slog.Logger, what string, f domain.FirmID, ce *domain.CallError, reference string) {
	status, answer := 0, ""
	if s := ce.Failure.Smokeball; s != nil {
		status, answer = s.Status, strings.TrimSpace(s.Title+" "+s.Detail)
	}
	message, remedy := wording.Failure(ce.Failure)
	log.Error(what, "firm", f, "code", ce.Failure.Code, "fault", ce.Failure.Fault, "setting", ce.Setting, "status", status, "answer", answer,
		"message", message, "remedy", remedy, "reference", reference, "err", ce)
}
