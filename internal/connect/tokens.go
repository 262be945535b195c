package connect

import (
	"context"
	"errors"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Tokens are the firms' sign-ins. Each is kept under the attempt that it came from, and the
// ledger says through which attempt a firm is connected: the fact that names the firm's
// account chooses its tokens, too. So no call is ever made with the tokens of one account
// while the ledger names another, whichever engine wrote what, and in whatever order.
type Tokens struct {
	ledger  eventstore.Store
	secrets Secrets
}

// NewTokens are the sign-ins that the secrets hold and the ledger chooses.
func NewTokens(ledger eventstore.Store, secrets Secrets) *Tokens {
	return &Tokens{ledger, secrets}
}

// TokenName is the name under which the tokens of a firm's attempt are kept.
func TokenName(f domain.FirmID, attempt string) string {
	if attempt == "" {
		return formerTokenName(f)
	}
	return formerTokenName(f) + "." + attempt
}

// formerTokenName is where an earlier version kept a firm's only tokens. They are those of the
// attempt that the firm is connected through, until that has tokens under its own name.
func formerTokenName(f domain.FirmID) string { return "token." + string(f) }

// Load returns the tokens that the firm's calls are made with and their revision, or vault.ErrNone.
func (t *Tokens) Load(ctx context.Context, f domain.FirmID) ([]byte, uint64, error) {
	found, err := t.find(ctx, f)
	return found.data, found.revision, err
}

// LoadThrough is Load, and the attempt to connect that the tokens come from.
func (t *Tokens) LoadThrough(ctx context.Context, f domain.FirmID) (data []byte, revision uint64, attempt string, err error) {
	found, err := t.find(ctx, f)
	return found.data, found.revision, found.attempt, err
}

// Save replaces the tokens that the firm's calls are made with, provided revision is still
// their newest one; otherwise it returns vault.ErrStale, or vault.ErrNone where there are none.
func (t *Tokens) Save(ctx context.Context, f domain.FirmID, data []byte, revision uint64) (uint64, error) {
	found, err := t.find(ctx, f)
	if err != nil {
		return 0, err
	}
	if found.revision != revision {
		return 0, vault.ErrStale
	}
	return t.secrets.Save(ctx, found.name, data, revision)
}

// foundTokens are a firm's sealed tokens, and where they are kept.
type foundTokens struct {
	attempt  string // to connect, that they come from
	name     string
	data     []byte
	revision uint64
}

func (t *Tokens) find(ctx context.Context, f domain.FirmID) (found foundTokens, err error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, t.ledger, domain.ConnectionStream(f))
	if err != nil {
		return foundTokens{}, err
	}
	if !c.Uses(c.Through) {
		return foundTokens{}, vault.ErrNone
	}
	found.attempt = c.Through
	for _, found.name = range []string{TokenName(f, c.Through), formerTokenName(f)} {
		if found.data, found.revision, err = t.secrets.Load(ctx, found.name); !errors.Is(err, vault.ErrNone) {
			break
		}
	}
	return found, err
}

// keep keeps an attempt's tokens, unless they were kept before: they may have been refreshed since.
func (t *Tokens) keep(ctx context.Context, f domain.FirmID, attempt string, data []byte) error {
	if _, err := t.secrets.Save(ctx, TokenName(f, attempt), data, 0); !errors.Is(err, vault.ErrStale) {
		return err
	}
	return nil
}

// destroy destroys the tokens of an attempt that the firm leaves.
func (t *Tokens) destroy(ctx context.Context, f domain.FirmID, attempt string) error {
	if err := t.destroyFormer(ctx, f); err != nil {
		return err
	}
	return t.secrets.Destroy(ctx, TokenName(f, attempt))
}

// destroyUnused destroys those of the tokens with the names that no call is made with, nor may be
// later. The ledger is read after the names: an attempt is in it before it has tokens.
func (t *Tokens) destroyUnused(ctx context.Context, f domain.FirmID, names []string) error {
	c, _, err := eventstore.Load[domain.Connection](ctx, t.ledger, domain.ConnectionStream(f))
	if err != nil {
		return err
	}
	former := c.Uses(c.Through)
	for _, name := range names {
		attempt := strings.TrimPrefix(name, formerTokenName(f)+".")
		former = former && attempt != c.Through
		if !c.Uses(attempt) && !c.CanFinish(attempt) {
			err = errors.Join(err, t.secrets.Destroy(ctx, name))
		}
	}
	if !former {
		err = errors.Join(err, t.destroyFormer(ctx, f))
	}
	return err
}

func (t *Tokens) destroyFormer(ctx context.Context, f domain.FirmID) error {
	_, _, err := t.secrets.Load(ctx, formerTokenName(f))
	switch {
	case errors.Is(err, vault.ErrNone):
		return nil
	case err != nil:
		return err
	}
	return t.secrets.Destroy(ctx, formerTokenName(f))
}
