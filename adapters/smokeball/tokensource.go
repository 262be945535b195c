package smokeball

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// refresher obtains a new access token; *OAuth does.
type refresher interface {
	Refresh(ctx context.Context, refreshToken string) (Tokens, error)
}

// tokenSource gives each firm's calls a usable access token. It reads the store every
// time, so a new grant, a disconnect, or another engine's refresh counts at once. One
// goroutine of one engine refreshes for all of a firm; after a failure it rests before the
// next try.
type tokenSource struct {
	store TokenStore
	auth  refresher
	app   string // its client id
	log   *slog.Logger
	name  string // of this engine, in its claims
	locks keyed.Mutex[domain.FirmID]
	// failed is called when a refresh fails with a temporary fault; nil: nothing is called.
	failed func(domain.FirmID, *domain.CallError)

	mu     sync.Mutex
	notes  map[domain.FirmID]tokenNote
	claims map[domain.FirmID]seenClaim
}

// tokenNote is what the source remembers about a firm's stored tokens; it holds while
// the stored access token is still `on`.
type tokenNote struct {
	on      string        // the stored access token
	unsaved Tokens        // refreshed but not stored; Access empty: none
	failure error         // why the newest refresh failed
	until   time.Time     // no refresh before
	rest    time.Duration // the newest rest
}

const (
	deadRest    = 5 * time.Minute  // after invalid_grant: only a new grant helps
	refusedRest = 10 * time.Second // after a fresh token was refused
	saveTimeout = 5 * time.Second
)

// rests is how long the source rests after a failure that may pass.
var rests = retry.Backoff{First: time.Second, Limit: time.Minute}

func newTokenSource(store TokenStore, auth refresher, app string, log *slog.Logger) *tokenSource {
	return &tokenSource{store: store, auth: auth, app: app, log: log, name: rand.Text(),
		notes: map[domain.FirmID]tokenNote{}, claims: map[domain.FirmID]seenClaim{}}
}

// heldTokens are a firm's tokens as they are used and as they are stored.
type heldTokens struct {
	Tokens
	kept     Tokens // what stays stored until new ones come; of another app, where the firm used that before
	stored   string // the stored access token
	revision uint64
}

// Token returns tokens whose access token is alive, refreshed if its end is near.
func (s *tokenSource) Token(ctx context.Context, firm domain.FirmID) (Tokens, error) {
	h, err := s.load(ctx, firm)
	if err != nil {
		return Tokens{}, err
	}
	if h.fresh(time.Now()) {
		return h.Tokens, nil
	}
	return s.refresh(ctx, firm, "")
}

// Renew returns tokens other than those whose access token Smokeball has refused.
func (s *tokenSource) Renew(ctx context.Context, firm domain.FirmID, refused string) (Tokens, error) {
	return s.refresh(ctx, firm, refused)
}

func (s *tokenSource) load(ctx context.Context, firm domain.FirmID) (heldTokens, error) {
	t, revision, err := s.store.Load(ctx, firm)
	if errors.Is(err, ErrNoTokens) {
		s.forget(firm)
		return heldTokens{}, notConnected(err)
	}
	if err != nil {
		return heldTokens{}, storeFault(err)
	}
	h := heldTokens{Tokens: t, kept: t, stored: t.Access, revision: revision}
	if t.Client != "" && t.Client != s.app {
		h.Tokens = Tokens{Claim: t.Claim, Grant: t.Grant} // of the app that the firm used before
	}
	if note, ok := s.note(firm, t.Access); ok && note.unsaved.Access != "" {
		h.Tokens, h.kept = note.unsaved, note.unsaved
	}
	return h, nil
}

// refresh obtains new tokens unless others, not refused, have come in meanwhile. While
// another engine refreshes it waits for what comes of that, or uses the old tokens as
// long as they are good.
func (s *tokenSource) refresh(ctx context.Context, firm domain.FirmID, refused string) (Tokens, error) {
	unlock, err := s.locks.Lock(ctx, firm)
	if err != nil {
		return Tokens{}, abandoned(opRefresh, err)
	}
	defer unlock()
	for {
		h, err := s.load(ctx, firm)
		if err != nil {
			return Tokens{}, err
		}
		if h.Access != refused && h.fresh(time.Now()) {
			return h.Tokens, nil
		}
		if failure := s.resting(firm, h); failure != nil {
			return s.fallBack(ctx, firm, h, refused, failure)
		}
		mine, err := s.claim(ctx, firm, &h)
		switch {
		case err != nil:
			return Tokens{}, err
		case mine:
			return s.perform(ctx, firm, h, refused)
		case h.Access != refused && h.alive(time.Now()):
			return h.Tokens, nil
		}
		if err := s.look(ctx); err != nil {
			return Tokens{}, err
		}
	}
}

// perform refreshes under this engine's claim and gives the claim back.
func (s *tokenSource) perform(ctx context.Context, firm domain.FirmID, h heldTokens, refused string) (Tokens, error) {
	fresh, err := s.auth.Refresh(ctx, h.Tokens.Refresh)
	if err == nil {
		return s.keep(ctx, firm, h, h.renewed(fresh))
	}
	if ctx.Err() == nil {
		s.noteFailure(firm, h, err)
	}
	s.unclaim(ctx, firm, h)
	return s.fallBack(ctx, firm, h, refused, err)
}

// resting is the newest failure while the source rests after it, or nil.
func (s *tokenSource) resting(firm domain.FirmID, h heldTokens) error {
	note, _ := s.note(firm, h.stored)
	left := time.Until(note.until)
	if note.failure == nil || left <= 0 {
		return nil
	}
	if ce := domain.AsCallError(note.failure); ce != nil && ce.Class != domain.SignIn {
		later := *ce
		later.After = max(ce.After, left)
		return &later
	}
	return note.failure
}

func (s *tokenSource) noteFailure(firm domain.FirmID, h heldTokens, err error) {
	note, _ := s.note(firm, h.stored)
	note.on = h.stored
	note.failure = err
	note.rest = rests.Next(note.rest)
	note.until = time.Now().Add(retry.Jitter(note.rest))
	ce := domain.AsCallError(err)
	if ce != nil && ce.Class == domain.SignIn {
		note.until = time.Now().Add(deadRest)
	}
	s.setNote(firm, note)
	if ce != nil && ce.Class == domain.Retryable && s.failed != nil {
		s.failed(firm, ce)
	}
}

// fallBack looks for tokens that are good although the refresh failed: those that
// another engine stored first, or the old ones while they last.
func (s *tokenSource) fallBack(ctx context.Context, firm domain.FirmID, old heldTokens, refused string, failure error) (Tokens, error) {
	if newer, err := s.load(ctx, firm); err == nil && newer.stored != old.stored && newer.alive(time.Now()) {
		return newer.Tokens, nil
	}
	if old.Access != refused && old.alive(time.Now()) {
		return old.Tokens, nil
	}
	return Tokens{}, failure
}

// keep stores refreshed tokens, unless somebody has stored others first. Where it cannot
// they are used all the same: the old refresh token stays valid, so a restart loses
// nothing.
func (s *tokenSource) keep(ctx context.Context, firm domain.FirmID, old heldTokens, t Tokens) (Tokens, error) {
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	_, err := s.store.Save(saving, firm, t, old.revision)
	for errors.Is(err, ErrStale) {
		var newer heldTokens
		if newer, err = s.load(saving, firm); err != nil {
			return Tokens{}, err
		}
		if newer.stored != old.stored {
			return s.newest(newer, t), nil
		}
		_, err = s.store.Save(saving, firm, t, newer.revision) // another engine claims what is done
	}
	switch {
	case err == nil:
		s.forget(firm)
		return t, nil
	case errors.Is(err, ErrNoTokens):
		s.forget(firm)
		return Tokens{}, notConnected(err)
	}
	s.log.WarnContext(ctx, "refreshed tokens are not stored, they are used from memory", "firm", firm, "err", err)
	s.setNote(firm, tokenNote{on: old.stored, unsaved: t})
	return t, nil
}

// newest are the tokens that somebody stored first, if they are good; else t.
func (s *tokenSource) newest(newer heldTokens, t Tokens) Tokens {
	if newer.fresh(time.Now()) {
		return newer.Tokens
	}
	return t
}

// Refused notes that Smokeball refused even tokens just renewed: refreshing again
// at once would only repeat that.
func (s *tokenSource) Refused(ctx context.Context, firm domain.FirmID, failure error) {
	h, err := s.load(ctx, firm)
	if err != nil {
		return
	}
	s.setNote(firm, tokenNote{on: h.stored, unsaved: h.unsavedPart(), failure: failure, until: time.Now().Add(refusedRest)})
}

func (h heldTokens) unsavedPart() Tokens {
	if h.Access == h.stored {
		return Tokens{}
	}
	return h.Tokens
}

func (s *tokenSource) note(firm domain.FirmID, stored string) (tokenNote, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.notes[firm]
	if !ok || n.on != stored {
		return tokenNote{}, false
	}
	return n, true
}

func (s *tokenSource) setNote(firm domain.FirmID, n tokenNote) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes[firm] = n
}

func (s *tokenSource) forget(firm domain.FirmID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.notes, firm)
}
