package bulk

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// job is the work on one bulk sync.
type job struct {
	*Runner
	ref     Ref
	b       domain.Bulk
	cursor  int            // matters before it have an outcome, or are on their way
	flying  map[int]flight // syncs on their way, by the place of their matter
	results []domain.BulkOutcome
	calls   int // that no event counts yet
	flushed time.Time
	moved   bool // it has got on since it began
}

// flight is a sync on its way.
type flight struct {
	sync     domain.SyncID
	position uint64             // the ledger position of its request
	links    domain.SmokeballID // with LinkOnly: the matter that it will be linked to
	waits    bool               // for somebody, or for Smokeball
	calls    int                // that it has made
}

func (j *job) stream() domain.Stream { return domain.BulkStream(j.ref.Firm, j.ref.ID) }

// run works until the bulk sync is over.
func (j *job) run(ctx context.Context) error {
	if err := j.takeUp(ctx); err != nil || j.b.Status.Over() {
		return err
	}
	if err := j.Inventory.Open(ctx, j.ref.Firm); err != nil {
		return err
	}
	ctx = j.Inventory.counting(ctx, j.ref.Firm) // what the estimates look for
	if j.b.Status == domain.BulkEstimating {
		if err := j.estimate(ctx); err != nil {
			return err
		}
	}
	j.flushed = j.Now()
	for ctx.Err() == nil {
		over, err := j.step(ctx)
		if err != nil || over {
			return err
		}
	}
	return nil
}

// decide appends to the bulk sync's stream.
func (j *job) decide(ctx context.Context, f func(domain.Bulk) ([]domain.Event, error)) error {
	b, _, err := eventstore.Execute(ctx, j.Ledger, j.Now, j.stream(), f)
	if err == nil {
		j.b, j.moved = b, true
	}
	return err
}

// takeUp notes that the time in which nobody worked on it is over.
func (j *job) takeUp(ctx context.Context) error {
	err := j.reload(ctx)
	lost := 0
	if err == nil && (j.b.Status == domain.BulkRunning || j.b.Status == domain.BulkPaused) {
		lost, err = j.lostCalls(ctx)
	}
	if err != nil {
		return err
	}
	err = j.decide(ctx, func(b domain.Bulk) ([]domain.Event, error) {
		if b.Status != domain.BulkRunning && lost == 0 {
			return nil, nil
		}
		return []domain.Event{domain.BulkTakenUp{Left: b.Unfinished(), Calls: lost}}, nil
	})
	j.moved = false
	return err
}

// pause is how long the job waits for something to happen.
const pause = time.Second

// step collects what has ended, starts what may start, and waits.
func (j *job) step(ctx context.Context) (over bool, err error) {
	_, moved := j.Views.Changes()
	if err := j.collect(); err != nil {
		return false, err
	}
	j.share(j.ref, j.b.Status == domain.BulkRunning && !j.heldUp())
	if err := j.fill(ctx); err != nil {
		return false, err
	}
	idle := len(j.flying) == 0 && (j.b.Status != domain.BulkRunning || j.b.Next(j.cursor) < 0)
	if err := j.flush(ctx, idle); err != nil {
		return false, err
	}
	if idle {
		if err := j.finish(ctx); err != nil {
			return false, err
		}
		j.cursor = 0
	}
	if j.b.Status.Over() && len(j.flying) == 0 {
		return true, nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-moved:
	case <-timer.C:
		return false, j.reload(ctx)
	case <-ctx.Done():
	}
	return false, nil
}

// finish ends it if every matter has its outcome.
func (j *job) finish(ctx context.Context) error {
	if j.b.Unfinished() > 0 {
		return nil
	}
	return j.decide(ctx, domain.Bulk.Finish)
}

// reload reads what people did.
func (j *job) reload(ctx context.Context) error {
	b, _, err := eventstore.Load[domain.Bulk](ctx, j.Ledger, j.stream())
	if err == nil {
		j.b = b
	}
	return err
}

// most is how many results one event holds, so that a bulk sync has a bounded number of events.
func (j *job) most() int { return min(max(20, len(j.b.Matters)/200), 400) }

// flushAfter is how long results wait for others.
const flushAfter = 3 * time.Second

// flush records the results, some at a time.
func (j *job) flush(ctx context.Context, all bool) error {
	first := j.b.Progress.Through == 0 // the time of the first result is what the speed is measured from
	if len(j.results) == 0 || (!all && !first && len(j.results) < j.most() && j.Now().Sub(j.flushed) < flushAfter) {
		return nil
	}
	results := j.results
	j.calls += j.Inventory.TakeCalls(j.ref.Firm)
	ahead := j.countFlying()
	calls := j.calls
	err := j.decide(ctx, func(b domain.Bulk) ([]domain.Event, error) {
		e := domain.BulkAdvanced{Calls: calls, Ahead: ahead}
		for _, o := range results {
			if b.Outcomes[o.Matter].Outcome == "" { // else another engine has recorded it
				e.Outcomes = append(e.Outcomes, o)
				e.Weight += b.Matters[o.Matter].Weight()
				if b.Matters[o.Matter].Calls == 0 {
					e.Looked++
				}
			}
		}
		return []domain.Event{e}, nil
	})
	if err == nil {
		j.results, j.calls, j.flushed = nil, 0, j.Now()
	}
	return err
}

// countFlying counts the calls of the syncs on their way, and returns how many of their estimated
// calls are made.
func (j *job) countFlying() (ahead int) {
	for place, f := range j.flying {
		made := j.Meter.take(j.ref.Firm, f.sync)
		j.calls += made
		f.calls += made
		j.flying[place] = f
		ahead += min(f.calls, j.b.Matters[place].Calls)
	}
	return ahead
}

// collect notes what came of the syncs on their way.
func (j *job) collect() error {
	at, _ := j.Views.Changes()
	for place, f := range j.flying {
		s, ok, err := j.Views.SyncState(j.ref.Firm, f.sync)
		if err != nil {
			return err
		}
		if !ok || at < f.position {
			continue
		}
		f.waits = s.Status == domain.Waiting
		j.flying[place] = f
		if o := outcomeOf(s); o.Outcome != "" {
			o.Matter, o.Sync = place, f.sync
			j.results = append(j.results, o)
			j.calls += j.Meter.take(j.ref.Firm, f.sync)
			j.Meter.forget(j.ref.Firm, f.sync)
			delete(j.flying, place)
		}
	}
	slices.SortFunc(j.results, func(a, b domain.BulkOutcome) int { return a.Matter - b.Matter })
	return nil
}

// outcomeOf is what came of a sync. One that waits for somebody leaves its place to others;
// one that waits for Smokeball keeps it, so that an outage does not queue all of them.
func outcomeOf(s State) domain.BulkOutcome {
	o := domain.BulkOutcome{Linked: s.Linked, Code: s.Code}
	switch s.Status {
	case domain.Succeeded:
		o.Outcome = domain.BulkSucceeded
	case domain.Skipped:
		o.Outcome = domain.BulkSame
	case domain.Failed, domain.Cancelled:
		o.Outcome = domain.BulkFailed
	case domain.Waiting:
		switch o.Code {
		case domain.CodeMatterTypeUnmapped, domain.CodeMatterUnknown, domain.CodeDocumentUnavailable:
			o.Outcome = domain.BulkWaits
		}
	}
	return o
}

// heldUp reports whether all syncs on their way wait, as where the firm is not connected.
func (j *job) heldUp() bool {
	for _, f := range j.flying {
		if !f.waits {
			return false
		}
	}
	return len(j.flying) > 0
}

// fill starts matters while there is room.
func (j *job) fill(ctx context.Context) error {
	for room := j.window(); j.b.Status == domain.BulkRunning && len(j.flying) < room; {
		place := j.b.Next(j.cursor)
		if place < 0 {
			return nil
		}
		if err := j.start(ctx, place); err != nil {
			return err
		}
		j.cursor = place + 1
		if len(j.results) >= j.most() {
			return nil
		}
	}
	return nil
}

// start asks for the sync of a matter, unless there is nothing to do.
func (j *job) start(ctx context.Context, place int) error {
	m, links := j.b.Matters[place], domain.SmokeballID("")
	if m.Calls == 0 || j.b.LinkOnly {
		p, err := j.Estimate(ctx, j.ref.Firm, m.ID, j.b)
		if err != nil {
			return err
		}
		links = p.Linked
		o, err := j.without(ctx, m.ID, p)
		if err != nil {
			return err
		}
		if o.Outcome != "" {
			o.Matter = place
			j.results = append(j.results, o)
			return nil
		}
	}
	var id domain.SyncID
	now, head, err := eventstore.Execute(ctx, j.Ledger, j.Now, domain.MatterStream(j.ref.Firm, m.ID), func(m domain.Matter) (facts []domain.Event, err error) {
		id, facts = m.RequestBulk(j.ref.Firm, j.b)
		return facts, nil
	})
	switch {
	case err != nil:
	case now.Erased:
		j.results = append(j.results, domain.BulkOutcome{Matter: place, Outcome: domain.BulkFailed, Code: domain.CodeErased})
	default:
		j.flying[place] = flight{sync: id, position: uint64(head.Seq), links: links}
	}
	return err
}

// without is what comes of a matter without a sync; no outcome: it needs one.
func (j *job) without(ctx context.Context, id domain.MatterID, p domain.Preview) (domain.BulkOutcome, error) {
	switch {
	case p.Ends == domain.Skipped && len(p.Lacks) == 0:
		return domain.BulkOutcome{Outcome: domain.BulkSame}, nil
	case len(p.Lacks) > 0 && p.Lacks[0].Code == domain.CodeMatterUnknown:
		return domain.BulkOutcome{Outcome: domain.BulkFailed, Code: domain.CodeMatterUnknown}, nil
	case !j.b.LinkOnly:
		return domain.BulkOutcome{}, nil
	case p.Linked != "" && !j.links(p.Linked):
		return domain.BulkOutcome{}, nil
	case p.Linked != "":
		return domain.BulkOutcome{Outcome: domain.BulkUndecided, ID: id, Candidates: []domain.SmokeballID{p.Linked}}, nil
	}
	return j.undecided(ctx, id)
}

// links reports whether another matter is being linked to one of Smokeball's: then a second one's
// sync would find it taken, and create one.
func (j *job) links(to domain.SmokeballID) bool {
	for _, f := range j.flying {
		if f.links == to {
			return true
		}
	}
	return false
}

// undecided is the outcome of a matter that would not be linked.
func (j *job) undecided(ctx context.Context, id domain.MatterID) (domain.BulkOutcome, error) {
	m, _, err := eventstore.Load[domain.Matter](ctx, j.Ledger, domain.MatterStream(j.ref.Firm, id))
	if err != nil {
		return domain.BulkOutcome{}, err
	}
	if m.Smokeball.ID != "" {
		return domain.BulkOutcome{Outcome: domain.BulkSame}, nil
	}
	o := domain.BulkOutcome{Outcome: domain.BulkNotThere, ID: id}
	if m.Data.CaseNumber == "" {
		return o, nil
	}
	there, _, err := j.Inventory.Matters(ctx, j.ref.Firm, domain.MatterQuery{Text: domain.Text(m.Data.CaseNumber)}, id)
	for _, x := range there {
		if !x.Gone() && len(o.Candidates) < mostCandidates {
			o.Outcome, o.Candidates = domain.BulkUndecided, append(o.Candidates, x.ID)
		}
	}
	return o, err
}

// mostCandidates is how many matters a person is offered.
const mostCandidates = 10
