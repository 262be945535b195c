package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Bulks show bulk syncs, and start and steer them.
type Bulks struct {
	*Shell
	Rows      ports.BulkRows
	Matters   ports.Matters
	Numbers   ports.MatterCounts
	History   ports.History
	Bulks     ports.BulkSyncs
	Allowance ports.Allowance
}

// bulksPage is where a bulk sync is chosen.
type bulksPage struct {
	Which    []option
	CaseType string
	Chosen   []reading.MatterSummary // the newest that fit
	More     bool                    // others fit, too
	Status   string
	Earlier  []bulkLine
}

// bulkLine is a bulk sync in a list.
type bulkLine struct {
	reading.BulkBody
	Name string // of who began it
	Took time.Duration
}

const (
	bulkShown   = 50   // matters that the page lists
	bulkSearch  = 2000 // of the newest matters that it looks through
	bulkEarlier = 20
)

// Show lets people choose matters, and lists earlier bulk syncs.
func (s *Bulks) Show(v pageRequest) error {
	in := v.r.URL.Query()
	status, caseType := in.Get("which"), strings.TrimSpace(in.Get("case_type"))
	if !in.Has("which") {
		status = domain.NotSynced
	}
	p := bulksPage{Status: status, CaseType: caseType, Which: options(status, option{Value: domain.NotSynced, Label: "CaseHug only"}, option{Value: string(domain.Waiting), Label: "Waiting"},
		option{Value: string(domain.Failed), Label: "Failed"}, option{Value: "", Label: "All matters"})}
	if err := s.choose(v, &p); err != nil {
		return err
	}
	rows, _, err := s.Rows.Bulks(v.firm(), 0, bulkEarlier)
	if err != nil {
		return err
	}
	firm, err := s.Firms.Connection(v.firm())
	if err != nil {
		return err
	}
	for _, r := range rows {
		p.Earlier = append(p.Earlier, s.line(v, firm, r))
	}
	return s.show(v, http.StatusOK, "bulks", screen{Title: "Bulk sync", Nav: "bulk", Crumbs: []crumb{{"Bulk sync", ""}}, Body: p})
}

// choose lists the newest matters that fit.
func (s *Bulks) choose(v pageRequest, p *bulksPage) error {
	counts, err := s.Numbers.MatterCounts(v.firm())
	if err != nil || p.Status == domain.NotSynced && counts.All() == counts.Linked {
		return err // there is none to be found
	}
	seen := 0
	filter := domain.BulkFilter{Status: p.Status, CaseType: p.CaseType}
	return s.Matters.EachMatter(v.firm(), func(r projections.MatterRow) bool {
		seen++
		switch {
		case seen > bulkSearch || len(p.Chosen) == bulkShown:
			p.More = true
			return false
		case r.Matter.Known && reading.BulkFits(filter, r):
			p.Chosen = append(p.Chosen, reading.Summary(r))
		}
		return true
	})
}

func (s *Bulks) line(v pageRequest, firm projections.ConnectionRow, r projections.BulkRow) bulkLine {
	rate := s.Allowance.Usage(v.firm()).PerSecond
	l := bulkLine{BulkBody: reading.Bulk(r, s.Now(), rate), Name: r.ByName}
	if l.Name == "" {
		l.Name = v.nameOf(firm, r.By)
	}
	if l.Finished != nil {
		l.Took = l.Finished.Sub(l.Started)
	}
	return l
}

// Start begins a bulk sync, or an estimate of one.
func (s *Bulks) Start(v pageRequest) error {
	if err := v.r.ParseForm(); err != nil {
		return problem.Invalid("", "")
	}
	in := v.r.PostForm
	r := ports.BulkRequest{Key: in.Get("key"), Scope: scopeOf(in), Estimates: in.Get("do") == "estimate", LinkOnly: in.Get("do") == "link"}
	id, position, err := s.Bulks.StartBulk(v.ctx(), v.user, r)
	return s.then(v, position, err, "/bulk-syncs/"+string(id))
}

// scopeOf is what the form chose: the ticked matters, or all that fit.
func scopeOf(in url.Values) domain.BulkScope {
	if in.Get("only") != "" {
		s := domain.BulkScope{Matters: []domain.MatterID{}}
		for _, id := range in["m"] {
			if domain.ValidID(id) {
				s.Matters = append(s.Matters, domain.MatterID(id))
			}
		}
		return s
	}
	if status, caseType := in.Get("which"), strings.TrimSpace(in.Get("case_type")); status != "" || caseType != "" {
		return domain.BulkScope{Filter: &domain.BulkFilter{Status: status, CaseType: caseType}}
	}
	return domain.BulkScope{All: true}
}

// bulkPage is one bulk sync with those of its matters that somebody may care for.
type bulkPage struct {
	bulkLine
	Lines  []reading.ReportLine
	Hidden int // matters that are not listed
	Scope  domain.BulkScope
	Named  bool // the matters were named one by one
	Firm   domain.FirmID
}

// Over reports whether nothing more happens.
func (p bulkPage) Over() bool { return p.Status.Over() }

// bulkLines is how many matters the page lists.
const bulkLines = 100

// ShowOne shows how one bulk sync gets on.
func (s *Bulks) ShowOne(v pageRequest) error {
	p, err := s.page(v)
	if err != nil {
		return err
	}
	whole, err := s.Bulks.WholeBulk(v.ctx(), v.firm(), p.ID)
	if err != nil {
		return err
	}
	lines, err := reading.BulkReport(s.worthSeeing(whole), s.Matters, s.History, v.firm())
	if err != nil {
		return err
	}
	p.Lines, p.Hidden = lines, len(whole.Matters)-len(lines)
	return s.show(v, http.StatusOK, "bulk", screen{Title: "Bulk sync", Nav: "bulk", Crumbs: []crumb{{"Bulk sync", "/bulk-syncs"}, {p.Started.UTC().Format("Jan 2, 3:04 PM"), ""}}, Body: p})
}

func (s *Bulks) page(v pageRequest) (bulkPage, error) {
	row, err := reading.BulkOf(s.Rows, v.firm(), domain.BulkID(v.r.PathValue("id")))
	if err != nil {
		return bulkPage{}, err
	}
	firm, err := s.Firms.Connection(v.firm())
	return bulkPage{bulkLine: s.line(v, firm, row), Scope: row.Scope, Named: row.Named > 0, Firm: v.firm()}, err
}

// worthSeeing keeps the matters that did not simply succeed, then the newest others.
func (s *Bulks) worthSeeing(b domain.Bulk) domain.Bulk {
	kept := domain.Bulk{}
	for _, good := range []bool{false, true} {
		for i := len(b.Matters) - 1; i >= 0 && len(kept.Matters) < bulkLines; i-- {
			o := b.Outcomes[i]
			fine := o.Outcome == "" || o.Outcome == domain.BulkSucceeded || o.Outcome == domain.BulkSame
			if fine == good && (!good || o.Outcome != "") {
				kept.Matters, kept.Outcomes = append(kept.Matters, b.Matters[i]), append(kept.Outcomes, o)
			}
		}
	}
	return kept
}

// ShowCancel asks whether to cancel.
func (s *Bulks) ShowCancel(v pageRequest) error {
	p, err := s.page(v)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "bulk-cancel", screen{Title: "Cancel this bulk sync", Nav: "bulk", Crumbs: []crumb{{"Bulk sync", "/bulk-syncs"}, {"Cancel", ""}}, Body: p})
}

// Pause starts no further matters for now.
func (s *Bulks) Pause(v pageRequest) error { return s.steer(v, s.Bulks.PauseBulk) }

// Resume goes on after Pause.
func (s *Bulks) Resume(v pageRequest) error { return s.steer(v, s.Bulks.ResumeBulk) }

// Cancel starts no further matters.
func (s *Bulks) Cancel(v pageRequest) error { return s.steer(v, s.Bulks.CancelBulk) }

func (s *Bulks) steer(v pageRequest, do func(context.Context, domain.User, domain.BulkID) (uint64, error)) error {
	id := v.r.PathValue("id")
	if !domain.ValidID(id) {
		return reading.Unknown("bulk sync", "Look for it in the list of bulk syncs.")
	}
	position, err := do(v.ctx(), v.user, domain.BulkID(id))
	return s.then(v, position, err, "/bulk-syncs/"+id)
}
