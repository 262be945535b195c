package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Audit shows the audit trail.
type Audit struct {
	*Shell
	Audit reading.Audit
}

// auditPage is the audit trail with its filters.
type auditPage struct {
	Kept     keptNote
	Rows     []auditLine
	Actions  []option
	Outcomes []option
	Periods  []option
	Actor    string
	Filtered bool
	Paged    bool
	More     string // the address of the rest
	Newest   string // the address of the beginning
}

// auditLine is a row with the actor's name.
type auditLine struct {
	projections.AuditRow
	Who string
}

// Show shows the trail, newest first.
func (s *Audit) Show(v pageRequest) error {
	in := v.r.URL.Query()
	q, err := s.query(in)
	if err != nil {
		return err
	}
	page, err := s.Audit.Read(v.ctx(), v.firm(), q)
	if err != nil {
		return err
	}
	p := auditPage{Actor: q.Actor, Paged: in.Get("cursor") != "", Newest: "/audit" + queryWith(in, "cursor", ""),
		Actions:  actions(string(q.Action)),
		Outcomes: options(in.Get("outcome"), option{Label: "Done and refused"}, option{Value: "done", Label: "Done"}, option{Value: "refused", Label: "Refused"}),
		Periods:  periods(in.Get("period")),
		Filtered: q.Actor != "" || q.Action != "" || q.Outcome != "" || !q.From.IsZero()}
	if p.Kept, err = s.keptPage(v, func(k reading.FirmKeeps) reading.Keeping { return k.Audit }); err != nil {
		return err
	}
	for _, r := range page.Rows {
		p.Rows = append(p.Rows, auditLine{r, cmp.Or(page.NameOfActor(v.user, r), r.Actor)})
	}
	if c := reading.Cursor(page.Next); c != nil {
		p.More = "/audit" + queryWith(in, "cursor", *c)
	}
	return s.show(v, http.StatusOK, "audit", screen{Title: "Audit", Nav: "audit", Crumbs: []crumb{{"Settings", ""}, {"Audit", ""}}, Body: p})
}

// actions are those to choose from: what changes something, and the one that the address names.
func actions(current string) []option {
	list := make([]option, 0, len(actionTexts)+1)
	for action, text := range actionTexts {
		list = append(list, option{Value: string(action), Label: text})
	}
	if _, ok := actionTexts[domain.Action(current)]; !ok && current != "" {
		list = append(list, option{Value: current, Label: readingText(domain.Action(current))})
	}
	slices.SortFunc(list, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	return options(current, append([]option{{Label: "Any action"}}, list...)...)
}

// query reads the filters of an address.
func (s *Audit) query(in url.Values) (projections.AuditQuery, error) {
	q := projections.AuditQuery{Actor: strings.TrimSpace(in.Get("actor")), Action: domain.Action(strings.TrimSpace(in.Get("action"))),
		Outcome: domain.AuditOutcome(in.Get("outcome")), Limit: perPage}
	if d := periodOf(in.Get("period")); d > 0 {
		q.From = s.Now().Add(-d)
	}
	var err error
	q.Before, err = reading.Paging{Cursor: in.Get("cursor")}.Before()
	return q, err
}
