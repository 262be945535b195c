package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/casehug/smokeball-sync/domain"
)

// access says who may use a route.
type access struct {
	role     domain.Role // the least role; empty: no user at all
	operator bool        // operators may, too
	nobody   bool        // operators may ask for what belongs to no firm
	service  bool        // services of CaseHug may, too
	open     bool        // everybody may
}

// caller is who makes a call.
type caller struct {
	user        domain.User
	operator    bool
	cookie      bool // vouched for by the browser's cookie
	auditTarget auditTarget
}

type callerKey struct{}

// userOf is the signed-in user of a call that admit let in.
func userOf(ctx context.Context) domain.User {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c.user
}

// actor is who acts on a firm: its signed-in user, or an operator in the firm's place.
func actor(ctx context.Context, firm domain.FirmID) domain.User {
	c, _ := ctx.Value(callerKey{}).(caller)
	if c.operator {
		return domain.User{Subject: domain.Operator, Firm: firm, Name: "an operator"}
	}
	return c.user
}

// admit lets those in whom a route is for; whoever it is not for is noted.
func (s *site) admit(a access, asks actionTarget) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if a.open {
			next(ctx)
			return
		}
		r, w := humago.Unwrap(ctx)
		c, err := s.callerOf(r)
		c, err = s.gate(a, asks, c, err, r)
		if err != nil {
			writeProblem(w, s.problemOf(r.Context(), err))
			return
		}
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// gate is the one way in for everybody who has to be signed in: c, as err allows, with
// what they wish for. A refusal is noted.
func (s *site) gate(a access, asks actionTarget, c caller, err error, r *http.Request) (caller, error) {
	if err != nil {
		s.countUnknown(err)
		return c, err
	}
	c.auditTarget = asks.auditTarget(r, c.user)
	if err := s.allow(a, c, r); err != nil {
		s.noteRefusal(r.Context(), c, s.problemOf(r.Context(), err))
		return c, err
	}
	if err := s.spend(c, r); err != nil {
		s.refused.WithLabelValues(string(codeTooMany)).Inc()
		return c, err
	}
	return c, nil
}

// callerOf finds out who calls: by the Authorization header, else by the cookie.
func (s *site) callerOf(r *http.Request) (caller, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return s.callerByCookie(r)
	}
	scheme, token, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "Operator"):
		return s.callerByOperatorToken(r, token)
	case strings.EqualFold(scheme, "Bearer"):
		u, err := s.verify(r.Context(), token)
		return caller{user: u}, err
	}
	return caller{}, notSignedIn("The Authorization header is of a kind that is not known here.", "Send Authorization: Bearer with a CaseHug token.")
}

func (s *site) callerByCookie(r *http.Request) (caller, error) {
	cookie, err := r.Cookie(s.cookieName(sessionCookie))
	if err != nil || cookie.Value == "" || s.Sessions == nil {
		return caller{}, notSignedIn("The call carries no CaseHug token.", s.signInRemedy())
	}
	token, err := s.Sessions.Token(r.Context(), badgeOf(cookie.Value), byHand(r))
	if r := domain.AsRejection(err); r != nil {
		return caller{}, notSignedIn(r.Failure.Message, r.Failure.Remedy)
	}
	if err != nil {
		return caller{}, err
	}
	u, err := s.verify(r.Context(), token)
	return caller{user: u, cookie: true}, err
}

// byHand reports whether a person made the request: what a page's script asks for by
// itself keeps no session alive.
func byHand(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return mode == "" || mode == "navigate"
}

// callerByOperatorToken knows programs on this machine: the token counts from nowhere else.
func (s *site) callerByOperatorToken(r *http.Request, token string) (caller, error) {
	given := sha256.Sum256([]byte(token))
	if !fromThisMachine(r) {
		return caller{}, notSignedIn("An operator token does not count from another machine.", "Use it on the engine's own machine.")
	}
	if s.OperatorToken == "" || subtle.ConstantTimeCompare(given[:], s.operator[:]) != 1 {
		return caller{}, notSignedIn("The operator token is not the one of this engine.", "Read the token of the running engine again; it changes with every start.")
	}
	return caller{operator: true}, nil
}

// verify asks CaseHug's keys about a token. A token that does not count is a call
// without a user, not a forbidden one.
func (s *site) verify(ctx context.Context, token string) (domain.User, error) {
	if s.Users == nil {
		return domain.User{}, notSignedIn("No CaseHug token can be checked here.", s.signInRemedy())
	}
	u, err := s.Users.Verify(ctx, token)
	if r := domain.AsRejection(err); r != nil {
		return domain.User{}, notSignedIn(r.Failure.Message, firstNonEmpty(r.Failure.Remedy, s.signInRemedy())).
			with("WWW-Authenticate", `Bearer realm="CaseHug", error="invalid_token"`)
	}
	if err == nil {
		noteFirm(ctx, u.Firm)
	}
	return u, err
}

func (s *site) signInRemedy() string {
	if s.Users == nil {
		return "An operator sets ENGINE_JWKS_URL to the address of CaseHug's keys and starts the engine again."
	}
	return "Send Authorization: Bearer with a CaseHug token that has not ended."
}

func notSignedIn(detail, remedy string) *problem {
	return newProblem(http.StatusUnauthorized, domain.CodeNotSignedIn, detail, remedy).
		with("WWW-Authenticate", `Bearer realm="CaseHug"`)
}

// allow checks what the caller may do: first whether the firm is theirs, because
// another firm's things do not exist for them, then the role.
func (s *site) allow(a access, c caller, r *http.Request) error {
	firm := r.PathValue("firm")
	if c.operator {
		return allowOperator(a, firm)
	}
	if c.cookie {
		if err := s.forms.Check(r); err != nil {
			return crossOrigin()
		}
	}
	if firm != "" && !c.user.Serves(domain.FirmID(firm)) {
		return newProblem(http.StatusNotFound, domain.CodeNotFound, "There is no such firm.", "Use the firm_id of your CaseHug token.")
	}
	return allowRole(a, c.user)
}

func allowOperator(a access, firm string) error {
	if !a.operator {
		return newProblem(http.StatusForbidden, domain.CodeForbidden, "An operator token does not do this.", "A user of the firm does, with a CaseHug token.")
	}
	if a.nobody && firm == string(domain.Nobody) {
		return nil
	}
	if firm != "" && !domain.ValidID(firm) {
		return newProblem(http.StatusNotFound, domain.CodeNotFound, "There is no such firm.", "Firm ids have 1 to 64 of the characters A-Z a-z 0-9 _ -.")
	}
	return nil
}

func allowRole(a access, u domain.User) error {
	switch {
	case a.role == "":
		return newProblem(http.StatusForbidden, domain.CodeForbidden, "This is for operators of the engine.", "Use the operator token on the engine's own machine.")
	case u.Role == domain.Service && a.service:
		return nil
	case u.Role == domain.Service:
		return newProblem(http.StatusForbidden, domain.CodeForbidden, "A service token posts events and does nothing else.", "A user of the firm does this (role user or firm_admin).")
	case u.Role == domain.StandardUser && a.service:
		return newProblem(http.StatusForbidden, domain.CodeForbidden, "Users do not post events.", "A service of CaseHug does (role service), or a firm admin of your firm (role firm_admin).")
	case u.Role == domain.FirmAdmin, u.Role == domain.StandardUser && a.role == domain.StandardUser:
		return nil
	case a.role == domain.FirmAdmin:
		return newProblem(http.StatusForbidden, domain.CodeForbidden, "This is for firm admins.", "A firm admin of your firm does this (role firm_admin).")
	}
	return newProblem(http.StatusForbidden, domain.CodeForbidden, "Your role gives no access here.", "A firm admin gives you the role user or firm_admin in CaseHug.")
}

// firstNonEmpty is the first text that says something.
func firstNonEmpty(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// fromThisMachine reports whether a program on this machine made the request, and no proxy
// on it for somebody else.
func fromThisMachine(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && r.Header.Get("Forwarded") == "" && r.Header.Get("X-Forwarded-For") == ""
}
