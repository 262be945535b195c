package syncing_test

import (
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// retainer approves a document of the accident.
func (o *office) retainer() domain.CaseHugEvent {
	return approved(o.papers.write("m_accident", "d_retainer", "the signed retainer"))
}

func TestApprovalBringsContactMatterAndFile(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), o.retainer())
		e := o.ends("m_accident", domain.Succeeded)
		want := []string{"matter_type matched", "contact created", "matter accepted", "confirm confirmed", "document uploaded", "confirm confirmed", "confirm confirmed"}
		if got := steps(e); !slices.Equal(got, want) {
			t.Errorf("the steps are %q, want %q", got, want)
		}
		m := o.one()
		if m.ExternalSystemID != "m_accident" || m.Number != "CH-2026-0142" || m.Description != "Rivera v. Apex Freight" || m.Status != "Open" || m.MatterType != "Auto Accident" {
			t.Errorf("Smokeball has %+v", m)
		}
		s := o.kept()
		if len(s.Contacts) != 1 || s.Contacts[0].Email != "maria@example.com" || !slices.Equal(m.ClientIDs, []string{s.Contacts[0].ID}) {
			t.Errorf("the contacts are %+v, the matter's clients %v", s.Contacts, m.ClientIDs)
		}
		if len(s.Files) != 1 || s.Files[0].SHA256 != digest("the signed retainer") || s.Files[0].Uploads != 1 || s.Files[0].Name != "d_retainer.pdf" {
			t.Errorf("the files are %+v", s.Files)
		}
		if heard := o.heard(); !slices.Equal(heard, []string{"connection.changed", "matter.synced"}) {
			t.Errorf("CaseHug heard %q", heard)
		}
	})
}
