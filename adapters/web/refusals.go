package web

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/domain"
)

// newRefused counts what was refused. A call without a user belongs to no firm: it is
// counted here and written nowhere.
func newRefused() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "web_refused_total",
		Help: "Requests that were refused because of who made them, by code.",
	}, []string{"code"})
}

// countUnknown counts a call of nobody who is known.
func (s *site) countUnknown(err error) {
	if p := asKnownProblem(err); p != nil && p.Status == http.StatusUnauthorized {
		s.refused.WithLabelValues(string(p.Code)).Inc()
	}
}

// noteRefusal writes into the trail of the caller's own firm that they were refused.
// Operators belong to no firm.
func (s *site) noteRefusal(ctx context.Context, c caller, p *problem) {
	s.refused.WithLabelValues(string(p.Code)).Inc()
	u := c.user
	if s.Refusals == nil || u.Subject == "" || !domain.ValidID(string(u.Firm)) {
		return
	}
	s.Refusals.Refuse(ctx, u.Firm, domain.RequestRefused{Actor: u.Subject, Role: u.Role, Action: c.auditTarget.action, Target: c.auditTarget.target,
		Code: p.Code, Reason: sentence(p.Detail)})
}

// noteRejection writes down that a command was not carried out. Values that are not
// valid are answered, and no refusal; nor is what reads.
func (s *site) noteRejection(ctx context.Context, method string, err error) {
	r := domain.AsRejection(err)
	if r == nil || r.Reason == domain.Invalid || method == http.MethodGet {
		return
	}
	if c, ok := ctx.Value(callerKey{}).(caller); ok {
		s.noteRefusal(ctx, c, rejected(r))
	}
}

// noteUnfinished writes down that a user came back from Smokeball with a link that is
// over or somebody else's. What failed for a firm is in the ledger already.
func (s *site) noteUnfinished(r *http.Request, firm domain.FirmID, browser *domain.User, err error) {
	if rejection := domain.AsRejection(err); rejection != nil && firm == "" && browser != nil {
		s.noteRefusal(r.Context(), caller{user: *browser, auditTarget: auditTarget{action: domain.ActionConnect}}, rejected(rejection))
	}
}
