package web

import (
	"net/http"
	"regexp"

	"github.com/casehug/smokeball-sync/domain"
)

// auditTarget is what a caller asks for, as the audit trail names it.
type auditTarget struct {
	action domain.Action
	target string
}

// actionTarget is what requests to one route ask for.
type actionTarget struct {
	action domain.Action
	names  []string // of the parts of the address that name things
}

var wildcard = regexp.MustCompile(`\{(\w+)\}`)

func actionTargetOf(route string) actionTarget {
	a := actionTarget{action: actionOf(route)}
	for _, part := range wildcard.FindAllStringSubmatch(route, -1) {
		a.names = append(a.names, part[1])
	}
	return a
}

// auditTarget is what a request asks for. Only ids are kept of its address: other text may be
// personal. Of another firm's things only the firm matters.
func (a actionTarget) auditTarget(r *http.Request, u domain.User) auditTarget {
	w := auditTarget{action: a.action}
	for _, name := range a.names {
		switch v := r.PathValue(name); {
		case name == "firm" && v == string(u.Firm), !domain.ValidID(v):
		case name == "firm":
			w.target = v
			return w
		default:
			w.target = v
		}
	}
	return w
}

// actionOf is the stable word for what a route does. Every route that somebody has to be
// signed in for has one.
func actionOf(route string) domain.Action {
	for action, routes := range map[domain.Action][]string{
		domain.ActionAuthorize:         {"POST /v1/firms/{firm}/connection/authorize", "POST /integrations/connect"},
		domain.ActionDisconnect:        {"DELETE /v1/firms/{firm}/connection", "GET /integrations/disconnect", "POST /integrations/disconnect"},
		domain.ActionChangeSettings:    {"PUT /v1/firms/{firm}/settings", "GET /integrations/settings", "POST /integrations/settings"},
		domain.ActionReviseMapping:     {"PUT /v1/firms/{firm}/case-type-mappings", "PUT /v1/firms/{firm}/case-type-mappings/{id}", "POST /integrations/mappings"},
		domain.ActionRemoveMapping:     {"DELETE /v1/firms/{firm}/case-type-mappings/{id}", "POST /integrations/mappings/remove"},
		domain.ActionRegisterWebhooks:  {"POST /v1/firms/{firm}/webhooks", "POST /integrations/webhooks"},
		domain.ActionRemoveWebhooks:    {"DELETE /v1/firms/{firm}/webhooks", "GET /integrations/unregister", "POST /integrations/webhooks/remove"},
		domain.ActionRotateWebhooks:    {"POST /v1/firms/{firm}/webhooks/rotate", "POST /integrations/webhooks/rotate"},
		domain.ActionTestWebhooks:      {"POST /v1/firms/{firm}/webhooks/test", "POST /integrations/webhooks/test"},
		domain.ActionConfirmAccount:    {"POST /v1/firms/{firm}/connection/confirm", "POST /integrations/account/confirm"},
		domain.ActionDropAccount:       {"DELETE /v1/firms/{firm}/connection/pending", "POST /integrations/account/drop"},
		domain.ActionRebaseMatter:      {"POST /v1/firms/{firm}/matters/{matter}/rebase"},
		domain.ActionRebaseClient:      {"POST /v1/firms/{firm}/clients/{client}/rebase"},
		domain.ActionRequestSync:       {"POST /v1/firms/{firm}/matters/{matter}/sync", "POST /matters/{matter}/sync"},
		domain.ActionCancelSync:        {"POST /v1/firms/{firm}/sync-history/{id}/cancel", "POST /history/{id}/cancel"},
		domain.ActionRetrySync:         {"POST /v1/firms/{firm}/sync-history/{id}/retry", "POST /history/{id}/retry"},
		"connection.read":              {"GET /v1/firms/{firm}/connection", "GET /integrations", "GET /integrations/as-of"},
		"settings.read":                {"GET /v1/firms/{firm}/settings"},
		"mapping.read":                 {"GET /v1/firms/{firm}/case-type-mappings", "GET /integrations/mappings"},
		"mapping.try":                  {"POST /v1/firms/{firm}/case-type-mappings/dry-run"},
		"matter_type.read":             {"GET /v1/firms/{firm}/smokeball/matter-types"},
		"webhooks.read":                {"GET /v1/firms/{firm}/webhooks", "GET /integrations/advanced"},
		"matter.read":                  {"GET /v1/firms/{firm}/matters", "GET /v1/firms/{firm}/matters/{matter}", "GET /matters", "GET /matters/{matter}"},
		"sync.read":                    {"GET /v1/firms/{firm}/sync-history", "GET /v1/firms/{firm}/sync-history/{id}", "GET /history", "GET /history/{id}"},
		"dead_letter.read":             {"GET /v1/firms/{firm}/dead-letters", "GET /v1/firms/{firm}/dead-letters/{id}", "GET /dead-letters"},
		domain.ActionRetryDeadLetter:   {"POST /v1/firms/{firm}/dead-letters/{id}/retry", "POST /dead-letters/{id}/retry"},
		domain.ActionDiscardDeadLetter: {"DELETE /v1/firms/{firm}/dead-letters/{id}", "GET /dead-letters/{id}/discard", "POST /dead-letters/{id}/discard"},
		"audit.read":                   {"GET /v1/firms/{firm}/audit", "GET /audit"},
		"event.publish":                {"POST /v1/firms/{firm}/events"},
		"operator.read":                {"GET /v1/operator/firms", "GET /v1/operator/keys"},
		"operator.keys":                {"POST /v1/operator/keys", "DELETE /v1/operator/keys/{id}", "POST /v1/operator/keys/rewrap"},
	} {
		for _, known := range routes {
			if known == route {
				return action
			}
		}
	}
	return ""
}
