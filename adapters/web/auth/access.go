package auth

import (
	"context"
	"net/http"
	"regexp"

	"github.com/casehug/smokeball-sync/domain"
)

// Access is who may use a route.
type Access struct {
	Open     bool        // everybody may use it
	Role     domain.Role // the lowest role that may use it; empty: no user may
	Service  bool        // services of CaseHug may, too
	Operator bool        // operators may, too
	Nobody   bool        // operators may read what belongs to no firm
}

// Route is what the guard must know of a route.
type Route struct {
	Pattern string // method and path
	Access  Access
	Action  domain.Action // for the audit trail; empty for an open route
}

// wildcard is a part of a pattern that names a thing.
var wildcard = regexp.MustCompile(`\{(\w+)\}`)

// targets returns the names of the pattern's wildcards.
func (rt Route) targets() []string {
	var names []string
	for _, part := range wildcard.FindAllStringSubmatch(rt.Pattern, -1) {
		names = append(names, part[1])
	}
	return names
}

// Caller is who makes a request, and what they request.
type Caller struct {
	User     domain.User
	operator bool
	cookie   bool          // identified by the browser's cookie
	action   domain.Action // of the route
	target   string        // the id of the requested resource
	again    func(context.Context) error
}

type callerKey struct{}

// WithCaller adds the caller to a context.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// User returns the signed-in user of a request that the guard authorized.
func User(ctx context.Context) domain.User {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c.User
}

// Actor returns who acts on a firm: its signed-in user, or an operator on its behalf.
func Actor(ctx context.Context, firm domain.FirmID) domain.User {
	c, _ := ctx.Value(callerKey{}).(Caller)
	if c.operator {
		return domain.User{Subject: domain.Operator, Firm: firm, Name: "an operator"}
	}
	return c.User
}

// Recheck authorizes the caller of a long-running response again. It returns why not if their
// token or session has ended, or their role no longer suffices.
func Recheck(ctx context.Context) error {
	c, _ := ctx.Value(callerKey{}).(Caller)
	if c.again == nil {
		return nil
	}
	return c.again(ctx)
}

// targetOf returns the id of the requested resource; for another firm's resource, the firm's
// id. Other text in the address is left out, because it may be personal.
func targetOf(names []string, r *http.Request, u domain.User) (target string) {
	for _, name := range names {
		switch v := r.PathValue(name); {
		case name == "firm" && v == string(u.Firm), !domain.ValidID(v):
		case name == "firm":
			return v
		default:
			target = v
		}
	}
	return target
}
