package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Previews show what a sync would send.
type Previews struct {
	*Shell
	Rows      ports.Matters
	Previews  ports.Previews
	Allowance ports.Allowance
}

// previewPage is a preview; the same part of it is a page and, by script, a drawer.
type previewPage struct {
	Matter  domain.MatterID
	Name    string
	Calls   []plannedCall
	Preview reading.PreviewBody
	At      time.Time
}

// plannedCall is a call with its body as people read it.
type plannedCall struct {
	reading.PlannedCallBody
	N    int
	Text string
}

// Lacking reports whether the sync would not come to its end.
func (p previewPage) Lacking() bool {
	return p.Preview.Outcome == domain.Waiting || p.Preview.Outcome == domain.Failed
}

// Show previews a sync of the matter.
func (s *Previews) Show(v pageRequest) error {
	row, err := reading.Matter(s.Rows, v.firm(), domain.MatterID(v.r.PathValue("matter")))
	if err != nil {
		return err
	}
	found, err := s.Previews.Preview(v.ctx(), v.user, row.ID, ports.SyncRequest{})
	if err != nil {
		return err
	}
	rate := s.Allowance.Usage(v.firm()).PerSecond
	p := previewPage{Matter: row.ID, Name: cmp.Or(row.Matter.Data.Title, string(row.ID)), Preview: reading.PreviewOf(found, rate), At: s.Now()}
	for i, c := range p.Preview.Calls {
		p.Calls = append(p.Calls, plannedCall{c, i + 1, indented(c.Body)})
	}
	return s.show(v, http.StatusOK, "preview", screen{Title: "Preview of " + p.Name, Nav: "matters", Body: p,
		Crumbs: []crumb{{"Matters", "/matters"}, {cmp.Or(row.Matter.Data.CaseNumber, string(row.ID)), "/matters/" + string(row.ID)}, {"Preview", ""}}})
}

// indented is a body with a line for each value.
func indented(body json.RawMessage) string {
	var b bytes.Buffer
	if len(body) == 0 || json.Indent(&b, body, "", "  ") != nil {
		return ""
	}
	return b.String()
}
