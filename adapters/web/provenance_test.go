package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/domain"
)

// proven is the part of an answer that says where a field's values come from.
type proven struct {
	Field   string  `json:"field"`
	Client  *string `json:"client_id"`
	CaseHug string  `json:"casehug"`
	State   string  `json:"state"`
	From    struct {
		Source string `json:"source"`
		ID     string `json:"id"`
		Proof  struct {
			Position uint64 `json:"position"`
		} `json:"proof"`
	} `json:"from"`
	Mapping *struct {
		ID       string `json:"id"`
		Revision int    `json:"revision"`
		Became   string `json:"became"`
	} `json:"mapping"`
	Sent *struct {
		Method  string `json:"method"`
		Path    string `json:"path"`
		Request string `json:"request_id"`
	} `json:"sent"`
	Confirmed *struct {
		By    string `json:"by"`
		Value string `json:"value"`
	} `json:"confirmed"`
	Changed *struct {
		Value string `json:"value"`
	} `json:"changed_there"`
}

// fields asks for a matter's fields, by name; of each client only the first one's.
func (e *engine) fields(t *testing.T, path string) map[string]proven {
	t.Helper()
	var body struct {
		Fields []proven `json:"fields"`
	}
	if err := json.Unmarshal([]byte(e.call(t, call{path: path, token: "user-token"}).want(200).body), &body); err != nil {
		t.Fatal(err)
	}
	all := map[string]proven{}
	for _, f := range body.Fields {
		if _, ok := all[f.Field]; !ok {
			all[f.Field] = f
		}
	}
	return all
}

// tellContact tells how the client's contact of tellDrift was made.
func (e *engine) tellContact() *engine {
	e.add(at(81), domain.ContactStream(firm, "k_86"), domain.ContactAccepted{Contact: driftContact, Client: "c_86", Request: "r-63",
		Sent: domain.ContactDraft{FirstName: "Joan", LastName: "Whitfield", Email: "joan@example.com", Phone: "+1 312 555 0180"}})
	return e
}

// TestAFieldNamesWhatBroughtItsValues asks the matter and its provenance for the same.
func TestAFieldNamesWhatBroughtItsValues(t *testing.T) {
	e := newEngine(t).connect().tell().tellContact().tellDrift().told(t)
	for _, path := range []string{"/v1/firms/f_1/matters/m_1006", "/v1/firms/f_1/matters/m_1006/provenance"} {
		all := e.fields(t, path)
		title, kind, phone := all["title"], all["case_type"], all["client.phone"]
		if title.From.ID != "evt_60" || title.Sent.Request != "r-62" || title.Sent.Method+title.Sent.Path != "POST/matters" || title.Confirmed.Value != "Estate of Whitfield" ||
			title.Confirmed.By != "webhook" || title.Changed.Value != "Estate of Whitfield" || title.Mapping.ID != "as_is" || title.State != "differs" {
			t.Errorf("%s: the title is %+v", path, title)
		}
		if m := kind.Mapping; m == nil || m.ID != "map_estate" || m.Revision != 3 || m.Became != "Motor Vehicle Accident" {
			t.Errorf("%s: the mapping is %+v", path, m)
		}
		if phone.Client == nil || *phone.Client != "c_86" || phone.From.ID != "evt_60" || phone.Sent.Request != "r-63" {
			t.Errorf("%s: the phone number is %+v", path, phone)
		}
	}
	e.call(t, call{path: "/v1/firms/f_1/matters/m_none/provenance", token: "user-token"}).problem(404, "not_found")
	e.call(t, call{path: "/v1/firms/f_1/matters/m_1006/provenance", token: "other-token"}).problem(404, "not_found")
}

// TestBrowserProvenance goes from a matter to the record of where its values come from, reads it on
// screens of both sizes, and has it printed.
func TestBrowserProvenance(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().tellContact().tellDrift().told(t)
	b := openBrowser(t, e.url)
	b.signIn("user-token")
	command(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/Chicago"})
	b.open("/matters/m_1006")
	b.click(`#fields a[href$="/provenance"]`, "#h-verify")
	b.at("/matters/m_1006/provenance")
	text := value(b, chromedp.Evaluate[string](`document.querySelector('main').innerText.replace(/\s+/g, ' ')`))
	for _, want := range []string{"Whitfield estate", "CH-2026-0144", "Matter created", "evt_60", "Own mapping map_estate, revision 3: Motor Vehicle Accident",
		"POST /matters, request r-62, sync s_whitfield", "Shown by a webhook [4", "Wrote “Whitfield estate”", "People changed it in Smokeball to “Estate of Whitfield”, shown by a webhook", "Client Joan Whitfield", "request r-63",
		"Nov 24, 2026, 20:02:17 UTC", "Nov 24, 2026, 2:02:17 PM CST", "smokeball-sync provenance f_1 m_1006", "matter.f_1.m_1006", "contact.f_1.k_86"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1280, "light"}, {390, "dark"}, {390, "light"}} {
		where := fmt.Sprintf("provenance-%d-%s", look.width, look.scheme)
		b.look(look.width, look.scheme)
		b.accessible(where)
		b.fits(where)
		b.quiet(where)
		b.picture(where)
	}
	if all := value(b, chromedp.Evaluate[bool](`[...document.querySelectorAll('a.fact')].every((a) => document.querySelector(a.hash))`)); !all {
		t.Error("a fact is named that is not in the list of facts")
	}
	_ = value(b, chromedp.Evaluate[chromedp.Void](`window.print = () => { document.title = 'printed' };0`))
	b.click("[data-print]", "main")
	if title := value(b, chromedp.Title()); title != "printed" {
		t.Errorf("the button does not print: the title is %q", title)
	}
	b.look(1280, "light")
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	if shown := value(b, chromedp.Evaluate[int](`[...document.querySelectorAll('.side, .top, .btn')].filter((x) => x.checkVisibility()).length`)); shown != 0 {
		t.Errorf("%d parts of the frame are printed", shown)
	}
	b.picture("provenance-print")
	b.look(1280, "light")
	b.open("/matters/m_1006")
	b.picture("matter-1280")
	b.look(390, "light")
	b.fits("matter-390")
	b.picture("matter-390")
}
