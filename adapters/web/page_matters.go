package web

import (
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// mattersPage is the list of matters with its filters.
type mattersPage struct {
	Matters  []MatterSummary
	Text     string
	States   []option
	Filtered bool
	Paged    bool
	More     string
	Newest   string
}

func (s *site) showMatters(v pageRequest) error {
	in := v.r.URL.Query()
	form := mattersInput{Paging: Paging{Cursor: in.Get("cursor"), Limit: perPage}, Text: strings.TrimSpace(in.Get("q")), Status: in.Get("status")}
	q, err := form.query()
	if err != nil {
		return err
	}
	rows, next, err := s.Views.Matters(v.firm(), q)
	if err != nil {
		return err
	}
	p := mattersPage{Text: form.Text, Filtered: form.Text != "" || form.Status != "", Paged: form.Cursor != "", Newest: "/matters" + queryWith(in, "cursor", ""),
		States: options(form.Status, option{Label: "Any state"}, state(domain.Succeeded, "In step"), state(domain.Waiting, "Waiting"),
			state(domain.Failed, "Failed"), state(domain.Running, "Running"), state(domain.Queued, "Queued"))}
	for _, r := range rows {
		p.Matters = append(p.Matters, summary(r))
	}
	if c := cursor(next); c != nil {
		p.More = "/matters" + queryWith(in, "cursor", *c)
	}
	return s.show(v, http.StatusOK, "matters", screen{Title: "Matters", Nav: "matters", Crumbs: []crumb{{"Matters", ""}}, Body: p})
}

func state(s domain.Status, label string) option { return option{Value: string(s), Label: label} }

// matterPage is a matter with its newest syncs.
type matterPage struct {
	Matter matterBody
	Syncs  []projections.Entry
	Newest *projections.Entry // its sync that runs, waits or failed
	Sent   int                // documents that Smokeball shows
	Choose string             // where a firm admin chooses the matter type that it waits for
}

// Busy reports whether a sync of the matter is on its way, so that another one would
// be the same.
func (p matterPage) Busy() bool {
	s := p.Matter.Sync.Status
	return s != nil && !s.Ended() && *s != domain.Waiting
}

// Name is how the matter is called.
func (p matterPage) Name() string { return firstNonEmpty(p.Matter.Title, string(p.Matter.ID)) }

func (s *site) showMatter(v pageRequest) error {
	row, err := s.matter(v.firm(), domain.MatterID(v.r.PathValue("matter")))
	if err != nil {
		return err
	}
	p := matterPage{Matter: matterOf(row)}
	for _, d := range p.Matter.Documents {
		if d.State == documentConfirmed {
			p.Sent++
		}
	}
	found, err := s.Views.History(v.firm(), projections.HistoryQuery{Matter: row.ID, Limit: 5})
	if err != nil {
		return err
	}
	p.Syncs = found.Entries
	if err := s.newest(v, &p); err != nil {
		return err
	}
	if p.Newest != nil {
		p.Choose = chooseLink(v, p.Newest.Error, row.Matter.Data)
	}
	return s.show(v, http.StatusOK, "matter", screen{Title: p.Name(), Nav: "matters",
		Crumbs: []crumb{{"Matters", "/matters"}, {firstNonEmpty(p.Matter.CaseNumber, string(p.Matter.ID)), ""}}, Body: p})
}

// newest finds the sync that the matter's state comes from.
func (s *site) newest(v pageRequest, p *matterPage) error {
	if p.Matter.Sync.ID == nil {
		return nil
	}
	e, ok, err := s.Views.Sync(v.firm(), *p.Matter.Sync.ID)
	if ok {
		p.Newest = &e
	}
	return err
}

func (s *site) doSync(v pageRequest) error {
	m := domain.MatterID(v.r.PathValue("matter"))
	if !domain.ValidID(string(m)) {
		return unknown("matter", "Look for it in the list of matters.")
	}
	_, position, err := s.Syncs.Request(v.r.Context(), v.user, m, SyncRequest{})
	return s.then(v, position, err, "/matters/"+string(m))
}
