package console

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Matters show matters and sync them.
type Matters struct {
	*Shell
	Rows    ports.Matters
	History ports.History
	Syncs   ports.Syncs
}

// mattersPage is the list of matters with its filters.
type mattersPage struct {
	Matters  []reading.MatterSummary
	Text     string
	States   []option
	Filtered bool
	Paged    bool
	More     string
	Newest   string
}

// Show lists matters, newest first.
func (s *Matters) Show(v pageRequest) error {
	in := v.r.URL.Query()
	text, status, page := strings.TrimSpace(in.Get("q")), in.Get("status"), reading.Paging{Cursor: in.Get("cursor"), Limit: perPage}
	q, err := reading.MatterQuery(text, status, page)
	if err != nil {
		return err
	}
	rows, next, err := s.Rows.Matters(v.firm(), q)
	if err != nil {
		return err
	}
	p := mattersPage{Text: text, Filtered: text != "" || status != "", Paged: page.Cursor != "", Newest: "/matters" + queryWith(in, "cursor", ""),
		States: options(status, option{Label: "Any state"}, state(domain.Succeeded, "In step"), state(domain.Waiting, "Waiting"),
			state(domain.Failed, "Failed"), state(domain.Running, "Running"), state(domain.Queued, "Queued"))}
	for _, r := range rows {
		p.Matters = append(p.Matters, reading.Summary(r))
	}
	if c := reading.Cursor(next); c != nil {
		p.More = "/matters" + queryWith(in, "cursor", *c)
	}
	return s.show(v, http.StatusOK, "matters", screen{Title: "Matters", Nav: "matters", Crumbs: []crumb{{"Matters", ""}}, Body: p})
}

func state(s domain.Status, label string) option { return option{Value: string(s), Label: label} }

// matterPage is a matter with its newest syncs.
type matterPage struct {
	Matter reading.MatterBody
	Syncs  []projections.Entry
	Newest *projections.Entry // its sync that runs, waits or failed
	Sent   int                // documents that Smokeball shows
	Choose string             // where a firm admin chooses the matter type that it waits for
}

// Busy reports whether a sync of the matter is queued or running, so that a request would
// lead to the same one.
func (p matterPage) Busy() bool {
	s := p.Matter.Sync.Status
	return s != nil && !s.Ended() && *s != domain.Waiting
}

// Name is how the matter is called.
func (p matterPage) Name() string { return cmp.Or(p.Matter.Title, string(p.Matter.ID)) }

// ShowMatter shows one matter.
func (s *Matters) ShowMatter(v pageRequest) error {
	row, err := reading.Matter(s.Rows, v.firm(), domain.MatterID(v.r.PathValue("matter")))
	if err != nil {
		return err
	}
	body, err := reading.MatterOf(s.Rows, row)
	if err != nil {
		return err
	}
	p := matterPage{Matter: body}
	for _, d := range p.Matter.Documents {
		if d.State == reading.DocumentConfirmed {
			p.Sent++
		}
	}
	found, err := s.History.History(v.firm(), projections.HistoryQuery{Matter: row.ID, Limit: 5})
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
		Crumbs: []crumb{{"Matters", "/matters"}, {cmp.Or(p.Matter.CaseNumber, string(p.Matter.ID)), ""}}, Body: p})
}

// newest adds the sync that the matter's state comes from.
func (s *Matters) newest(v pageRequest, p *matterPage) error {
	if p.Matter.Sync.ID == nil {
		return nil
	}
	e, ok, err := s.History.Sync(v.firm(), *p.Matter.Sync.ID)
	if ok {
		p.Newest = &e
	}
	return err
}

// Sync asks for a sync of the matter.
func (s *Matters) Sync(v pageRequest) error {
	m := domain.MatterID(v.r.PathValue("matter"))
	if !domain.ValidID(string(m)) {
		return reading.Unknown("matter", "Look for it in the list of matters.")
	}
	_, position, err := s.Syncs.Request(v.ctx(), v.user, m, ports.SyncRequest{})
	return s.then(v, position, err, "/matters/"+string(m))
}
