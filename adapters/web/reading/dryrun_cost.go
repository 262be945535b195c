package reading

import (
	"context"
	"math"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// mostTried is how many waiting syncs a dry run goes through against Smokeball: a person waits
// for it. The calls of others are taken to be as many on average.
const mostTried = 4

// DryRuns try changes of mappings, and tell what they would take of Smokeball's allowance.
type DryRuns struct {
	Mappings  MappingReader
	Previews  ports.Previews
	Allowance ports.Allowance
}

// CostedDryRun is what a change would do, and what it would take.
type CostedDryRun struct {
	DryRunImpact
	Cost     *Cost // of the syncs that would go on; nil: not known
	Estimate EstimateBody
	Unknown  *projections.Failure // why the cost is not known; nil: nobody asked, as for later parts
	calls    map[domain.MatterID]int
}

// Try reports what a change would do, without making it. The cost is told with the first part.
func (t DryRuns) Try(ctx context.Context, by domain.User, c domain.MappingChange, before uint64, limit int) (CostedDryRun, error) {
	impact, err := t.Mappings.Try(ctx, by.Firm, c, before, limit)
	out := CostedDryRun{DryRunImpact: impact, calls: map[domain.MatterID]int{}}
	if err != nil || before != 0 {
		return out, err
	}
	found, cost, err := costOf(ctx, t.Previews, by, impact.first, impact.Released, impact.Then)
	if out.Unknown = TroubleOf(err); out.Unknown != nil {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	for id, p := range found {
		if out.Unknown = unanswered(p); out.Unknown != nil {
			return out, nil
		}
		out.calls[id] = len(p.Calls)
	}
	out.Cost, out.Estimate = &cost, cost.Estimate(t.Allowance.Usage(by.Firm).PerSecond)
	return out, nil
}

// unanswered is why a sync could not be gone through to its end; nil: it was. One that would wait
// for a person has its end there.
func unanswered(p domain.Preview) *projections.Failure {
	for _, f := range p.Lacks {
		if f.Code == domain.CodeSmokeballUnavailable || f.Code == domain.CodeAllowanceExceeded {
			return projections.FailureOf(&f)
		}
	}
	return nil
}

// Calls is how many calls the change makes for a matter of the list; known is false where its
// sync was not gone through.
func (t CostedDryRun) Calls(m MatterImpact) (n int, known bool) {
	if !m.Released {
		return 0, true // nothing is sent because of the change
	}
	n, known = t.calls[m.ID]
	return n, known
}

// Says describes in a sentence what the matter gets, and what that takes.
func (t CostedDryRun) Says(m MatterImpact) string {
	n, known := t.Calls(m)
	if !m.Released || !known {
		return m.Says()
	}
	return m.Says() + " That takes " + words.Plural(n, "call") + "."
}

// Takes says in a sentence what the change takes of Smokeball's allowance.
func (t CostedDryRun) Takes() string {
	switch {
	case t.Cost == nil && t.Unknown != nil:
		return "How many calls to Smokeball that takes is not known: " + words.Sentence(words.Capital(t.Unknown.Message))
	case t.Cost == nil:
		return ""
	case t.Cost.Calls == 0:
		return "That takes no calls to Smokeball."
	}
	about := ""
	if t.Cost.About {
		about = "about "
	}
	return "That takes " + about + words.Plural(t.Cost.Calls, "call") + " to Smokeball, about " + words.Seconds(int(math.Ceil(t.Estimate.Seconds))) + " with the allowance to itself."
}
