package smokeball

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Tokens are what a firm's grant is used with. They print and log as [set].
type Tokens struct {
	Access   string    `json:"access"`
	Refresh  string    `json:"refresh"`
	Expiry   time.Time `json:"expiry"`           // end of Access
	Scopes   []string  `json:"scopes,omitempty"` // as far as Smokeball says
	Issued   time.Time `json:"issued"`           // when the firm granted it: Refresh counts from here
	Obtained time.Time `json:"obtained"`         // when Access was handed out
	Client   string    `json:"client,omitempty"` // id of the app that they are for
	Claim    string    `json:"claim,omitempty"`  // the engine that is about to replace Access
	Grant    string    `json:"-"`                // the consent that they come from, as the store names it; not kept with them
}

// EncodeTokens is t as a TokenStore keeps it, secrets in the clear: it must be sealed.
func EncodeTokens(t Tokens) ([]byte, error) {
	type plain Tokens // without the methods that hide
	return json.Marshal(plain(t))
}

// DecodeTokens reads what EncodeTokens made.
func DecodeTokens(data []byte) (t Tokens, err error) {
	if err := json.Unmarshal(data, &t); err != nil {
		return Tokens{}, fmt.Errorf("decode tokens: %w", err)
	}
	return t, nil
}

var errHidden = errors.New("tokens are not shown: use EncodeTokens to keep them sealed")

// MarshalJSON fails, so that tokens get into no log or answer by accident.
func (t Tokens) MarshalJSON() ([]byte, error) { return nil, errHidden }

// ErrNoTokens reports that a firm is not connected.
var ErrNoTokens = errors.New("no tokens stored for the firm")

// ErrStale reports that the tokens were changed since the revision that was read.
var ErrStale = errors.New("stored tokens have changed since they were read")

// TokenStore keeps the tokens of all firms, sealed, for every engine.
type TokenStore interface {
	// Load returns the firm's tokens and their revision, or ErrNoTokens.
	Load(ctx context.Context, firm domain.FirmID) (Tokens, uint64, error)
	// Save replaces the tokens of that revision and returns the new revision. It
	// returns ErrStale when the stored revision is another one, and ErrNoTokens when
	// the tokens were destroyed meanwhile.
	Save(ctx context.Context, firm domain.FirmID, t Tokens, revision uint64) (uint64, error)
}

// refreshAhead is how long before its end an access token is replaced, at most; for
// short-lived tokens it is a tenth of their life.
const refreshAhead = 5 * time.Minute

// fresh reports whether the access token may be used without a refresh.
func (t Tokens) fresh(now time.Time) bool {
	ahead := refreshAhead
	if !t.Obtained.IsZero() {
		ahead = min(ahead, t.Expiry.Sub(t.Obtained)/10)
	}
	return t.Access != "" && now.Before(t.Expiry.Add(-ahead))
}

// alive reports whether the access token has not ended yet.
func (t Tokens) alive(now time.Time) bool { return t.Access != "" && now.Before(t.Expiry) }

// renewed is t after a refresh: what the answer leaves out stays.
func (t Tokens) renewed(by Tokens) Tokens {
	by.Issued, by.Claim, by.Grant = t.Issued, "", t.Grant
	if by.Refresh == "" {
		by.Refresh = t.Refresh
	}
	if by.Refresh != t.Refresh {
		by.Issued = by.Obtained
	}
	if len(by.Scopes) == 0 {
		by.Scopes = t.Scopes
	}
	return by
}

// String shows the tokens without their secrets.
func (t Tokens) String() string {
	return fmt.Sprintf("tokens(access %s, refresh %s, until %s)",
		masked(t.Access), masked(t.Refresh), t.Expiry.UTC().Format(time.RFC3339))
}

// GoString shows the tokens without their secrets.
func (t Tokens) GoString() string { return t.String() }

// Format shows the tokens without their secrets, whatever the verb.
func (t Tokens) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// LogValue shows the tokens without their secrets.
func (t Tokens) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("access", masked(t.Access)),
		slog.String("refresh", masked(t.Refresh)),
		slog.Time("expiry", t.Expiry),
	)
}

func masked(secret string) string {
	if secret == "" {
		return "[empty]"
	}
	return "[set]"
}
