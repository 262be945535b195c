package console

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Matters show matters and sync them.
type Matters struct {
	*Shell
	Rows        ports.Matters
	Numbers     ports.MatterCounts
	History     ports.History
	Syncs       ports.Syncs
	Provenances reading.Provenances
}

// mattersPage is the list of matters with its filters.
type mattersPage struct {
	Matters  []matterLine
	Text     string
	State    string
	Groups   []group
	All      int
	Filtered bool
	Paged    bool
	More     string
	Newest   string
}

// matterLine is a matter in the list.
type matterLine struct {
	reading.MatterSummary
	Why    string // it waits or failed, in sentences, and what to do; "": neither
	Remedy remedy
}

// lineOf is a matter with what its newest sync waits for or failed by.
func (s *Matters) lineOf(v pageRequest, m reading.MatterSummary) matterLine {
	l := matterLine{MatterSummary: m}
	if matterReason(m) == "" || m.Sync.Error == nil || m.State == projections.MatterUndecided || m.State == projections.MatterDiffers {
		return l
	}
	l.Why = words.Sentence(m.Sync.Error.Message) + " " + words.Sentence(m.Sync.Error.Remedy)
	l.Remedy = s.remedyOf(v, projections.Entry{Matter: m.ID, Title: m.Title, Status: *m.Sync.Status, Error: m.Sync.Error})
	return l
}

// Show lists matters, newest first.
func (s *Matters) Show(v pageRequest) error {
	in := v.r.URL.Query()
	text, state, page := strings.TrimSpace(in.Get("q")), in.Get("state"), reading.Paging{Cursor: in.Get("cursor"), Limit: perPage}
	q, err := reading.MatterQuery(text, in.Get("status"), state, page)
	if err != nil {
		return err
	}
	rows, next, err := s.Rows.Matters(v.firm(), q)
	if err != nil {
		return err
	}
	counts, err := s.Numbers.MatterCounts(v.firm())
	if err != nil {
		return err
	}
	p := mattersPage{Text: text, State: state, Filtered: text != "" || state != "" || in.Get("status") != "", Paged: page.Cursor != "",
		Newest: "/matters" + queryWith(in, "cursor", ""), Groups: matterGroups(in, counts), All: counts.All()}
	for _, r := range rows {
		p.Matters = append(p.Matters, s.lineOf(v, reading.Summary(r)))
	}
	if c := reading.Cursor(next); c != nil {
		p.More = "/matters" + queryWith(in, "cursor", *c)
	}
	return s.show(v, http.StatusOK, "matters", screen{Title: "Matters", Nav: "matters", Crumbs: []crumb{{"Matters", ""}}, Body: p})
}

// matterGroups are the states to choose from, each with its number of matters. What hardly ever
// is has a tab only while it is.
func matterGroups(in url.Values, counts projections.MatterCounts) []group {
	list := []group{{Label: "All", Count: counts.All()}}
	for _, g := range []struct {
		state  projections.MatterState
		label  string
		always bool
	}{{projections.MatterInSync, "In sync", true}, {projections.MatterDiffers, "Differs", true}, {projections.MatterAtWork, "In progress", false},
		{projections.MatterWaiting, "Waiting", true}, {projections.MatterFailed, "Failed", true}, {projections.MatterUndecided, "To decide", false},
		{projections.MatterUnread, "Not read yet", false}, {projections.MatterOnlyHere, "CaseHug only", true}} {
		if n := counts.States[g.state]; n > 0 || g.always || in.Get("state") == string(g.state) {
			list = append(list, group{Label: g.label, Href: string(g.state), Count: n})
		}
	}
	for i := range list {
		list[i].Current = list[i].Href == in.Get("state")
		list[i].Href = "/matters" + queryWith(in, "state", list[i].Href, "cursor", "", "status", "")
	}
	return list
}

// matterPage is a matter with its newest syncs.
type matterPage struct {
	Matter reading.MatterBody
	Syncs  []projections.Entry
	Newest *projections.Entry // its sync that runs, waits or failed
	Sent   int                // documents that Smokeball shows
	Ended  string             // what came of its sync that has just ended
	Remedy remedy             // for what its sync waits for, or failed by
	// Clients are those that CaseHug names an id of.
	Clients []domain.ClientData
	Erased  bool // its data were erased, or are being
	Kept    keptNote
}

// Busy reports whether a sync of the matter is queued or running, so that a request would
// lead to the same one.
func (p matterPage) Busy() bool {
	s := p.Matter.Sync.Status
	return s != nil && !s.Ended() && *s != domain.Waiting
}

// Held reports whether its sync waits for what only people can do elsewhere, so that asking for it
// again would not help. An unlinked matter waits for a decision, of which asking again is one.
func (p matterPage) Held() bool {
	if p.Newest == nil || p.Newest.Status != domain.Waiting || p.Newest.Error == nil {
		return false
	}
	switch p.Newest.Error.Code {
	case domain.CodeNotConnected, domain.CodeReauthorizationRequired, domain.CodeMatterTypeUnmapped, domain.CodeMisconfigured:
		return true
	}
	return false
}

// FieldBadge is the chip of a field. A case type that its sync waits with is unmapped.
func (p matterPage) FieldBadge(f reading.FieldBody) badge {
	if f.Field == "case_type" && p.Held() && p.Newest.Error.Code == domain.CodeMatterTypeUnmapped {
		return badge{Class: "warn", Icon: "alert", Word: "Unmapped"}
	}
	return fieldBadge(f.State)
}

// DocumentBadge is the chip of a document. One that was not sent waits for its matter while that
// waits and is not in Smokeball.
func (p matterPage) DocumentBadge(state string) badge {
	if state == reading.DocumentWaits && p.Held() && p.Matter.Smokeball.ID == nil {
		return badge{Class: "warn", Icon: "wait", Word: "Waits for its matter"}
	}
	return documentBadge(state)
}

// Name is how the matter is called.
func (p matterPage) Name() string { return cmp.Or(p.Matter.Title, string(p.Matter.ID)) }

// ShowMatter shows one matter.
func (s *Matters) ShowMatter(v pageRequest) error {
	row, err := reading.Matter(s.Rows, v.firm(), domain.MatterID(v.r.PathValue("matter")))
	if err != nil {
		return err
	}
	body, err := s.Provenances.Matter(v.ctx(), row)
	if err != nil {
		return err
	}
	p := matterPage{Matter: body, Erased: row.Matter.Erased}
	for _, c := range row.Matter.Data.Clients() {
		if c.ID != "" {
			p.Clients = append(p.Clients, c)
		}
	}
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
	if p.Kept, err = s.keptPage(v, func(k reading.FirmKeeps) reading.Keeping { return k.History }); err != nil {
		return err
	}
	if err := s.newest(v, &p); err != nil {
		return err
	}
	if p.Newest != nil {
		p.Ended = endText(*p.Newest, s.Now())
		p.Remedy = s.remedyOf(v, *p.Newest)
	}
	return s.show(v, http.StatusOK, "matter", screen{Title: p.Name(), Nav: "matters", About: row.ID, Said: decided[v.r.URL.Query().Get("done")],
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
