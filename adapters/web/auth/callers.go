package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// Users verifies callers' tokens; *casehug.Users implements it.
type Users interface {
	// Verify verifies a CaseHug token. An invalid one is a Rejection (Denied) with the reason.
	Verify(ctx context.Context, token string) (domain.User, error)
}

// Callers identifies who makes a request.
type Callers struct {
	users    Users    // nil: nobody can sign in
	sessions Sessions // nil: nobody can sign in to the console
	cookies  Cookies
	operator [sha256.Size]byte // of the operator token
	operated bool              // there is an operator token
}

// NewCallers accepts an operator token too, unless it is empty.
func NewCallers(users Users, sessions Sessions, cookies Cookies, operatorToken string) *Callers {
	return &Callers{users: users, sessions: sessions, cookies: cookies, operator: sha256.Sum256([]byte(operatorToken)), operated: operatorToken != ""}
}

// caller identifies the caller by the Authorization header, else by the cookie.
func (s *Callers) caller(r *http.Request) (Caller, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return s.byCookie(r)
	}
	scheme, token, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "Operator"):
		return s.byOperatorToken(r, token)
	case strings.EqualFold(scheme, "Bearer"):
		u, err := s.verify(r.Context(), token)
		return Caller{User: u}, err
	}
	return Caller{}, notSignedIn("The Authorization header is of a kind that is not known here.", "Send Authorization: Bearer with a CaseHug token.")
}

// Browser returns the user who is signed in to the console in the browser, or nil.
func (s *Callers) Browser(r *http.Request) *domain.User {
	c, err := s.byCookie(r)
	if err != nil {
		return nil
	}
	return &c.User
}

func (s *Callers) byCookie(r *http.Request) (Caller, error) {
	cookie, err := r.Cookie(s.cookies.name(SessionCookie))
	if err != nil || cookie.Value == "" || s.sessions == nil {
		return Caller{}, notSignedIn("The call carries no CaseHug token.", s.remedy())
	}
	token, err := s.sessions.Token(r.Context(), digestOf(cookie.Value), byHand(r))
	if r := domain.AsRejection(err); r != nil {
		return Caller{}, notSignedIn(r.Failure.Message, r.Failure.Remedy)
	}
	if err != nil {
		return Caller{}, err
	}
	u, err := s.verify(r.Context(), token)
	return Caller{User: u, cookie: true}, err
}

// byHand reports whether a person made the request: a page's background requests must not
// prolong a session.
func byHand(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return mode == "" || mode == "navigate"
}

// byOperatorToken identifies programs on this machine; the token is not valid from another
// machine.
func (s *Callers) byOperatorToken(r *http.Request, token string) (Caller, error) {
	given := sha256.Sum256([]byte(token))
	if !fromThisMachine(r) {
		return Caller{}, notSignedIn("An operator token does not count from another machine.", "Use it on the engine’s own machine.")
	}
	if !s.operated || subtle.ConstantTimeCompare(given[:], s.operator[:]) != 1 {
		return Caller{}, notSignedIn("The operator token is not the one of this engine.", "Read the token of the running engine again; it changes with every start.")
	}
	return Caller{operator: true}, nil
}

// fromThisMachine reports whether a program on this machine made the request itself, not as a
// proxy for another machine.
func fromThisMachine(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && r.Header.Get("Forwarded") == "" && r.Header.Get("X-Forwarded-For") == ""
}

// verify verifies a token with CaseHug's keys. A call with an invalid token is
// unauthenticated (401), not forbidden (403).
func (s *Callers) verify(ctx context.Context, token string) (domain.User, error) {
	if s.users == nil {
		return domain.User{}, notSignedIn("No CaseHug token can be checked here.", s.remedy())
	}
	u, err := s.users.Verify(ctx, token)
	if r := domain.AsRejection(err); r != nil {
		return domain.User{}, notSignedIn(r.Failure.Message, cmp.Or(r.Failure.Remedy, s.remedy())).
			With("WWW-Authenticate", `Bearer realm="CaseHug", error="invalid_token"`)
	}
	if err == nil {
		NoteFirm(ctx, u.Firm)
	}
	return u, err
}

// remedy tells a caller without a valid token what to do.
func (s *Callers) remedy() string {
	if s.users == nil {
		return "An operator sets ENGINE_JWKS_URL to the address of CaseHug’s keys and starts the engine again."
	}
	return "Send Authorization: Bearer with a CaseHug token that has not ended."
}

func notSignedIn(detail, remedy string) *problem.Problem {
	return problem.New(http.StatusUnauthorized, domain.CodeNotSignedIn, detail, remedy).
		With("WWW-Authenticate", `Bearer realm="CaseHug"`)
}
