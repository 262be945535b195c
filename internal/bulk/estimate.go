package bulk

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// chunk is how many matters one event names.
const chunk = 400

// estimate chooses the matters and finds out what their syncs will take. One that was interrupted
// goes on after the matters that are on record.
func (j *job) estimate(ctx context.Context) error {
	all, err := j.Views.Choose(j.ref.Firm, j.b.Scope)
	if err != nil {
		return err
	}
	known := map[domain.MatterID]bool{}
	total := domain.BulkEstimated{}
	for _, m := range j.b.Matters {
		known[m.ID] = true
		total.Calls += m.Calls
	}
	var part []domain.BulkMatter
	looks, looking := 0, time.Duration(0)
	for _, id := range all {
		if known[id] {
			continue
		}
		known[id] = true
		begun := j.Now()
		p, err := j.Estimate(ctx, j.ref.Firm, id, j.b)
		if err != nil {
			return err
		}
		looks, looking = looks+1, looking+j.Now().Sub(begun)
		m := domain.BulkMatter{ID: id, Calls: len(p.Calls)}
		if j.b.LinkOnly && p.Linked == "" {
			m.Calls = 0
		}
		total = add(total, p, m.Calls)
		if part = append(part, m); len(part) == chunk {
			if err := j.choose(ctx, part); err != nil {
				return err
			}
			part = nil
		}
		if ctx.Err() != nil || j.b.Status != domain.BulkEstimating {
			return ctx.Err()
		}
	}
	if err := j.choose(ctx, part); err != nil {
		return err
	}
	total.Each = looking / time.Duration(max(1, looks))
	total.Reads = j.Inventory.TakeCalls(j.ref.Firm)
	return j.decide(ctx, func(b domain.Bulk) ([]domain.Event, error) {
		switch {
		case b.Status != domain.BulkEstimating:
			return nil, nil
		case b.Estimates || len(b.Matters) == 0:
			return []domain.Event{total, domain.BulkFinished{Matters: len(b.Matters)}}, nil
		}
		return []domain.Event{total}, nil
	})
}

// choose records a part of the matters.
func (j *job) choose(ctx context.Context, part []domain.BulkMatter) error {
	if len(part) == 0 {
		return nil
	}
	return j.decide(ctx, func(b domain.Bulk) ([]domain.Event, error) {
		if b.Status != domain.BulkEstimating || len(b.Matters) != len(j.b.Matters) {
			return nil, nil // it is cancelled, or another engine estimates
		}
		return []domain.Event{domain.BulkMattersChosen{Matters: part}}, nil
	})
}

// add counts what a preview shows.
func add(t domain.BulkEstimated, p domain.Preview, calls int) domain.BulkEstimated {
	t.Calls += calls
	t.Documents += len(p.Documents)
	for _, c := range p.Calls {
		if c.Op == "create contact" {
			t.NewClient++
		}
	}
	if p.Linked != "" {
		t.Links++
	}
	if len(p.Lacks) > 0 {
		t.Lacking++
	}
	return t
}
