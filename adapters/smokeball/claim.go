package smokeball

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

const (
	// claimLifetime is how long an engine may take to refresh a firm's tokens before another
	// one does it: longer than Smokeball may take to answer.
	claimLifetime = 15 * time.Second
	// claimLook is how often an engine looks what came of another one's claim.
	claimLook = 250 * time.Millisecond
)

// seenClaim is another engine's claim and when this one saw it first. What counts is the
// time since then, so that no clock but this engine's own matters.
type seenClaim struct {
	revision uint64
	at       time.Time
}

// claim writes to the store that this engine refreshes the firm's tokens, and reports
// whether it may: another one has not, or has been at it for too long. Without a store
// that can be written there is no claim, and one refresh too many does no harm.
func (s *tokenSource) claim(ctx context.Context, firm domain.FirmID, h *heldTokens) (mine bool, err error) {
	if h.Claim != "" && h.Claim != s.name && !s.overdue(firm, h.revision) {
		return false, nil
	}
	t := h.kept
	t.Claim = s.name
	revision, err := s.store.Save(ctx, firm, t, h.revision)
	switch {
	case err == nil:
		h.stored, h.revision = t.Access, revision
		return true, nil
	case errors.Is(err, ErrStale):
		return false, nil
	case errors.Is(err, ErrNoTokens):
		s.forget(firm)
		return false, notConnected(err)
	case ctx.Err() != nil:
		return false, abandoned(opRefresh, err)
	}
	return true, nil
}

// overdue reports whether the claim of that revision has been seen for too long: its
// engine is dead, or hangs.
func (s *tokenSource) overdue(firm domain.FirmID, revision uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if seen := s.claims[firm]; seen.revision == revision && !seen.at.IsZero() {
		return now.Sub(seen.at) >= claimLifetime
	}
	s.claims[firm] = seenClaim{revision, now}
	return false
}

// unclaim gives the claim back after a failure. Where it cannot, the claim ends by itself.
func (s *tokenSource) unclaim(ctx context.Context, firm domain.FirmID, h heldTokens) {
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	t := h.kept
	t.Claim = ""
	_, _ = s.store.Save(saving, firm, t, h.revision)
}

// look waits until it is time to look again at another engine's claim.
func (s *tokenSource) look(ctx context.Context) error {
	if err := retry.Wait(ctx, claimLook); err != nil {
		return abandoned(opRefresh, err)
	}
	return nil
}
