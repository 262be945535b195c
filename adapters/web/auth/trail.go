package auth

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// Trail counts and records refused requests.
type Trail struct {
	refused  *prometheus.CounterVec // by code
	refusals ports.Refusals         // nil: nothing is recorded
}

// NewTrail registers the counter. A call without a user belongs to no firm, so it is counted
// and not recorded.
func NewTrail(refusals ports.Refusals, registry *prometheus.Registry) (*Trail, error) {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "web_refused_total",
		Help: "Requests that were refused because of who made them, by code.",
	}, []string{"code"})
	return &Trail{refused: refused, refusals: refusals}, registry.Register(refused)
}

func (t *Trail) count(code domain.Code) { t.refused.WithLabelValues(string(code)).Inc() }

// countUnknown counts a call without a user.
func (t *Trail) countUnknown(err error) {
	if p := problem.As(err); p != nil && p.Status == http.StatusUnauthorized {
		t.count(p.Code)
	}
}

// refuse records in the trail of the caller's own firm that they were refused. Operators
// belong to no firm.
func (t *Trail) refuse(ctx context.Context, c Caller, p *problem.Problem) {
	t.count(p.Code)
	u := c.User
	if t.refusals == nil || u.Subject == "" || !domain.ValidID(string(u.Firm)) {
		return
	}
	t.refusals.Refuse(ctx, u.Firm, domain.RequestRefused{Actor: u.Subject, Name: u.Name, Role: u.Role, Action: c.action, Target: c.target,
		Code: p.Code, Reason: words.Sentence(p.Detail)})
}

// Reject records that a command was rejected. Invalid values and requests that only read are
// not recorded.
func (t *Trail) Reject(ctx context.Context, method string, err error) {
	r := domain.AsRejection(err)
	if r == nil || r.Reason == domain.Invalid || method == http.MethodGet {
		return
	}
	if c, ok := ctx.Value(callerKey{}).(Caller); ok {
		t.refuse(ctx, c, problem.Rejected(r))
	}
}

// RejectConsent records that a user returned from Smokeball with an expired link or somebody
// else's. A failure for a known firm is in the ledger already.
func (t *Trail) RejectConsent(ctx context.Context, firm domain.FirmID, browser *domain.User, err error) {
	if r := domain.AsRejection(err); r != nil && firm == "" && browser != nil {
		t.refuse(ctx, Caller{User: *browser, action: domain.ActionConnect}, problem.Rejected(r))
	}
}
