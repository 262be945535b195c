package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// History show syncs, retry and cancel them.
type History struct {
	*Shell
	Rows    ports.History
	Matters ports.Matters
	Syncs   ports.Syncs
}

// perPage is how many rows a list of the console shows at once.
const perPage = 50

// historyPage is the sync history with its filters.
type historyPage struct {
	Kept     keptNote
	Groups   []group
	Triggers []option
	Periods  []option
	Entries  []historyLine
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

// historyLine is a sync with the names and the button that its row shows.
type historyLine struct {
	projections.Entry
	By     string // who asked for it
	Remedy remedy
}

// option is an entry of a choice.
type option struct {
	Value   string
	Label   string
	Current bool
}

// Show shows the sync history, newest first.
func (s *History) Show(v pageRequest) error {
	in := v.r.URL.Query()
	q, err := s.query(in)
	if err != nil {
		return err
	}
	found, err := s.Rows.History(v.firm(), q)
	if err != nil {
		return err
	}
	counts, err := s.Rows.Counts(v.firm())
	if err != nil {
		return err
	}
	p := describeHistory(in, found, counts)
	if p.Kept, err = s.keptPage(v, func(k reading.FirmKeeps) reading.Keeping { return k.History }); err != nil {
		return err
	}
	names, err := s.names(v, found.Entries)
	if err != nil {
		return err
	}
	for _, e := range found.Entries {
		p.Entries = append(p.Entries, historyLine{e, names[e.RequestedBy], s.remedyOf(v, e)})
	}
	return s.show(v, http.StatusOK, "history", screen{Title: "Sync History", Nav: "history", Crumbs: []crumb{{"Sync History", ""}}, Body: p})
}

// query reads the filters of an address.
func (s *History) query(in url.Values) (projections.HistoryQuery, error) {
	q := projections.HistoryQuery{Matter: domain.MatterID(in.Get("matter_id")), Trigger: domain.Trigger(in.Get("trigger")),
		Text: strings.TrimSpace(in.Get("q")), Limit: perPage}
	if d := periodOf(in.Get("period")); d > 0 {
		q.From = s.Now().Add(-d)
	}
	var err error
	if in.Get("status") == "active" {
		q.Status = []domain.Status{domain.Queued, domain.Running, domain.Confirming}
	} else if q.Status, err = reading.StatusesOf(in["status"]); err != nil {
		return q, err
	}
	q.Before, err = reading.Paging{Cursor: in.Get("cursor")}.Before()
	return q, err
}

// names are the names of the people who asked for the syncs or cancelled them, by subject.
func (s *History) names(v pageRequest, entries []projections.Entry) (map[string]string, error) {
	row, err := s.Firms.Connection(v.firm())
	names := map[string]string{}
	for _, e := range entries {
		for _, subject := range []string{e.RequestedBy, e.CancelledBy} {
			if _, known := names[subject]; !known {
				names[subject] = v.nameOf(row, subject)
			}
		}
	}
	return names, err
}
