package auth

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// Guard authorizes every request to a route that requires a sign-in.
type Guard struct {
	callers *Callers
	forms   *http.CrossOriginProtection
	limits  *Limits
	trail   *Trail
	report  problem.Reporter
}

// NewGate enforces the limits and records refused callers in the trail.
func NewGate(callers *Callers, forms *http.CrossOriginProtection, limits *Limits, trail *Trail, report problem.Reporter) *Guard {
	return &Guard{callers: callers, forms: forms, limits: limits, trail: trail, report: report}
}

// RouteGuard is the guard of one route.
type RouteGuard struct {
	*Guard
	route   Route
	targets []string
}

// For returns the guard of the route.
func (g *Guard) For(rt Route) RouteGuard {
	return RouteGuard{Guard: g, route: rt, targets: rt.targets()}
}

// Enter authorizes the caller, or returns why not.
func (d RouteGuard) Enter(r *http.Request) (Caller, error) {
	c, err := d.callers.caller(r)
	c.again = func(ctx context.Context) error { return d.recheck(ctx, r) }
	return d.enter(c, err, r)
}

// recheck identifies the caller of a request again, without prolonging their session.
func (d RouteGuard) recheck(ctx context.Context, r *http.Request) error {
	r = r.Clone(ctx)
	r.Header.Set("Sec-Fetch-Mode", "cors")
	c, err := d.callers.caller(r)
	if err != nil {
		return err
	}
	return d.allow(c, r)
}

// EnterPage authorizes a person who is signed in to the console, or returns why not.
func (d RouteGuard) EnterPage(r *http.Request) (Caller, error) {
	c, err := d.callers.byCookie(r)
	return d.enter(c, err, r)
}

func (d RouteGuard) enter(c Caller, err error, r *http.Request) (Caller, error) {
	if err != nil {
		d.trail.countUnknown(err)
		return c, err
	}
	c.action, c.target = d.route.Action, targetOf(d.targets, r, c.User)
	if err := d.allow(c, r); err != nil {
		d.trail.refuse(r.Context(), c, d.report.Of(r.Context(), err))
		return c, err
	}
	if err := d.limits.spend(c, r); err != nil {
		d.trail.count(problem.CodeTooManyRequests)
		return c, err
	}
	return c, nil
}

// allow checks the firm first, because another firm's resources must answer 404, then the
// role.
func (d RouteGuard) allow(c Caller, r *http.Request) error {
	a, firm := d.route.Access, r.PathValue("firm")
	if c.operator {
		return a.allowOperator(firm)
	}
	if c.cookie {
		if err := d.forms.Check(r); err != nil {
			return CrossOrigin()
		}
	}
	if firm != "" && !c.User.Serves(domain.FirmID(firm)) {
		return problem.New(http.StatusNotFound, domain.CodeNotFound, "There is no such firm.", "Use the firm_id of your CaseHug token.")
	}
	return a.allowRole(c.User.Role)
}

func (a Access) allowOperator(firm string) error {
	if !a.Operator {
		return forbidden("An operator token does not do this.", "A user of the firm does, with a CaseHug token.")
	}
	if a.Nobody && firm == string(domain.Nobody) {
		return nil
	}
	if firm != "" && !domain.ValidID(firm) {
		return problem.New(http.StatusNotFound, domain.CodeNotFound, "There is no such firm.", "Firm ids have 1 to 64 of the characters A-Z a-z 0-9 _ -.")
	}
	return nil
}

func (a Access) allowRole(role domain.Role) error {
	switch {
	case a.Role == "":
		return forbidden("This is for operators of the engine.", "Use the operator token on the engine’s own machine.")
	case role == domain.Service && a.Service:
		return nil
	case role == domain.Service:
		return forbidden("A service token posts events and does nothing else.", "A user of the firm does this (role user or firm_admin).")
	case role == domain.StandardUser && a.Service:
		return forbidden("Users do not post events.", "A service of CaseHug does (role service), or a firm admin of your firm (role firm_admin).")
	case role == domain.FirmAdmin, role == domain.StandardUser && a.Role == domain.StandardUser:
		return nil
	case a.Role == domain.FirmAdmin:
		return forbidden("This is for firm admins.", "A firm admin of your firm does this (role firm_admin).")
	}
	return forbidden("Your role gives no access here.", "A firm admin gives you the role user or firm_admin in CaseHug.")
}

func forbidden(detail, remedy string) *problem.Problem {
	return problem.New(http.StatusForbidden, domain.CodeForbidden, detail, remedy)
}

// CrossOrigin is the problem of a form that another site submitted.
func CrossOrigin() error {
	return problem.New(http.StatusForbidden, problem.CodeCrossOrigin, "The form comes from another site.", "Use the form of the console itself.")
}
