package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// hardNames are names that break tables: long without a space, from right to left, pictures,
// marks that turn the line around, and HTML.
var hardNames = []string{
	"Pneumonoultramicroscopicsilicovolcanoconiosis-Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch v. Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
	"עו״ד שמעון בן־דוד נגד חברת החשמל", "شركة الهلال ضد \u202eevil.pdf", "👩‍👩‍👧‍👦🏳️‍🌈 v. 🚂 & Söhne", `<img src=x onerror=alert(1)> & "Partners" </td></script>`,
}

// hardMail is an address without a place to break a line.
const hardMail = "maximiliana.wolfeschlegelsteinhausenbergerdorff@subdomain.of.a.very.long.host.example"

// tellCrowd records many matters with hard names: of every five one waits, one failed, one is
// on its way, one succeeded, and one was never synced.
func (e *engine) tellCrowd(n int) *engine {
	for i := range n {
		id, sync := domain.MatterID(fmt.Sprintf("m_%d", 10_000+i)), domain.SyncID(fmt.Sprintf("s_crowd_%d", i))
		name := fmt.Sprintf("%s %d", hardNames[i%len(hardNames)], i)
		facts := []domain.Event{domain.MatterCreated{Origin: origin("evt_crowd_" + string(id)), Matter: domain.MatterData{ID: id, Version: 1, Title: name,
			CaseNumber: fmt.Sprintf("CH-2026-%s-%d", strings.Repeat("0", 20), i), CaseType: name, PracticeArea: hardNames[0], Jurisdiction: "IL", Status: "active",
			Client: domain.ClientData{ID: domain.ClientID("c_" + string(id)), FirstName: hardNames[(i+1)%len(hardNames)], LastName: hardNames[(i+2)%len(hardNames)], Email: hardMail}}},
			domain.DocumentApproved{Origin: origin("evt_doc_" + string(id)), Document: domain.DocumentData{ID: domain.DocumentID("d_" + string(id)), Matter: id, FileName: name + ".pdf", ApprovedBy: "u_5"}}}
		if i%5 < 4 {
			facts = append(facts, domain.SyncRequested{Sync: sync, Trigger: domain.TriggerManual, By: "u_5", Title: name, CaseNumber: "CH"}, domain.SyncStarted{Sync: sync, Attempt: 1, Title: name})
		}
		switch i % 5 {
		case 0:
			facts = append(facts, domain.SyncDeferred{Sync: sync, Step: domain.StepMatterType, Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped,
				Message: "No Smokeball matter type fits “" + name + "”", Remedy: "A firm admin chooses a matter type."}})
		case 1:
			facts = append(facts, domain.SyncFailed{Sync: sync, Step: domain.StepMatter, Failure: domain.Failure{Code: domain.CodeSmokeballRefused, Message: "Smokeball refused the matter “" + name + "”",
				Remedy: "Correct the matter in CaseHug and sync it again.", Smokeball: &domain.Refusal{Status: 400, Detail: name}}})
		case 2:
			facts = append(facts, domain.MatterAccepted{Sync: sync, Matter: matterID, Sent: domain.MatterDraft{ExternalID: string(id), Description: name, Status: "Open"}},
				domain.SyncConfirming{Sync: sync}, domain.MatterConfirmed{Sync: sync, Matter: matterID, By: domain.ByWebhook}, domain.SyncSucceeded{Sync: sync})
		}
		e.add(noon.Add(-time.Duration(n-i)*time.Second), domain.MatterStream(firm, id), facts...)
	}
	return e
}

// crowdPages are the pages that show lists, or one of their hardest entries.
var crowdPages = []string{"/overview", "/history", "/history?status=failed", "/history/s_crowd_1", "/matters", "/matters?state=waiting", "/matters/m_10000", "/matters/m_10001", "/matters/m_10002", "/matters/m_10002/provenance", "/matters/m_1001", "/matters/m_1001/provenance",
	"/matters/m_10000/preview", "/matters/m_10000/link?q=rivera", "/matters/m_10001/erase", "/integrations", "/integrations/mappings", "/integrations/mappings?add=1", "/integrations/mappings?from=250", "/integrations/mappings?matter=m_10000", "/bulk-syncs", "/bulk-syncs?which=", "/drift", "/dead-letters", "/audit"}

// TestBrowserLongNames: the longest name breaks, and no page is wider than its window.
func TestBrowserLongNames(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().tellCrowd(10).told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	for _, path := range crowdPages {
		b.open(path)
		for _, width := range []int64{1280, 390} {
			where := fmt.Sprintf("%s at %d", path, width)
			b.look(width, "light")
			b.fits(where)
			b.quiet(where)
			b.picture(strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(where))
		}
	}
}

var linkedFile = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)

// wire is how many bytes a path costs a browser that accepts gzip.
func (e *engine) wire(t *testing.T, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	call{cookie: "admin-token", html: true, header: map[string]string{"Accept-Encoding": "gzip"}}.dress(r)
	res, err := e.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, res.Status, err)
	}
	if res.Header.Get("Content-Encoding") != "gzip" {
		return len(body), string(body)
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return len(body), string(page)
}

// TestPagesWithLongListsAndNamesAreLight: a page with all that it loads stays below
// 100 KB over the wire, however long the names are.
func TestPagesWithLongListsAndNamesAreLight(t *testing.T) {
	e := newEngine(t).connect().tell().tellCrowd(300).tellBulky().tellBulk().told(t)
	files := map[string]int{}
	for _, path := range crowdPages {
		bare, page := e.wire(t, path)
		whole := bare
		for _, file := range linkedFile.FindAllStringSubmatch(page, -1) {
			if _, known := files[file[1]]; !known {
				files[file[1]], _ = e.wire(t, file[1])
			}
			whole += files[file[1]]
		}
		t.Logf("%s: %d bytes of %d, with its files %d", path, bare, len(page), whole)
		if whole > 100_000 {
			t.Errorf("%s costs %d bytes over the wire, %d of them the page; want 100,000 at most", path, whole, bare)
		}
		if len(page) > 500_000 {
			t.Errorf("%s has %d bytes for the browser to lay out", path, len(page))
		}
		if strings.Contains(page, "<img src=x") {
			t.Errorf("%s takes a name for HTML", path)
		}
		checkPage(t, path, page)
	}
}

// tellBulky records what is long by itself: a matter of 300 documents, and dead letters that
// hold as much as is kept.
func (e *engine) tellBulky() *engine {
	var approved []domain.Event
	for i := range 300 {
		approved = append(approved, domain.DocumentApproved{Origin: origin(fmt.Sprintf("evt_many_%d", i)), Document: domain.DocumentData{ID: domain.DocumentID(fmt.Sprintf("d_many_%d", i)), Matter: "m_1001",
			FileName: fmt.Sprintf("Exhibit %d – letter of November 12 about the accident.pdf", i), ApprovedBy: "u_5"}})
	}
	e.add(at(3), domain.MatterStream(firm, "m_1001"), approved...)
	for i := range 60 {
		var body strings.Builder
		for n := 0; body.Len() < 60<<10; n++ {
			fmt.Fprintf(&body, `{"note_%d":"%x"},`, n, (n+1)*(i+7)*2654435761)
		}
		e.add(at(2), domain.DeadLetterStream(firm, fmt.Sprintf("dl_bulky_%d", i)), domain.DeadLettered{Subject: "casehug.f_1.x", Type: domain.TypeMatterCreated,
			Body: []byte(`{"data":{"matter_id":"m_1","notes":[` + strings.TrimSuffix(body.String(), ",") + `]}}`), Faults: []domain.FieldFault{{Field: "/client", Reason: "is missing"}}})
	}
	return e
}

// TestAMatterThatWaitsSaysWhatItLacks at the field and at its documents, and offers no click that
// would not help; who may not act is told who can, by name.
func TestAMatterThatWaitsSaysWhatItLacks(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	e.add(at(50), domain.MatterStream(firm, "m_1002"), domain.DocumentApproved{Origin: origin("evt_held"), Document: domain.DocumentData{ID: "d_held", Matter: "m_1002", FileName: "Retainer.pdf"}})
	e.told(t)
	page := e.call(t, call{path: "/matters/m_1002", cookie: "admin-token", html: true}).want(200)
	page.contains(`aria-disabled="true" aria-describedby="why">Sync to Smokeball`, "Unmapped", "Waits for its matter", "Nobody has to click", "Choose a matter type").lacks(`action="/matters/m_1002/sync"`)
	e.call(t, call{path: "/matters/m_1003", cookie: "admin-token", html: true}).want(200).contains(`action="/matters/m_1003/sync"`).lacks("Unmapped", "Nobody has to click")
	ended := newEngine(t).connect().end().told(t)
	ended.call(t, call{path: "/matters", cookie: "user-token", html: true}).want(200).contains("To act: Folasade Osei or another firm admin.")
}

// TestDeadLettersNameFieldsForPeople, and show of a long event its beginning.
func TestDeadLettersNameFieldsForPeople(t *testing.T) {
	e := newEngine(t).connect().tell().tellBulky().told(t)
	e.call(t, call{path: "/dead-letters", cookie: "admin-token", html: true}).want(200).contains(`Client<small><code>/client</code>`, "This is its beginning.", `/v1/firms/f_1/dead-letters/dl_bulky_59`)
	few := newEngine(t).connect().tell().told(t)
	few.call(t, call{path: "/dead-letters", cookie: "admin-token", html: true}).want(200).contains(`Client’s last name<small><code>/matter/client/last_name</code>`, "File name<small>").lacks("This is its beginning.")
}

// TestOnlyThoseWhoTakeGzipGetIt; pages outside the frame, which may hold a secret, go as they are.
func TestOnlyThoseWhoTakeGzipGetIt(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	for accepted, want := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "gzip; q=0": "", "identity": "", "gzip;q=0.000": ""} {
		for _, path := range []string{"/static/console.css", "/overview"} {
			r := e.call(t, call{path: path, cookie: "admin-token", html: true, header: map[string]string{"Accept-Encoding": accepted}}).want(200)
			if got := r.header.Get("Content-Encoding"); got != want || r.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s for %q is encoded as %q, varies by %q", path, accepted, got, r.header.Get("Vary"))
			}
		}
	}
	p := proposed(t)
	if r := p.call(t, call{path: "/nowhere", html: true, header: map[string]string{"Accept-Encoding": "gzip"}}).want(404); r.header.Get("Content-Encoding") != "" {
		t.Error("a page outside the frame is compressed")
	}
}
