package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Overview is the page of what waits for a person, and of the last day's figures.
type Overview struct {
	*Shell
	History    ports.History
	Matters    ports.Matters
	Numbers    ports.MatterCounts
	Bulks      ports.BulkRows
	Rebuilding func() []string // nil: nothing ever is
}

// overviewPage is what needs somebody, and the figures.
type overviewPage struct {
	Items      []attention
	ByItself   []byItself
	Rebuilding bool
	Trouble    bool // Smokeball does not answer, and nobody has to act

	Sum      projections.HourCount
	Finished int // syncs that succeeded or failed
	Rate     string
	Queue    projections.Queue
	All      int // matters
	InSync   int
	OnlyHere int // that Smokeball does not have
	Charts   []chart
	Hours    []projections.HourCount
	Usage    projections.Usage // of the allowance
}

// attention is something that waits for a person, with the button for readers who may act.
type attention struct {
	Class string // of the icon: bad, warn or none
	Icon  string
	Title string
	Text  string
	remedy
}

// byItself are syncs that wait and go on without anybody.
type byItself struct {
	Number int
	For    string
}

// Show shows the page.
func (s *Overview) Show(v pageRequest) error {
	row, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	counts, err := s.Numbers.MatterCounts(v.firm())
	if err != nil {
		return err
	}
	p := overviewPage{Queue: s.History.Queue(v.firm()), All: counts.All(), InSync: counts.States[projections.MatterInSync], OnlyHere: counts.States[projections.MatterOnlyHere], Rebuilding: s.Rebuilding != nil && len(s.Rebuilding()) > 0}
	p.figures(row.Today(s.Now()), s.Now())
	p.Usage = s.Connections.Allowance.Usage(v.firm())
	p.Charts = append(p.Charts, callsFigure(p.Usage)...)
	found := finder{Overview: s, v: v, row: row, counts: counts}
	if p.Items, err = found.all(); err != nil {
		return err
	}
	p.ByItself, p.Trouble = found.byItself(), found.status() == domain.StatusError
	return s.show(v, http.StatusOK, "overview", screen{Title: "Overview", Nav: "overview", Crumbs: []crumb{{"Overview", ""}}, Body: p})
}

// figures sums up the day.
func (p *overviewPage) figures(day projections.Day, now time.Time) {
	p.Hours, p.Sum = day.Hours(now), day.Sum(now)
	if p.Finished = p.Sum.Succeeded + p.Sum.Failed; p.Finished > 0 {
		p.Rate = percent(p.Sum.Succeeded, p.Finished)
	}
	p.Charts = []chart{
		hourChart("Syncs per hour", p.Hours, "",
			bar{"succeeded", "", func(h projections.HourCount) int { return h.Succeeded }},
			bar{"skipped", "5", func(h projections.HourCount) int { return h.Skipped }},
			bar{"failed", "4", func(h projections.HourCount) int { return h.Failed }}),
		hourChart("Webhooks per hour", p.Hours, "A missed webhook delays news from Smokeball until the next sweep; it loses nothing.",
			bar{"received", "2", func(h projections.HourCount) int { return h.Received }},
			bar{"missed", "4", func(h projections.HourCount) int { return h.Missed }}),
	}
}

// finder finds what waits for a person.
type finder struct {
	*Overview
	v      pageRequest
	row    projections.ConnectionRow
	counts projections.MatterCounts
}

func (f finder) status() domain.ConnectionStatus { return f.row.Connection.Status(f.Now()) }

// all is everything that waits for a person, what is worst first.
func (f finder) all() (list []attention, err error) {
	list = append(f.connection(), f.webhooks()...)
	failed, err := f.failed()
	if err != nil {
		return nil, err
	}
	waiting, err := f.waiting()
	if err != nil {
		return nil, err
	}
	bulks, err := f.bulks()
	if err != nil {
		return nil, err
	}
	drift, err := f.Connections.Drift.DriftCount(f.v.firm())
	if err != nil {
		return nil, err
	}
	list = append(append(append(list, failed...), waiting...), f.undecided()...)
	list = append(append(list, f.differing(drift)...), f.deadLetters()...)
	list = append(list, bulks...)
	slices.SortStableFunc(list, func(a, b attention) int { return cmp.Compare(urgencyOf(a.Class), urgencyOf(b.Class)) })
	return list, nil
}

// urgencyOf sorts first what is worst.
func urgencyOf(class string) int { return slices.Index([]string{"bad", "warn", ""}, class) }

// admins is a remedy of firm admins.
func (f finder) admins(r remedy) remedy { return f.adminsRemedy(f.v, r) }

// byItself are the syncs that wait for what comes without anybody, by what they wait for.
func (f finder) byItself() (list []byItself) {
	if f.connectionWaits() {
		return nil // nothing goes on before somebody signs in
	}
	for _, c := range f.counts.Causes {
		if c.State == projections.MatterWaiting && !forPeople(c.Code) {
			list = append(list, byItself{c.Number, waitsFor(c.Code)})
		}
	}
	return list
}

// connectionWaits reports whether somebody has to sign in to Smokeball before syncs go on.
func (f finder) connectionWaits() bool { return !f.row.Connection.Usable(f.Now()) }

// forPeople reports whether a sync that waits for this goes on only when a person acts.
func forPeople(c domain.Code) bool {
	switch c {
	case domain.CodeMatterTypeUnmapped, domain.CodeMatterUnlinked, domain.CodeMisconfigured:
		return true
	}
	return false
}
