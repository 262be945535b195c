package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// perPage is how many rows a list of the console shows at once.
const perPage = 50

// historyPage is the sync log with its filters.
type historyPage struct {
	Groups   []group
	Triggers []option
	Periods  []option
	Entries  []projections.Entry
	Names    map[string]string // of users, by subject
	Text     string
	Status   string
	Matter   string
	Filtered bool
	Paged    bool
	More     string // the address of the rest
	Newest   string // the address of the beginning
	Total    int
}

// group is a choice of statuses, with the number of syncs in it.
type group struct {
	Label   string
	Href    string
	Count   int
	Current bool
}

// option is an entry of a choice.
type option struct {
	Value   string
	Label   string
	Current bool
}

func (s *site) showHistory(v pageRequest) error {
	in := v.r.URL.Query()
	q, err := s.historyQuery(in)
	if err != nil {
		return err
	}
	found, err := s.Views.History(v.firm(), q)
	if err != nil {
		return err
	}
	counts, err := s.Views.Counts(v.firm())
	if err != nil {
		return err
	}
	p := describeHistory(in, found, counts)
	if p.Names, err = s.names(v, found.Entries); err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "history", screen{Title: "Sync History", Nav: "history", Crumbs: []crumb{{"Sync History", ""}}, Body: p})
}

func (s *site) historyQuery(in url.Values) (projections.HistoryQuery, error) {
	q := projections.HistoryQuery{Matter: domain.MatterID(in.Get("matter_id")), Trigger: domain.Trigger(in.Get("trigger")),
		Text: strings.TrimSpace(in.Get("q")), Limit: perPage}
	if d := periodOf(in.Get("period")); d > 0 {
		q.From = s.Now().Add(-d)
	}
	var err error
	if in.Get("status") == "active" {
		q.Status = []domain.Status{domain.Queued, domain.Running, domain.Confirming}
	} else if q.Status, err = statusesOf(in["status"]); err != nil {
		return q, err
	}
	q.Before, err = Paging{Cursor: in.Get("cursor")}.before()
	return q, err
}

func periodOf(name string) time.Duration {
	const day = 24 * time.Hour
	switch name {
	case "24h":
		return day
	case "7d":
		return 7 * day
	case "30d":
		return 30 * day
	}
	return 0
}

func periods(current string) []option {
	return options(current, option{Label: "Any time"}, option{Value: "24h", Label: "Last 24 hours"},
		option{Value: "7d", Label: "Last 7 days"}, option{Value: "30d", Label: "Last 30 days"})
}

func describeHistory(in url.Values, found projections.Page, counts map[domain.Status]int) historyPage {
	p := historyPage{Entries: found.Entries, Text: in.Get("q"), Status: in.Get("status"), Matter: in.Get("matter_id"), Paged: in.Get("cursor") != "",
		Newest: "/history" + queryWith(in, "cursor", ""), Groups: groupsOf(in, counts),
		Triggers: options(in.Get("trigger"), option{Label: "Any trigger"}, trigger(domain.TriggerDocumentApproved), trigger(domain.TriggerMatterCreated),
			trigger(domain.TriggerMatterUpdated), trigger(domain.TriggerClientUpdated), trigger(domain.TriggerManual), trigger(domain.TriggerRetry)),
		Periods: periods(in.Get("period"))}
	for _, name := range []string{"q", "trigger", "period", "status", "matter_id"} {
		p.Filtered = p.Filtered || in.Get(name) != ""
	}
	for _, n := range counts {
		p.Total += n
	}
	if next := cursor(found.Next); next != nil {
		p.More = "/history" + queryWith(in, "cursor", *next)
	}
	return p
}

func trigger(t domain.Trigger) option { return option{Value: string(t), Label: triggerText(t)} }

func options(current string, list ...option) []option {
	for i := range list {
		list[i].Current = list[i].Value == current
	}
	return list
}

// groupsOf offers the statuses, each with its number.
func groupsOf(in url.Values, counts map[domain.Status]int) []group {
	all := 0
	for _, n := range counts {
		all += n
	}
	list := []group{
		{Label: "All", Count: all},
		{Label: "In progress", Href: "active", Count: counts[domain.Queued] + counts[domain.Running] + counts[domain.Confirming]},
		{Label: "Waiting", Href: string(domain.Waiting), Count: counts[domain.Waiting]},
		{Label: "Failed", Href: string(domain.Failed), Count: counts[domain.Failed]},
		{Label: "Succeeded", Href: string(domain.Succeeded), Count: counts[domain.Succeeded]},
		{Label: "Skipped", Href: string(domain.Skipped), Count: counts[domain.Skipped]},
		{Label: "Cancelled", Href: string(domain.Cancelled), Count: counts[domain.Cancelled]},
	}
	for i := range list {
		list[i].Current = list[i].Href == in.Get("status")
		list[i].Href = "/history" + queryWith(in, "status", list[i].Href, "cursor", "")
	}
	return list
}

// queryWith is the query with some values changed; empty values are left out.
func queryWith(in url.Values, pairs ...string) string {
	out := url.Values{}
	for name, values := range in {
		if len(values) > 0 && values[0] != "" {
			out[name] = values
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Del(pairs[i])
		if pairs[i+1] != "" {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "?" + out.Encode()
}

// names tells how the people who asked for syncs, or cancelled them, are called.
func (s *site) names(v pageRequest, entries []projections.Entry) (map[string]string, error) {
	row, err := s.Views.Connection(v.firm())
	names := map[string]string{}
	for _, e := range entries {
		names[e.RequestedBy] = nameOf(v, row, e.RequestedBy)
		names[e.CancelledBy] = nameOf(v, row, e.CancelledBy)
	}
	return names, err
}
