package console

import (
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// provenancePage is a record of where the values of a matter come from, to print and to hand on.
type provenancePage struct {
	Record   reading.ProvenanceBody
	Sections []recordSection
	Facts    []reading.FactBody // that the record names, in the order of the ledger
	At       time.Time
}

// recordSection are the fields of the matter, or of one of its clients.
type recordSection struct {
	Title  string
	Fields []reading.FieldBody
}

// ShowProvenance shows where the values of a matter come from.
func (s *Matters) ShowProvenance(v pageRequest) error {
	id := domain.MatterID(v.r.PathValue("matter"))
	record, err := s.Provenances.Read(v.ctx(), v.firm(), id)
	if err != nil {
		return err
	}
	firm, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	record.Name(func(subject string) string { return v.nameOf(firm, subject) })
	p := provenancePage{Record: record, Sections: recordSections(record.Fields), Facts: record.Facts(), At: s.Now()}
	name := record.Title
	if name == "" {
		name = string(id)
	}
	return s.show(v, http.StatusOK, "provenance", screen{Title: "Where each value comes from", Nav: "matters", About: id,
		Crumbs: []crumb{{"Matters", "/matters"}, {name, "/matters/" + string(id)}, {"Where each value comes from", ""}}, Body: p})
}

// recordSections groups fields by whose they are.
func recordSections(fields []reading.FieldBody) (list []recordSection) {
	var of *domain.ClientID
	for i, f := range fields {
		if i == 0 || f.Client != nil && (of == nil || *of != *f.Client) {
			of = f.Client
			list = append(list, recordSection{Title: "Matter"})
			if of != nil {
				list[len(list)-1].Title = "Client " + string(*of)
			}
		}
		last := &list[len(list)-1]
		last.Fields = append(last.Fields, f)
		if f.Field == domain.FieldClientName && f.CaseHug != "" {
			last.Title = "Client " + f.CaseHug
		}
	}
	return list
}
