package casehug

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/coreos/go-oidc/v3/oidc"
)

// leeway is how far CaseHug's clock may be behind this one.
const leeway = time.Minute

// maxTokenBytes is the longest token that is looked at.
const maxTokenBytes = 16 << 10

// ErrNotSignedIn matches every SignInError.
var ErrNotSignedIn = errors.New("not signed in")

// ErrKeysUnavailable says that CaseHug's keys cannot be read now, so that a token can
// be neither trusted nor refused. The same call may go through later.
var ErrKeysUnavailable = errors.New("CaseHug's signing keys cannot be read")

// SignInError says why a token signs nobody in. It is ErrNotSignedIn.
type SignInError struct {
	Reason string // for people: what is wrong
	Remedy string // for people: what to do, and who must
	Err    error  // the cause, for operators; may be nil
}

func (e *SignInError) Error() string { return "not signed in: " + e.Reason }

// Is makes the error match ErrNotSignedIn.
func (e *SignInError) Is(target error) bool { return target == ErrNotSignedIn }

func (e *SignInError) Unwrap() error { return e.Err }

// Who must act where a token signs nobody in. Signing in again brings another token only where this
// one was right once.
const (
	signInAgain   = "Sign in to CaseHug again."
	ofSignIn      = "CaseHug’s sign-in service "
	ofOperators   = "Whoever runs the engine "
	compareClocks = ofOperators + "checks the clocks of CaseHug and of the engine."
)

// Users recognises CaseHug's users by their tokens.
type Users struct {
	keys     oidc.KeySet
	issuer   string
	audience string
}

// NewUsers trusts the tokens that issuer made for audience and signed with a key
// that jwksURL lists. Keys are read when the first token comes and kept; an unknown
// key, or an hour, makes them be read again, at most once in ten seconds.
func NewUsers(jwksURL, issuer, audience string) (*Users, error) {
	if issuer == "" || audience == "" {
		return nil, errors.New("users' tokens: the issuer and the audience must both be given")
	}
	u, err := url.Parse(jwksURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("users' tokens: the address of the keys must be an https URL (http only on localhost)")
	}
	return &Users{keys: newRemoteKeys(jwksURL), issuer: issuer, audience: audience}, nil
}

// Verify tells whose token it is. The token is a JWT signed with RS256, PS256, ES256
// or EdDSA; it has the claims sub, firm_id (an id), role (firm_admin, user or service) and
// exp, and may have name and email. One minute is granted for clocks that differ.
//
// The error is ErrNotSignedIn (a *SignInError with the reason) or ErrKeysUnavailable.
func (u *Users) Verify(ctx context.Context, token string) (domain.User, error) {
	switch {
	case token == "":
		return domain.User{}, &SignInError{Reason: "the request has no token", Remedy: signInAgain}
	case len(token) > maxTokenBytes:
		return domain.User{}, &SignInError{Reason: "the token is too long", Remedy: ofSignIn + "must put less into it: 16 KiB at most."}
	}
	if unlike := unlikeToken(token); unlike != nil {
		return domain.User{}, unlike
	}
	seen := &witness{keys: u.keys}
	idToken, err := oidc.NewVerifier(u.issuer, seen, u.config()).Verify(ctx, token)
	if err != nil {
		return domain.User{}, u.explain(seen, err)
	}
	if misdated := misdated(idToken, time.Now()); misdated != nil {
		return domain.User{}, misdated
	}
	return userOf(idToken)
}

// maxLifetime is how far ahead a token may end: longer ones could not be taken back.
const maxLifetime = 31 * 24 * time.Hour

// unlikeToken says why a text can't be a token: only the compact form of a JWS counts, and
// none that says it is for something else than access.
func unlikeToken(token string) *SignInError {
	other := &SignInError{Reason: "the token is not a JWT in compact form", Remedy: ofSignIn + "must send one: three parts with dots between them, not encrypted."}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return other
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return other
	}
	var header struct {
		Type string `json:"typ"`
	}
	if err := json.Unmarshal(data, &header); err != nil {
		return other
	}
	switch strings.TrimPrefix(strings.ToLower(header.Type), "application/") {
	case "", "jwt", "at+jwt":
		return nil
	}
	return &SignInError{Reason: "the token is of another kind (typ) than a JWT for access", Remedy: ofSignIn + "must send one for access."}
}

// misdated says what is wrong with the times of a token whose signature is right.
func misdated(t *oidc.IDToken, now time.Time) *SignInError {
	var claims struct {
		NotBefore float64 `json:"nbf"`
	}
	switch err := t.Claims(&claims); {
	case err != nil:
		return &SignInError{Reason: "the token’s nbf is not a time", Remedy: ofSignIn + "must send a number.", Err: err}
	case claims.NotBefore > float64(now.Add(leeway).Unix()):
		return &SignInError{Reason: "the token is not valid yet", Remedy: compareClocks}
	case t.Expiry.After(now.Add(maxLifetime)):
		return &SignInError{Reason: "the token ends in more than 31 days", Remedy: ofSignIn + "must set an earlier exp."}
	}
	return nil
}

func (u *Users) config() *oidc.Config {
	return &oidc.Config{
		ClientID:             u.audience,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.EdDSA},
		Now:                  func() time.Time { return time.Now().Add(-leeway) },
	}
}

// witness remembers how checking one token's signature went: the verifier passes on
// only a text.
type witness struct {
	keys    oidc.KeySet
	payload []byte // nil unless the signature is right
	err     error
}

func (w *witness) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	w.payload, w.err = w.keys.VerifySignature(ctx, jwt)
	return w.payload, w.err
}

// explain says why a token was refused.
func (u *Users) explain(seen *witness, err error) error {
	var expired *oidc.TokenExpiredError
	switch {
	case errors.Is(seen.err, ErrKeysUnavailable), errors.Is(seen.err, context.Canceled), errors.Is(seen.err, context.DeadlineExceeded):
		return fmt.Errorf("verify a user's token: %w", errors.Join(ErrKeysUnavailable, seen.err))
	case seen.payload == nil:
		return &SignInError{"the token is not signed by CaseHug", signInAgain + " If that does not help, whoever runs the engine compares ENGINE_JWKS_URL with the address of CaseHug’s keys.", err}
	case errors.As(err, &expired) && expired.Expiry.IsZero():
		return &SignInError{"the token has no exp, the time when it ends", ofSignIn + "must set it.", err}
	case errors.As(err, &expired):
		return &SignInError{"the sign-in has expired", signInAgain, err}
	}
	reason, remedy := u.misdirected(seen.payload)
	return &SignInError{reason, remedy, err}
}

// misdirected says what of a signed token does not fit this engine.
func (u *Users) misdirected(payload []byte) (reason, remedy string) {
	var claims struct {
		Issuer   string   `json:"iss"`
		Audience audience `json:"aud"`
	}
	switch err := json.Unmarshal(payload, &claims); {
	case err != nil:
		return "the token’s iss or aud cannot be read", ofSignIn + "must send texts, as JWT defines them."
	case claims.Issuer != u.issuer:
		return "the token comes from another issuer than this engine trusts", ofOperators + "compares ENGINE_JWT_ISSUER with the token’s iss."
	case !slices.Contains(claims.Audience, u.audience):
		return "the token is meant for another service", ofOperators + "compares ENGINE_JWT_AUDIENCE with the token’s aud."
	}
	return "the token is not valid yet", compareClocks
}

// audience is the claim aud: one text or a list of them.
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// userOf reads the claims of a token that was verified.
func userOf(t *oidc.IDToken) (domain.User, error) {
	var user domain.User
	var claims struct {
		Firm   domain.FirmID `json:"firm_id"`
		Role   domain.Role   `json:"role"`
		Name   string        `json:"name"`
		Email  string        `json:"email"`
		Called string        `json:"firm_name"`
	}
	if err := t.Claims(&claims); err != nil {
		return user, &SignInError{"the token’s claims cannot be read", ofSignIn + "must send firm_id, role, name and email as texts.", err}
	}
	switch {
	case t.Subject == "":
		return user, lacks("sub, the user’s id")
	case claims.Role == domain.Service && claims.Firm == domain.EveryFirm: // posts every firm's events
	case !domain.ValidID(string(claims.Firm)):
		return user, lacks("a firm_id of 1 to 64 of the characters A-Z a-z 0-9 _ -")
	case claims.Role != domain.FirmAdmin && claims.Role != domain.StandardUser && claims.Role != domain.Service:
		return user, lacks("the role firm_admin, user or service")
	}
	return domain.User{
		Subject: t.Subject,
		Firm:    claims.Firm,
		Role:    claims.Role,
		Name:    claims.Name,
		Email:   claims.Email,
		Called:  claims.Called,
		Expires: t.Expiry,
	}, nil
}

func lacks(what string) error {
	return &SignInError{Reason: "the token lacks " + what, Remedy: ofSignIn + "must set it."}
}
