package web

import (
	"context"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// dryRunImpact is what a change of the firm's mappings would do to its matters: exact numbers
// of them all, and a part of those that it concerns.
type dryRunImpact struct {
	domain.DryRun
	Matters   int // that the firm has
	Concerned int
	Changed   int // would get another matter type or role
	Released  int // waiting syncs that would go on
	Stopped   int // would wait for a matter type from then on
	Others    int // of those changed: neither goes on nor waits from then on
	Kept      int // are concerned, and keep their type: they are in Smokeball
	Items     []matterImpact
	Next      uint64 // the cursor of the rest; 0: none
}

// matterImpact is one matter under a changed list of mappings.
type matterImpact struct {
	projections.MatterRow
	domain.DryRunResult
	Has domain.MatterType // in Smokeball, where the matter is there
}

// impactOf looks at all of the firm's matters and keeps up to limit of those concerned that
// are before a position (0: from the newest on).
func (s *site) impactOf(firm domain.FirmID, trial domain.DryRun, before uint64, limit int) (dryRunImpact, error) {
	out := dryRunImpact{DryRun: trial}
	err := s.Views.EachMatter(firm, func(r projections.MatterRow) bool {
		if r.Matter.Known {
			out.take(r, before, limit)
		}
		return true
	})
	return out, err
}

func (v *dryRunImpact) take(r projections.MatterRow, before uint64, limit int) {
	v.Matters++
	o := v.Result(r.Matter)
	if !o.Concerned {
		return
	}
	v.Concerned++
	v.Changed += one(o.Changes)
	v.Released += one(o.Released)
	v.Stopped += one(o.Stops)
	v.Kept += one(o.Keeps)
	v.Others += one(o.Changes && !o.Released && !o.Stops)
	switch {
	case before != 0 && r.Position >= before:
	case len(v.Items) < limit:
		v.Items = append(v.Items, matterImpact{MatterRow: r, DryRunResult: o, Has: v.has(r)})
	case v.Next == 0 && limit > 0:
		v.Next = v.Items[limit-1].Position
	}
}

func one(counts bool) int {
	if counts {
		return 1
	}
	return 0
}

// has is the matter type that a matter has in Smokeball; a zero one where it is not there.
func (v *dryRunImpact) has(r projections.MatterRow) domain.MatterType {
	if !r.Matter.TypeFixed() {
		return domain.MatterType{}
	}
	id := r.Matter.Smokeball.Sent.MatterTypeID
	for _, t := range v.Types {
		if t.ID == id {
			return t
		}
	}
	return domain.MatterType{ID: id, Name: r.TypeName}
}

// Rest is how many of the matters concerned are not shown.
func (v dryRunImpact) Rest() int { return v.Concerned - len(v.Items) }

// Sum tells what would become of all matters, such as 2 go on, 1 stays as it is in
// Smokeball.
func (v dryRunImpact) Sum() string {
	var parts []string
	tell := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, count(uint64(n))+" "+many)
		}
	}
	tell(v.Released, "goes on", "go on")
	tell(v.Others, "gets another type or role", "get another type or role")
	tell(v.Stopped, "waits from then on", "wait from then on")
	tell(v.Kept, "stays as it is in Smokeball", "stay as they are in Smokeball")
	if len(parts) == 0 {
		return "No matter changes."
	}
	return strings.Join(parts, ", ") + "."
}

// Before and After are the matter's type as people read it, now and then.
func (m matterImpact) Before() string {
	if m.Released {
		return "waiting"
	}
	return typeText(m.Now)
}

// After is told under Before.
func (m matterImpact) After() string { return typeText(m.Then) }

func typeText(r domain.Resolution) string {
	switch {
	case !r.Found:
		return "no matter type"
	case r.Role() != "":
		return r.Type.Name + ", client is " + r.Role()
	}
	return r.Type.Name
}

// Says is what becomes of the matter, in a sentence.
func (m matterImpact) Says() string {
	switch {
	case m.Released:
		return "Its sync waits and goes on at once" + m.documents() + "."
	case m.Stops:
		return "Its next sync waits for a matter type."
	case m.Keeps && m.Then.Found && m.Has.ID == m.Then.Type.ID:
		return "It is in Smokeball and has this type already."
	case m.Keeps:
		return "It is in Smokeball and keeps its type: Smokeball does not change the type of a matter that exists. If it should, someone does so there by hand."
	case m.Changes:
		return "It gets this when it is synced."
	case !m.Then.Found:
		return "It has no matter type either way."
	}
	return "It gets the same matter type, by another way."
}

// documents tells how many documents wait with the matter.
func (m matterImpact) documents() string {
	if n := len(m.Matter.Unsent()); n > 0 {
		return ", with " + plural(n, "document")
	}
	return ""
}

// try surveys a change without making it. limit bounds the matters that are kept.
func (s *site) try(ctx context.Context, firm domain.FirmID, c domain.MappingChange, before uint64, limit int) (dryRunImpact, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	trial, err := s.Mappings.TryMappings(ctx, firm, c)
	if err != nil {
		return dryRunImpact{}, err
	}
	return s.impactOf(firm, trial, before, limit)
}

// released is how many waiting syncs a change lets go on. Where Smokeball can't be asked
// none goes on now.
func (s *site) released(ctx context.Context, firm domain.FirmID, c domain.MappingChange) (int, error) {
	v, err := s.try(ctx, firm, c, 0, 0)
	if troubleOf(err) != nil {
		err = nil
	}
	return v.Released, err
}
