package reading

import (
	"context"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// DryRunImpact is what a change of the firm's mappings would do to its matters: exact numbers
// of all, and a part of those that it concerns.
type DryRunImpact struct {
	domain.DryRun
	Matters   int // that the firm has
	Concerned int
	Changed   int // would get another matter type or role
	Released  int // waiting syncs that would go on
	Stopped   int // would wait for a matter type from then on
	Others    int // of those changed: neither goes on nor waits from then on
	Kept      int // are concerned, and keep their type: they are in Smokeball
	Items     []MatterImpact
	Next      uint64 // the cursor of the rest; 0: none

	first []domain.MatterID // of those whose syncs would go on
}

// MatterImpact is one matter under a changed list of mappings.
type MatterImpact struct {
	projections.MatterRow
	domain.DryRunResult
	Has domain.MatterType // in Smokeball, where the matter is there
}

// impactOf looks at all of the firm's matters and lists up to limit of those concerned that
// are before a position (0: from the newest on).
func (m MappingReader) impactOf(firm domain.FirmID, run domain.DryRun, before uint64, limit int) (DryRunImpact, error) {
	out := DryRunImpact{DryRun: run}
	err := m.Matters.EachMatter(firm, func(r projections.MatterRow) bool {
		if r.Matter.Known {
			out.add(r, before, limit)
		}
		return true
	})
	return out, err
}

func (v *DryRunImpact) add(r projections.MatterRow, before uint64, limit int) {
	v.Matters++
	o := v.Result(r.Matter)
	if !o.Concerned {
		return
	}
	v.Concerned++
	v.Changed += one(o.Changes)
	v.Released += one(o.Released)
	if o.Released && len(v.first) < mostTried {
		v.first = append(v.first, r.ID)
	}
	v.Stopped += one(o.Stops)
	v.Kept += one(o.Keeps)
	v.Others += one(o.Changes && !o.Released && !o.Stops)
	switch {
	case before != 0 && r.Position >= before:
	case len(v.Items) < limit:
		v.Items = append(v.Items, MatterImpact{MatterRow: r, DryRunResult: o, Has: v.has(r)})
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
func (v *DryRunImpact) has(r projections.MatterRow) domain.MatterType {
	if !r.Matter.Smokeball.TypeFixed() {
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
func (v DryRunImpact) Rest() int { return v.Concerned - len(v.Items) }

// Sum sums up what all matters would get, such as 2 go on, 1 stays as it is in Smokeball.
func (v DryRunImpact) Sum() string {
	var parts []string
	add := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, words.Count(uint64(n))+" "+many)
		}
	}
	add(v.Released, "goes on", "go on")
	add(v.Others, "gets another type or role", "get another type or role")
	add(v.Stopped, "waits from then on", "wait from then on")
	add(v.Kept, "stays as it is in Smokeball", "stay as they are in Smokeball")
	if len(parts) == 0 {
		return "No matter changes."
	}
	return strings.Join(parts, ", ") + "."
}

// Before is the matter's type now, as people read it.
func (m MatterImpact) Before() string {
	if m.Released {
		return "waiting"
	}
	return typeText(m.Now)
}

// After is the matter's type after the change.
func (m MatterImpact) After() string { return typeText(m.Then) }

func typeText(r domain.Resolution) string {
	switch {
	case !r.Found:
		return "no matter type"
	case r.Role() != "":
		return r.Type.Name + ", client is " + r.Role()
	}
	return r.Type.Name
}

// Says describes in a sentence what the matter gets.
func (m MatterImpact) Says() string {
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

// documents counts the documents that wait with the matter.
func (m MatterImpact) documents() string {
	if n := len(m.Matter.Unsent()); n > 0 {
		return ", with " + words.Plural(n, "document")
	}
	return ""
}

// Try reports what a change would do, without making it. limit bounds the matters that are
// listed.
func (m MappingReader) Try(ctx context.Context, firm domain.FirmID, c domain.MappingChange, before uint64, limit int) (DryRunImpact, error) {
	ctx, cancel := context.WithTimeout(ctx, AnswerTimeout)
	defer cancel()
	run, err := m.Mappings.TryMappings(ctx, firm, c)
	if err != nil {
		return DryRunImpact{}, err
	}
	return m.impactOf(firm, run, before, limit)
}

// Released is how many waiting syncs a change releases; none now if Smokeball can't be asked.
func (m MappingReader) Released(ctx context.Context, firm domain.FirmID, c domain.MappingChange) (int, error) {
	v, err := m.Try(ctx, firm, c, 0, 0)
	if TroubleOf(err) != nil {
		err = nil
	}
	return v.Released, err
}
