package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/practice"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// The matters of the demo that each have a problem.
const (
	unmappedMatter domain.MatterID = "m_2001" // no matter type of Smokeball fits its case type
	brokenMatter   domain.MatterID = "m_2002" // its document's bytes are not the approved ones
	changedMatter  domain.MatterID = "m_1003" // somebody changes it in Smokeball
)

// troubles produces one problem of each kind: a sync that waits, one that failed, a dead letter,
// and a matter that somebody changed in Smokeball.
func (d *demo) troubles(ctx context.Context, w *watch, s *services) error {
	rows, err := w.look()
	if err != nil {
		return err
	}
	if troubled(rows) {
		return nil
	}
	for _, act := range []func(context.Context, *services) error{publishUnmapped, publishBroken, publishInvalid, d.changeInSmokeball} {
		if err := act(ctx, s); err != nil {
			return err
		}
	}
	return w.until(ctx, "the troubles show", func(rows map[domain.MatterID]projections.MatterRow) bool {
		return rows[unmappedMatter].Status == domain.Waiting && rows[brokenMatter].Status == domain.Failed
	})
}

// troubled reports whether an earlier demo has made the troubles.
func troubled(rows map[domain.MatterID]projections.MatterRow) bool {
	_, first := rows[unmappedMatter]
	_, second := rows[brokenMatter]
	return first && second
}

func troubledMatter(id domain.MatterID, number, title, kind, first, last string) domain.MatterData {
	return domain.MatterData{ID: id, Version: 1, Title: title, CaseNumber: number, CaseType: kind, PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active",
		Client: domain.ClientData{ID: domain.ClientID("c_" + strings.ToLower(last)), Version: 1, FirstName: first, LastName: last, Email: strings.ToLower(first) + "@example.com"}}
}

func publishUnmapped(ctx context.Context, s *services) error {
	if err := s.created(ctx, troubledMatter(unmappedMatter, "CH-2026-0148", "Novak v. Harbor Kennels", "Kennel Negligence", "Irena", "Novak")); err != nil {
		return err
	}
	return s.approve(ctx, practice.Paper{ID: "d_21", Matter: unmappedMatter, Name: "Signed retainer.pdf"})
}

func publishBroken(ctx context.Context, s *services) error {
	if err := s.created(ctx, troubledMatter(brokenMatter, "CH-2026-0149", "Abara v. City Transit", "Auto Accident", "Chidi", "Abara")); err != nil {
		return err
	}
	return s.approveOther(ctx, practice.Paper{ID: "d_22", Matter: brokenMatter, Name: "Signed retainer.pdf"})
}

// publishInvalid publishes a matter without a client, as a faulty service would.
func publishInvalid(ctx context.Context, s *services) error {
	return s.publish(ctx, "casehug."+string(demoFirm)+".matter.created", "m_2003-created",
		map[string]any{"matter_id": "m_2003", "version": 1, "title": "Quiroga – guardianship", "case_type": "Guardianship", "status": "active"})
}

// changeInSmokeball changes a matter's status as a person in Smokeball would.
func (d *demo) changeInSmokeball(context.Context, *services) error {
	for _, a := range d.smokeball.State().Accounts {
		for _, m := range a.Matters {
			if m.ExternalSystemID == string(changedMatter) {
				return d.edit(m)
			}
		}
	}
	return fmt.Errorf("the simulated Smokeball lacks matter %s", changedMatter)
}

func (d *demo) edit(m smokeballsim.MatterState) error {
	return d.smokeball.EditMatter(m.ID, []byte(`{"status":"Pending"}`))
}
