package reading

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
	"github.com/casehug/smokeball-sync/projections"
)

// mostPreviews is how many waiting syncs one answer goes through against Smokeball. The calls of
// others are taken to be as many on average.
const mostPreviews = 10

// ReplayReader tells what would have become of matters under other mappings.
type ReplayReader struct {
	Mappings MappingReader
	Previews ports.Previews
}

// ReplayQuery narrows a replay.
type ReplayQuery struct {
	Change *domain.MappingChange // nil: the firm's mappings as they are now
	Matter domain.MatterID       // "": all
	Before uint64
	Limit  int
}

// ReplayPage is a part of a firm's replay, newest matters first.
type ReplayPage struct {
	domain.DryRun
	Items []ReplayedMatter
	Next  uint64
	Cost
}

// ReplayedMatter is a matter, what would have become of it, and, where its sync would go on,
// what that would do now.
type ReplayedMatter struct {
	projections.MatterRow
	domain.Replay
	Goes *domain.Preview // nil: it would not go on, or was not gone through
}

// Cost is what syncs that would go on take of Smokeball's allowance.
type Cost struct {
	Syncs, Calls int
	About        bool // some were not gone through
}

// Replay answers one part.
func (r ReplayReader) Replay(ctx context.Context, by domain.User, q ReplayQuery) (ReplayPage, error) {
	run, err := r.run(ctx, by.Firm, q.Change)
	if err != nil {
		return ReplayPage{}, err
	}
	page := ReplayPage{DryRun: run}
	rows, err := r.rows(by.Firm, q)
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		page.Next = rows[q.Limit-1].Position
	}
	for _, row := range rows {
		if err != nil {
			break
		}
		item := ReplayedMatter{MatterRow: row}
		item.Replay, err = r.Previews.Replay(ctx, by.Firm, row.ID, run)
		page.Items = append(page.Items, item)
	}
	if err != nil {
		return page, err
	}
	return page, r.goOn(ctx, by, &page)
}

// run is the comparison to make.
func (r ReplayReader) run(ctx context.Context, f domain.FirmID, c *domain.MappingChange) (domain.DryRun, error) {
	if c != nil {
		return r.Mappings.Mappings.TryMappings(ctx, f, *c)
	}
	row, err := r.Mappings.Firms.Connection(f)
	if err != nil {
		return domain.DryRun{}, err
	}
	types, err := r.Mappings.Mappings.MatterTypes(ctx, f)
	return domain.DryRun{Types: types, Now: row.Mappings, Then: row.Mappings}, err
}

// rows are the matters of the part, and one more where there is a rest.
func (r ReplayReader) rows(f domain.FirmID, q ReplayQuery) (rows []projections.MatterRow, err error) {
	if q.Matter != "" {
		row, ok, err := r.Mappings.Matters.Matter(f, q.Matter)
		if err == nil && (!ok || !row.Matter.Known) {
			err = unknownMatter(q.Matter)
		}
		return []projections.MatterRow{row}, err
	}
	err = r.Mappings.Matters.EachMatter(f, func(row projections.MatterRow) bool {
		if row.Matter.Known && (q.Before == 0 || row.Position < q.Before) {
			rows = append(rows, row)
		}
		return len(rows) <= q.Limit
	})
	return rows, err
}

func unknownMatter(id domain.MatterID) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeMatterUnknown,
		Message: "CaseHug has not announced a matter " + string(id), Remedy: "Check the id."}}
}

// goOn goes through syncs that would go on.
func (r ReplayReader) goOn(ctx context.Context, by domain.User, page *ReplayPage) error {
	var matters []domain.MatterID
	at := map[domain.MatterID]int{}
	for i, item := range page.Items {
		if item.Outcome == domain.ReplayGoes {
			matters, at[item.ID] = append(matters, item.ID), i
		}
	}
	found, cost, err := costOf(ctx, r.Previews, by, matters[:min(len(matters), mostPreviews)], len(matters), page.Then)
	for id, p := range found {
		page.Items[at[id]].Goes = &p
	}
	page.Cost = cost
	return err
}

// costOf goes through the syncs of some matters under mappings, and adds up what all of them take.
func costOf(ctx context.Context, previews ports.Previews, by domain.User, some []domain.MatterID, all int, then domain.Mappings) (map[domain.MatterID]domain.Preview, Cost, error) {
	found, cost := map[domain.MatterID]domain.Preview{}, Cost{Syncs: all}
	for _, id := range some {
		p, err := previews.Under(ctx, by, id, then)
		if err != nil {
			return nil, Cost{}, err
		}
		found[id] = p
		cost.Calls += len(p.Calls)
	}
	if rest := all - len(some); rest > 0 {
		cost.Calls += (cost.Calls*rest + len(some) - 1) / len(some)
		cost.About = true
	}
	return found, cost, nil
}

// Estimate is what the syncs take, at a rate in calls a second.
func (c Cost) Estimate(rate float64) EstimateBody {
	return EstimateBody{Calls: c.Calls, Seconds: secondsFor(c.Calls, rate)}
}

// Why says what a call is made for.
func Why(op string) string { return wording.Call(op) }
