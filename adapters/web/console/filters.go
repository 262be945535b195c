package console

import (
	"net/url"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

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
	p := historyPage{Text: in.Get("q"), Status: in.Get("status"), Matter: in.Get("matter_id"), Paged: in.Get("cursor") != "",
		Newest: "/history" + queryWith(in, "cursor", ""), Groups: groupsOf(in, counts),
		Triggers: options(in.Get("trigger"), option{Label: "Any trigger"}, trigger(domain.TriggerDocumentApproved), trigger(domain.TriggerMatterCreated),
			trigger(domain.TriggerMatterUpdated), trigger(domain.TriggerClientUpdated), trigger(domain.TriggerManual), trigger(domain.TriggerBulk), trigger(domain.TriggerRetry)),
		Periods: periods(in.Get("period"))}
	for _, name := range []string{"q", "trigger", "period", "status", "matter_id"} {
		p.Filtered = p.Filtered || in.Get(name) != ""
	}
	for _, n := range counts {
		p.Total += n
	}
	if next := reading.Cursor(found.Next); next != nil {
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

// groupsOf are the statuses to choose from, each with its number of syncs.
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

// queryWith is the query with some values changed and without empty values.
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
