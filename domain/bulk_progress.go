package domain

import "time"

// BulkProgress counts a bulk sync. It is small, however many matters there are.
type BulkProgress struct {
	Status    BulkStatus         `json:"status"`
	Total     int                `json:"total"`
	Results   map[BulkResult]int `json:"results,omitempty"`
	Linked    int                `json:"linked,omitempty"`
	Estimated int                `json:"estimated"`         // calls
	Made      int                `json:"made"`              // calls
	Weight    int                `json:"weight"`            // of the matters, see weightOf
	Through   int                `json:"through"`           // the weight of those that have an outcome
	Without   int                `json:"without,omitempty"` // matters that take no calls
	Looked    int                `json:"looked,omitempty"`  // those of them that have an outcome
	Estimate  BulkEstimated      `json:"estimate"`

	Ran      time.Duration `json:"ran"`              // before Since
	Since    time.Time     `json:"since,omitzero"`   // when it was running last without a pause; zero: it is not
	Counted  time.Time     `json:"counted,omitzero"` // when Through grew last, or the time began to count
	Finished time.Time     `json:"finished,omitzero"`
	Ahead    int           `json:"ahead,omitempty"` // calls of matters on their way that were made when Through grew last
	Pace     BulkPace      `json:"pace"`
}

// weightOf is what a matter counts for in the progress: its calls, and a little for one that
// takes none.
func weightOf(calls int) int { return calls*weightOfCall + 1 }

const weightOfCall = 10

// Weight is what the matter counts for in the progress.
func (m BulkMatter) Weight() int { return weightOf(m.Calls) }

// Apply returns the progress after e.
func (p BulkProgress) Apply(e Event, at time.Time) BulkProgress {
	switch e := e.(type) {
	case BulkStarted:
		p.Status = BulkEstimating
	case BulkMattersChosen:
		p.Total += len(e.Matters)
		for _, m := range e.Matters {
			p.Weight += m.Weight()
			if m.Calls == 0 {
				p.Without++
			}
		}
	case BulkEstimated:
		p.Estimate, p.Estimated, p.Made = e, e.Calls+e.Reads, e.Reads
		p = p.moves(BulkRunning, at)
	case BulkAdvanced:
		p = p.advance(e, at)
	case BulkTakenUp:
		p.Made += e.Calls
		if p.Status == BulkRunning {
			p.Ran += p.Counted.Sub(p.Since)
			p.Since, p.Counted, p.Pace = at, at, p.Pace.interrupted()
		}
	case BulkSyncPaused:
		p = p.moves(BulkPaused, at)
	case BulkResumed:
		p = p.moves(BulkRunning, at)
	case BulkSyncCancelled:
		p = p.moves(BulkCancelled, at)
	case BulkFinished:
		p = p.moves(BulkDone, at)
	}
	return p
}

func (p BulkProgress) moves(to BulkStatus, at time.Time) BulkProgress {
	if p.Status.Over() {
		return p
	}
	if p.Status == BulkRunning {
		p.Ran += at.Sub(p.Since)
	}
	p.Status, p.Since, p.Pace = to, time.Time{}, p.Pace.interrupted()
	if to == BulkRunning {
		p.Since, p.Counted = at, at
	}
	if to.Over() {
		p.Finished = at
	}
	return p
}

func (p BulkProgress) advance(e BulkAdvanced, at time.Time) BulkProgress {
	results := map[BulkResult]int{}
	for r, n := range p.Results {
		results[r] = n
	}
	for _, o := range e.Outcomes {
		results[o.Outcome]++
		if o.Linked {
			p.Linked++
		}
	}
	p.Results = results
	p.Through += e.Weight
	p.Made += e.Calls
	p.Ahead, p.Looked = e.Ahead, p.Looked+e.Looked
	if p.Status == BulkRunning {
		p.Counted = at
		p.Pace = p.Pace.measure(p, at)
	}
	return p
}

// running is how long it had run when Through grew last.
func (p BulkProgress) running() time.Duration {
	if p.Status == BulkRunning {
		return p.Ran + p.Counted.Sub(p.Since)
	}
	return p.Ran
}

// through is how many matters have an outcome.
func (p BulkProgress) through() (n int) {
	for _, m := range p.Results {
		n += m
	}
	return n
}

// calls are the estimated calls of all matters, and of those that have an outcome.
func (p BulkProgress) calls() (all, through int) {
	return (p.Weight - p.Total) / weightOfCall, (p.Through - p.through()) / weightOfCall
}
