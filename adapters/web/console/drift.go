package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Drift shows what differs between both sides, and carries out what is decided about it.
type Drift struct {
	*Shell
	Rows        ports.Drift
	Differences ports.Differences
}

const driftPath = "/drift"

// driftPerPage is how many matters a page has, each with its fields.
const driftPerPage = 20

// driftPage lists differences, field by field.
type driftPage struct {
	Fields  []reading.DriftBody
	Matter  domain.MatterID // only of this one; "": of all
	ByOwner bool            // the table of owners settles them
	Paged   bool
	More    string
	Newest  string
}

// Show lists what differs.
func (s *Drift) Show(v pageRequest) error {
	in := v.r.URL.Query()
	q := projections.DriftQuery{Matter: domain.MatterID(in.Get("matter_id")), Limit: driftPerPage}
	var err error
	if q.Before, err = (reading.Paging{Cursor: in.Get("cursor")}).Before(); err != nil {
		return err
	}
	row, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	p := driftPage{Matter: q.Matter, ByOwner: row.Settings.ByOwner, Paged: q.Before != 0, Newest: driftPath}
	var next uint64
	if p.Fields, next, err = reading.Drift(s.Rows, v.firm(), q, row.Settings.Owners); err != nil {
		return err
	}
	if c := reading.Cursor(next); c != nil {
		p.More = driftPath + queryWith(url.Values{}, "cursor", *c)
	}
	return s.Shell.show(v, http.StatusOK, "drift", screen{Title: "Differences", Nav: "drift", Said: decided[in.Get("done")],
		Crumbs: []crumb{{"Differences", ""}}, Body: p})
}

// decision is a field about which somebody decides, with the value that is shown.
type decision struct {
	Matter, Field, Title, Smokeball string
	On                              string // the page that it stands on
	Fixed                           bool   // Smokeball's value can't be changed from here
}

// Decision is what can be decided about a difference.
func (p driftPage) Decision(d reading.DriftBody) decision {
	return decision{Matter: string(d.Matter), Field: d.Field, Title: d.Title, Smokeball: d.Smokeball, On: "drift", Fixed: d.Field == domain.FieldCaseType}
}

// Decision is what can be decided about a field that differs; nil: nothing.
func (p matterPage) Decision(f reading.FieldBody) *decision {
	differs := f.State == projections.FieldDiffers || f.State == projections.FieldNotSent && f.Smokeball != nil && !p.Busy()
	if !differs || f.Smokeball == nil || f.Repairing != nil || p.Matter.Smokeball.ID == nil {
		return nil
	}
	return &decision{Matter: string(p.Matter.ID), Field: f.Field, Title: p.Name(), Smokeball: *f.Smokeball, On: "matter", Fixed: f.Field == domain.FieldCaseType}
}

// Decidable reports whether a field of the matter differs.
func (p matterPage) Decidable() bool {
	return slices.ContainsFunc(p.Matter.Fields, func(f reading.FieldBody) bool { return p.Decision(f) != nil })
}

// decided says what was just done.
var decided = map[string]string{
	"accept": "Smokeball’s value is accepted. CaseHug is told.",
	"repair": "CaseHug’s value is being written to Smokeball.",
	"check":  "Linked matters and their clients are being read again. What differs appears here.",
}

// Check has what is linked read again.
func (s *Drift) Check(v pageRequest) error {
	position, err := s.Differences.Check(v.ctx(), v.user, "")
	return s.then(v, position, err, driftPath+"?done=check")
}

// Accept takes Smokeball's value of a field for right.
func (s *Drift) Accept(v pageRequest) error {
	position, err := s.Differences.Accept(v.ctx(), v.user, s.field(v))
	return s.then(v, position, err, s.back(v, "accept"))
}

// Repair has CaseHug's value of a field written to Smokeball.
func (s *Drift) Repair(v pageRequest) error {
	_, position, err := s.Differences.Repair(v.ctx(), v.user, s.field(v))
	return s.then(v, position, err, s.back(v, "repair"))
}

// field is the field of the form, with the value that was shown.
func (s *Drift) field(v pageRequest) domain.FieldRef {
	f := domain.FieldRef{Firm: v.firm(), Matter: domain.MatterID(v.r.PathValue("matter")), Name: v.r.PathValue("field")}
	if seen, shown := v.r.PostForm["seen"]; shown {
		f.Seen = &seen[0]
	}
	return f
}

// back is the page that the form stands on.
func (s *Drift) back(v pageRequest, what string) string {
	if m := v.r.PathValue("matter"); v.r.PostFormValue("on") == "matter" && domain.ValidID(m) {
		return "/matters/" + m + "?done=" + what
	}
	return driftPath + "?done=" + what
}
