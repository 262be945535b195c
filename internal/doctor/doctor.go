// Package doctor checks the health of an engine: a registry of checks with codes, in an order of
// causes, and the report of what they found. It promises one alarm for one cause: a check whose
// cause has already failed is skipped and says so.
package doctor

import (
	"context"
	"slices"
	"time"
)

// Code names a check for ever. docs/doctor.md has a section for each.
type Code string

// Severity says how bad a finding is.
type Severity string

// The severities. Only Failed makes doctor exit with 1.
const (
	OK      Severity = "ok"
	Warning Severity = "warning" // works, but somebody should act
	Failed  Severity = "failed"  // does not work
	Skipped Severity = "skipped" // could not be checked: see because
)

// Finding is what a check saw. It holds ids, counts and codes, never personal data and never a
// secret, so that a report may be sent to somebody else.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity" enum:"ok,warning,failed,skipped"`
	Subject  string   `json:"subject" doc:"The firm, file or stream that the finding is about; empty: the engine."`
	Found    string   `json:"found" doc:"What was seen."`
	Means    string   `json:"means,omitempty" doc:"What follows from it."`
	Do       string   `json:"do,omitempty" doc:"What to do, and who must."`
	Command  string   `json:"command,omitempty" doc:"The exact next command."`
	Because  []Code   `json:"because,omitempty" doc:"Of a skipped check: the checks whose failure has to be mended first."`
}

// Report is what all checks found, in the order of the catalog.
type Report struct {
	Version  string    `json:"version"`
	At       time.Time `json:"at"`
	Running  bool      `json:"running" doc:"Whether a running engine answered; else its folder was read."`
	Findings []Finding `json:"findings"`
}

// Check looks for one kind of fault.
type Check struct {
	Code Code
	// After are the checks without whose success this one says nothing new. Where one of them
	// failed as a whole, this check is skipped; where it failed for one subject, what this
	// check finds of that subject is left out.
	After []Code
	// Deep checks read much or call out; only doctor runs them.
	Deep bool
	// Ready checks decide whether the engine can take work: /readyz runs them and no others.
	Ready bool
	// Look returns what it saw. Nothing means that all is well.
	Look func(context.Context) []Finding
}

// Registry is the checks of one engine, in an order in which causes stand before effects.
type Registry []Check

// Kind chooses among the checks.
type Kind int

// The kinds of a run.
const (
	Ready Kind = iota // what decides whether work can be taken
	Quick             // all that costs nearly nothing
	Deep              // all
)

func (c Check) is(k Kind) bool { return k == Deep || k == Quick && !c.Deep || k == Ready && c.Ready }

// Run runs the checks of a kind, each after those that it depends on.
func (r Registry) Run(ctx context.Context, k Kind) []Finding {
	var all []Finding
	for _, c := range r {
		if c.is(k) {
			all = append(all, c.run(ctx, all)...)
		}
	}
	return all
}

// run looks unless a cause has failed, and leaves out the subjects of which one has.
func (c Check) run(ctx context.Context, before []Finding) []Finding {
	if causes := c.causes(before); len(causes) > 0 {
		return []Finding{{Code: c.Code, Severity: Skipped, Found: "not checked", Because: causes}}
	}
	var list []Finding
	for _, f := range c.Look(ctx) {
		f.Code = c.Code
		if f.Subject == "" || !failedOf(before, c.After, f.Subject) {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		list = append(list, Finding{Code: c.Code, Severity: OK, Found: titleOf(c.Code) + ": in order"})
	}
	return list
}

// causes are the checks before this one that failed as a whole, or were skipped themselves: then
// the first cause counts.
func (c Check) causes(before []Finding) (causes []Code) {
	for _, f := range before {
		if !slices.Contains(c.After, f.Code) || f.Subject != "" {
			continue
		}
		switch f.Severity {
		case Failed:
			causes = append(causes, f.Code)
		case Skipped:
			causes = append(causes, f.Because...)
		}
	}
	slices.Sort(causes)
	return slices.Compact(causes)
}

func failedOf(before []Finding, after []Code, subject string) bool {
	return slices.ContainsFunc(before, func(f Finding) bool {
		return f.Severity == Failed && f.Subject == subject && slices.Contains(after, f.Code)
	})
}

// FirstFailed is the first failure, or nil.
func FirstFailed(list []Finding) *Finding {
	for i := range list {
		if list[i].Severity == Failed {
			return &list[i]
		}
	}
	return nil
}

// Count counts the findings of a severity.
func Count(list []Finding, s Severity) int {
	n := 0
	for _, f := range list {
		if f.Severity == s {
			n++
		}
	}
	return n
}
