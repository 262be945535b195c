package auth

import (
	"context"
	"net/http"
	"regexp"

	"github.com/casehug/smokeball-sync/domain"
)

// Access says who may use a route.
type Access struct {
	Open     bool        // everybody may
	Role     domain.Role // the lowest role that may; empty: no user may
	Service  bool        // services of CaseHug may, too
	Operator bool        // operators may, too
	Nobody   bool        // operators may ask for what belongs to no firm
}

// Route is what the guard has to know of a route.
type Route struct {
	Pattern string // method and path
	Access  Access
	Action  domain.Action // that the audit trail names; empty where everybody may
}

// wildcard is a part of a pattern that names a thing.
var wildcard = regexp.MustCompile(`\{(\w+)\}`)

// targets are the names of the wildcards of the pattern.
func (rt Route) targets() []string {
	var names []string
	for _, part := range wildcard.FindAllStringSubmatch(rt.Pattern, -1) {
		names = append(names, part[1])
	}
	return names
}

// Caller is who makes a request, and what they ask for.
type Caller struct {
	User     domain.User
	operator bool
	cookie   bool          // identified by the browser's cookie
	action   domain.Action // of the route
	target   string        // the id of what it is about
}

type callerKey struct{}

// WithCaller adds the caller to a context.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// User is the signed-in user of a call that the guard let in.
func User(ctx context.Context) domain.User {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c.User
}

// Actor is who acts on a firm: its signed-in user, or an operator in the firm's place.
func Actor(ctx context.Context, firm domain.FirmID) domain.User {
	c, _ := ctx.Value(callerKey{}).(Caller)
	if c.operator {
		return domain.User{Subject: domain.Operator, Firm: firm, Name: "an operator"}
	}
	return c.User
}

// targetOf is the id of what a request is about. Other text in its address may be personal
// and is left out. Of another firm's things it is the firm.
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
