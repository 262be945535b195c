package syncing_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// previews are what a click on Preview gets.
func (o *office) previews() syncing.Previews {
	return syncing.Previews{Handler: o.handler, Rehearse: func(ctx context.Context, _ domain.FirmID) (context.Context, syncing.Rehearsal) {
		r := o.client.Rehearse()
		return r.Under(ctx), r
	}}
}

// preview is what “Preview” shows of the matter. It must change nothing here or there.
func (o *office) preview(m domain.MatterID) domain.Preview {
	o.Helper()
	o.rest()
	before, written := o.last(), o.writes()
	p, err := o.previews().Preview(o.Context(), lee, m, nil, nil)
	o.must(err)
	if o.last() != before || o.writes() != written {
		o.Errorf("a preview recorded %d events and made %d writing calls", o.last()-before, o.writes()-written)
	}
	return p
}

// newID is a part of a path that names a resource.
var pathID = regexp.MustCompile(`/(new-[a-z]+-[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27})`)

// routesOf counts calls like Smokeball does, without what only looks up what is remembered.
func routesOf(calls []domain.PlannedCall) map[string]int {
	n := map[string]int{}
	for _, c := range calls {
		path, _, _ := strings.Cut(c.Path, "?")
		n[c.Method+" "+pathID.ReplaceAllString(path, "/{}")]++
	}
	return n
}

// made counts the calls that do makes at Smokeball's API.
func (o *office) made(do func()) map[string]int {
	before := o.sim.Counts().ByRoute
	do()
	n := map[string]int{}
	for route, count := range o.sim.Counts().ByRoute {
		if d := count - before[route]; d > 0 && !strings.Contains(route, "/_upload/") && !strings.Contains(route, "/oauth2/") {
			n[regexp.MustCompile(`\{\w+\}`).ReplaceAllString(route, "{}")] = d
		}
	}
	return n
}

// samePlan reports whether the calls that were made are those that were planned. What Smokeball
// takes a while to show is read more often.
func samePlan(made, planned map[string]int) bool {
	for route, n := range made {
		if p := planned[route]; p == 0 || (p != n && !strings.HasPrefix(route, "GET ")) {
			return false
		}
	}
	return len(made) == len(planned)
}

// clickDoesWhatThePreviewSays previews a sync, then does it.
func (o *office) clickDoesWhatThePreviewSays(m domain.MatterID) domain.Preview {
	o.Helper()
	p := o.preview(m)
	made := o.made(func() { o.click(m); o.rest() })
	if want := routesOf(p.Calls); !samePlan(made, want) {
		o.Errorf("the sync of %s made %v, the preview said %v", m, made, want)
	}
	if e := o.newest(m); e.Status != p.Ends {
		o.Errorf("the sync of %s is %s, the preview said %s", m, e.Status, p.Ends)
	}
	return p
}

func TestASyncMakesTheCallsOfItsPreview(t *testing.T) {
	t.Parallel()
	for _, hooks := range []bool{true, false} {
		story(t, func(o *office) {
			if hooks {
				o.hooks()
			}
			o.choose(func(s *domain.Settings) {
				s.OnDocumentApproved, s.OnMatterUpdated, s.DocumentsFolder = false, false, "Intake/Forms"
			})
			o.tell(created(accident()), o.retainer())
			o.preview("m_accident") // which also reads the matter types, which are remembered from now on
			p := o.clickDoesWhatThePreviewSays("m_accident")
			if len(p.Documents) != 1 || p.Documents[0].FileName == "" || p.Documents[0].SizeBytes == nil || p.Type != "Auto Accident" {
				t.Errorf("the preview tells of %+v, type %s", p.Documents, p.Type)
			}
			if p := o.clickDoesWhatThePreviewSays("m_accident"); p.Writes() != 0 || p.Ends != domain.Skipped {
				t.Errorf("what is the same would be written: %+v", p)
			}
			o.tell(updated(accident(func(m *domain.MatterData) {
				m.Version, m.Title, m.Client.Version, m.Client.Phone = 2, "Rivera v. Apex", 2, "+1 312 555 0199"
			})))
			p = o.clickDoesWhatThePreviewSays("m_accident")
			i := slices.IndexFunc(p.Calls, func(c domain.PlannedCall) bool { return c.Method == "PATCH" })
			if i < 0 || !strings.Contains(string(p.Calls[i].Body), `"description":"Rivera v. Apex"`) {
				t.Errorf("the preview would send %+v", p.Calls)
			}
		})
	}
}

func TestAPreviewLinksWhatTheSyncWouldLink(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		theirs := o.theirs("CH-2026-0142") // which reads the matter types
		o.tell(created(accident()))
		o.preview("m_accident") // which asks for them again, because the account is new
		p := o.clickDoesWhatThePreviewSays("m_accident")
		if string(p.Linked) != theirs || p.How != domain.LinkedByNumber || len(p.Warnings) == 0 {
			t.Errorf("the preview says %+v", p)
		}
	})
}

func TestAPreviewSaysWhatLacks(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		lacks := func(m domain.MatterID, code domain.Code) {
			t.Helper()
			p := o.preview(m)
			if p.Writes() != 0 || len(p.Lacks) != 1 || p.Lacks[0].Code != code || p.Lacks[0].Fault == "" || p.Ends != domain.Waiting {
				t.Errorf("the preview of %s says %+v, want %s", m, p, code)
			}
		}
		o.choose(func(s *domain.Settings) { s.OnDocumentApproved = false })
		o.tell(created(accident(func(m *domain.MatterData) { m.CaseType = "Truck Crash" })))
		lacks("m_accident", domain.CodeMatterTypeUnmapped)
		o.tell(created(accident(func(m *domain.MatterData) { m.ID = "m_two" })), approved(domain.DocumentData{ID: "d_gone", Matter: "m_two", FileName: "Gone.pdf",
			Content: domain.Content{Object: "casehug-documents/d_gone"}}))
		if p := o.preview("m_two"); len(p.Lacks) != 1 || p.Lacks[0].Code != domain.CodeDocumentUnavailable || p.Writes() != 2 {
			t.Errorf("the preview of a matter without its document says %+v", p)
		}
		o.fact(domain.Disconnected{By: "u_admin"})
		lacks("m_accident", domain.CodeNotConnected)
		_, err := o.previews().Preview(o.Context(), lee, "m_nobody", nil, nil)
		if r := domain.AsRejection(err); r == nil || r.Failure.Code != domain.CodeMatterUnknown {
			t.Errorf("the preview of an unknown matter says %v", err)
		}
	})
}

func TestAPreviewOfWhatTheRequestBringsAlong(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		m := accident()
		p, err := o.previews().Preview(o.Context(), lee, m.ID, &m, nil)
		o.must(err)
		if p.Ends != domain.Succeeded || p.Writes() != 2 {
			t.Errorf("the preview says %+v", p)
		}
		for _, err := range o.ledger.Read(o.Context(), domain.MatterStream(oak, m.ID)) {
			t.Errorf("the preview recorded something (%v)", err)
		}
	})
}
