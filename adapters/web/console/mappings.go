package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// Mappings show, try, save and remove case type mappings.
type Mappings struct {
	*Shell
	Reader   reading.MappingReader
	DryRuns  reading.DryRuns
	Mappings ports.Mappings
}

// mappingsPath is the page of the case type mappings.
const mappingsPath = "/integrations/mappings"

// mappingsPage is the table of case types, with at most one form open.
type mappingsPage struct {
	reading.CaseTypes
	Unsaved string // if Smokeball can't be asked: the address that brings back what was typed
	Rows    []mappingRow
	Form    *mappingForm // above the table; nil: none, or in a row
	From    int          // rows that stand before the first one shown
	All     int          // rows
}

// Last is the number of the last row shown.
func (p mappingsPage) Last() int { return p.From + len(p.Rows) }

// Before is where the rows before those shown begin.
func (p mappingsPage) Before() int { return max(p.From-perPage, 0) }

// mappingRow is a row of the table.
type mappingRow struct {
	reading.CaseTypeRow
	By   string       // who revised it
	Edit string       // the address that opens its form
	Form *mappingForm // nil: it is closed
}

// Show shows the table, with a form or a dry run where the address asks for one.
func (s *Mappings) Show(v pageRequest) error {
	c, err := s.Reader.CaseTypes(v.ctx(), v.firm())
	if err != nil {
		return err
	}
	in, err := s.ofMatter(v, v.r.URL.Query())
	if err != nil {
		return err
	}
	unsaved := ""
	switch tried := in.Get("try") != ""; {
	case tried && c.Trouble == nil:
		return s.try(v, c, in)
	case tried:
		unsaved = mappingsPath + "?" + in.Encode() + "#edit"
	}
	var form *mappingForm
	if w := asked(in, c.Mappings); w != nil {
		form = newMappingForm(c, *w, nil).offering(in.Get)
	}
	return s.page(v, http.StatusOK, c, form, unsaved)
}

// ofMatter puts what a matter's mapping is for in the place of the matter's name.
func (s *Mappings) ofMatter(v pageRequest, in url.Values) (url.Values, error) {
	if in.Get("matter") == "" {
		return in, nil
	}
	row, ok, err := s.Reader.Matters.Matter(v.firm(), domain.MatterID(in.Get("matter")))
	if err != nil || !ok {
		return in, err
	}
	d := row.Matter.Data
	return url.Values{"case_type": {d.CaseType}, "practice_area": {d.PracticeArea}, "jurisdiction": {d.Jurisdiction}}, nil
}

// mattersTried is how many matters a dry run on the page names.
const mattersTried = 20

// try shows what saving the form, or removing its mapping, would change. The form keeps what
// was typed.
func (s *Mappings) try(v pageRequest, c reading.CaseTypes, in url.Values) error {
	typed := typedMapping(in.Get)
	change := domain.MappingChange{Revise: &typed}
	if k, ok := c.Mappings.Find(typed.ID); ok && in.Get("try") == "remove" {
		typed, change = k.Mapping, domain.MappingChange{Remove: k.ID}
	}
	found, err := s.DryRuns.Try(v.ctx(), v.user, change, 0, mattersTried)
	r := domain.AsRejection(err)
	if err != nil && r == nil {
		return err
	}
	form := newMappingForm(c, typed, r).offering(in.Get)
	if r != nil {
		return s.page(v, problem.Rejected(r).Status, c, form, "")
	}
	form.Tried, form.Removing = &found, change.Revise == nil
	return s.page(v, http.StatusOK, c, form, "")
}

// asked is the mapping whose form the address opens; nil: none. A case type that the firm has
// a mapping for opens that mapping.
func asked(in url.Values, own domain.Mappings) *domain.Mapping {
	if k, ok := own.Find(domain.MappingID(in.Get("id"))); ok {
		return &k.Mapping
	}
	w := domain.Mapping{CaseType: in.Get("case_type"), PracticeArea: in.Get("practice_area"), Jurisdiction: in.Get("jurisdiction")}
	if w.CaseType == "" && in.Get("add") == "" {
		return nil
	}
	if k, ok := own.For(domain.MatterData{CaseType: w.CaseType, PracticeArea: w.PracticeArea, Jurisdiction: w.Jurisdiction}); ok {
		return &k.Mapping
	}
	w.ID = newMappingID()
	return &w
}

// page shows the page, with a form if one is open.
func (s *Mappings) page(v pageRequest, status int, c reading.CaseTypes, form *mappingForm, unsaved string) error {
	row, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	p := mappingsPage{CaseTypes: c, Unsaved: unsaved}
	for _, r := range c.Rows {
		m := mappingRow{CaseTypeRow: r, Edit: mappingsPath + "?" + choice(r.Mapping) + "#edit"}
		if r.Kept != nil {
			m.By = v.nameOf(row, r.Kept.By)
		}
		p.Rows = append(p.Rows, m)
	}
	first, _ := strconv.Atoi(v.r.URL.Query().Get("from"))
	if form != nil && c.Trouble == nil {
		first = p.open(form, first)
	}
	p.cut(first)
	sc := screen{Title: "Case Type Mappings", Nav: "integrations", Tab: "mappings", Unmapped: c.Counts()["unmapped"], Body: p, Said: saidOf(v.r.URL.Query()), Crumbs: settingsCrumbs("Case Type Mappings")}
	return s.show(v, status, "mappings", sc)
}

// saidOf says what was just done.
func saidOf(in url.Values) string {
	said := ""
	switch {
	case in.Get("saved") != "":
		said = "The mapping is saved."
	case in.Get("removed") != "":
		said = "The mapping is removed."
	}
	switch n, _ := strconv.Atoi(in.Get("released")); {
	case said == "" || n <= 0:
		return said
	case n == 1:
		return said + " 1 matter goes on."
	default:
		return said + " " + words.Plural(n, "matter") + " go on."
	}
}

// after is the page after a change, with the number of matters that go on.
func after(what string, released int) string {
	if released == 0 {
		return mappingsPath + "?" + what + "=1"
	}
	return mappingsPath + "?" + what + "=1&released=" + strconv.Itoa(released)
}

// choice is the part of an address that opens a mapping's form.
func choice(w domain.Mapping) string {
	if w.ID != "" {
		return url.Values{"id": {string(w.ID)}}.Encode()
	}
	in := url.Values{"case_type": {w.CaseType}}
	for name, text := range map[string]string{"practice_area": w.PracticeArea, "jurisdiction": w.Jurisdiction} {
		if text != "" {
			in.Set(name, text)
		}
	}
	return in.Encode()
}

// cut leaves the rows of one page: that of the row, if there is one of that number.
func (p *mappingsPage) cut(row int) {
	p.All = len(p.Rows)
	if row < 0 || row >= p.All {
		row = 0
	}
	p.From = row / perPage * perPage
	p.Rows = p.Rows[p.From:min(p.From+perPage, p.All)]
}

// open puts the form into the row that it is about, and returns the row's number, or puts it
// above the table, where the page begins with the row first.
func (p *mappingsPage) open(f *mappingForm, first int) int {
	about := domain.Mapping{CaseType: f.CaseType, PracticeArea: f.PracticeArea, Jurisdiction: f.Jurisdiction}
	for i, r := range p.Rows {
		if (f.Known && r.ID == f.ID) || (!f.Known && r.ID == "" && strings.EqualFold(choice(about), choice(r.Mapping))) {
			p.Rows[i].Form = f
			return i
		}
	}
	p.Form = f
	return first
}

// Save saves the form; what is wrong is shown at its field, with what was typed.
func (s *Mappings) Save(v pageRequest) error {
	typed := typedMapping(v.r.PostFormValue)
	released, err := s.Reader.Released(v.ctx(), v.firm(), domain.MappingChange{Revise: &typed})
	if err != nil {
		return err
	}
	_, position, err := s.Mappings.ReviseMapping(v.ctx(), v.user, typed)
	if reading.TroubleOf(err) == nil {
		return s.then(v, position, err, after("saved", released))
	}
	c, missed := s.Reader.CaseTypes(v.ctx(), v.firm())
	if missed != nil {
		return missed
	}
	r := domain.AsRejection(err)
	switch {
	case c.Trouble != nil:
		s.Trail.Reject(v.ctx(), v.r.Method, err)
		return s.page(v, s.Report.Of(v.ctx(), err).Status, c, nil, mappingsPath+"?try=save&"+query(typed)+"#edit")
	case r == nil || (r.Reason != domain.Invalid && r.Reason != domain.Conflict):
		return err
	}
	s.Trail.Reject(v.ctx(), v.r.Method, r)
	return s.page(v, problem.Rejected(r).Status, c, newMappingForm(c, typed, r).offering(v.r.PostFormValue), "")
}

// query is the part of an address that brings back what was typed.
func query(w domain.Mapping) string {
	return url.Values{"id": {string(w.ID)}, "case_type": {w.CaseType}, "practice_area": {w.PracticeArea}, "jurisdiction": {w.Jurisdiction},
		"matter_type_id": {w.MatterTypeID}, "client_role": {w.ClientRole}}.Encode()
}

// Remove removes a mapping.
func (s *Mappings) Remove(v pageRequest) error {
	id := domain.MappingID(v.r.PostFormValue("id"))
	released, err := s.Reader.Released(v.ctx(), v.firm(), domain.MappingChange{Remove: id})
	if err != nil {
		return err
	}
	position, err := s.Mappings.RemoveMapping(v.ctx(), v.user, id)
	return s.then(v, position, err, after("removed", released))
}
