package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// auditPage is the audit trail with its filters.
type auditPage struct {
	Rows     []auditLine
	Outcomes []option
	Periods  []option
	Actor    string
	Action   string
	Filtered bool
	Paged    bool
	More     string // the address of the rest
	Newest   string // the address of the beginning
}

// auditLine is a row with how the actor is called.
type auditLine struct {
	projections.AuditRow
	Who string
}

func (s *site) showAudit(v pageRequest) error {
	in := v.r.URL.Query()
	q, err := s.auditQuery(in)
	if err != nil {
		return err
	}
	rows, row, next, err := s.audit(v.r.Context(), v.firm(), q)
	if err != nil {
		return err
	}
	p := auditPage{Actor: q.Actor, Action: string(q.Action), Paged: in.Get("cursor") != "", Newest: "/audit" + queryWith(in, "cursor", ""),
		Outcomes: options(in.Get("outcome"), option{Label: "Done and refused"}, option{Value: "done", Label: "Done"}, option{Value: "refused", Label: "Refused"}),
		Periods:  periods(in.Get("period")),
		Filtered: q.Actor != "" || q.Action != "" || q.Outcome != "" || !q.From.IsZero()}
	for _, r := range rows {
		p.Rows = append(p.Rows, auditLine{r, firstNonEmpty(auditName(v.user, row, r), r.Actor)})
	}
	if c := cursor(next); c != nil {
		p.More = "/audit" + queryWith(in, "cursor", *c)
	}
	return s.show(v, http.StatusOK, "audit", screen{Title: "Audit", Nav: "audit", Crumbs: []crumb{{"Settings", ""}, {"Audit", ""}}, Body: p})
}

func (s *site) auditQuery(in url.Values) (projections.AuditQuery, error) {
	q := projections.AuditQuery{Actor: strings.TrimSpace(in.Get("actor")), Action: domain.Action(strings.TrimSpace(in.Get("action"))),
		Outcome: domain.AuditOutcome(in.Get("outcome")), Limit: perPage}
	if d := periodOf(in.Get("period")); d > 0 {
		q.From = s.Now().Add(-d)
	}
	var err error
	q.Before, err = Paging{Cursor: in.Get("cursor")}.before()
	return q, err
}

// outcomeBadge is the chip of what came of an action.
func outcomeBadge(o domain.AuditOutcome) badge {
	if o == domain.AuditRefused {
		return badge{"bad", "bad", "Refused", false}
	}
	return badge{"ok", "ok", "Done", false}
}

// roleText is a role in people's words.
func roleText(r domain.Role) string {
	switch r {
	case domain.FirmAdmin:
		return "Firm admin"
	case domain.StandardUser:
		return "User"
	}
	return capital(string(r))
}

// actionText is an action in people's words.
func actionText(a domain.Action) string {
	switch a {
	case domain.ActionAuthorize:
		return "Asked for a link to Smokeball"
	case domain.ActionConnect:
		return "Connect to Smokeball"
	case domain.ActionDisconnect:
		return "Disconnect Smokeball"
	case domain.ActionChangeSettings:
		return "Change the settings"
	case domain.ActionReviseMapping:
		return "Change a case type mapping"
	case domain.ActionRemoveMapping:
		return "Remove a case type mapping"
	case domain.ActionRegisterWebhooks:
		return "Register Webhooks"
	case domain.ActionRemoveWebhooks:
		return "Remove the webhook subscription"
	case domain.ActionRotateWebhooks:
		return "Rotate the webhook key"
	case domain.ActionTestWebhooks:
		return "Test the webhooks"
	case domain.ActionConfirmAccount:
		return "Connect another Smokeball account"
	case domain.ActionDropAccount:
		return "Stay with the Smokeball account before"
	case domain.ActionRequestSync:
		return "Sync to Smokeball"
	case domain.ActionCancelSync:
		return "Cancel a sync"
	case domain.ActionRetrySync:
		return "Retry a sync"
	case domain.ActionRetryDeadLetter:
		return "Retry a dead letter"
	case domain.ActionDiscardDeadLetter:
		return "Discard a dead letter"
	case "many":
		return "Many different things"
	}
	return readingText(a)
}

// readingText is what somebody wanted to see, in people's words.
func readingText(a domain.Action) string {
	thing, verb, _ := strings.Cut(string(a), ".")
	thing = strings.ReplaceAll(thing, "_", " ")
	if verb == "read" {
		return "See: " + thing
	}
	return capital(verb + " " + thing)
}
