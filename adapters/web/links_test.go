package web_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

const (
	linkPath = "/v1/firms/f_1/matters/m_1002/link"
	otherID  = domain.SmokeballID("7c1f0a52-0002-4000-8000-00000000aaaa")
)

// foundHere are the matters that Smokeball has.
func foundHere() []domain.FoundMatter {
	people := []domain.FoundContact{{ID: contactID, Name: "Maria Rivera"}, {ID: "hidden"}}
	return []domain.FoundMatter{
		{SmokeballMatter: domain.SmokeballMatter{ID: matterID, Number: "CH-2026-0142", Description: "Rivera v. Apex Freight", Status: "Open", OpenedDate: rivera().OpenedAt}, People: people, LinkedTo: "m_1001"},
		{SmokeballMatter: domain.SmokeballMatter{ID: otherID, Number: "2026/77", Description: "Cho <old file>", Status: "Pending"}, People: people[:1]},
	}
}

func (e *engine) SearchMatters(_ context.Context, f domain.FirmID, text string) ([]domain.FoundMatter, bool, error) {
	err := e.hear("search %q for %s", text, f)
	if err != nil || text == "nothing" {
		return nil, false, err
	}
	return foundHere(), text == "more", nil
}

func (e *engine) PlanLink(_ context.Context, f domain.FirmID, m domain.MatterID, to domain.SmokeballID) (domain.LinkPlan, error) {
	err := e.hear("plan %s to %s", m, to)
	p := domain.LinkPlan{Found: foundHere()[1], Client: cho().Client}
	if to == "same" {
		p.Is = contactID
		return p, err
	}
	p.Choices, p.Same = []domain.ClientChoice{domain.ClientKept, domain.ClientAdded, domain.ClientSame}, []domain.SmokeballID{contactID}
	return p, err
}

func (e *engine) LinkMatter(_ context.Context, by domain.User, m domain.MatterID, to ports.LinkChoice) (uint64, error) {
	if err := e.hear("link %s to %s by %s, client %q %q", m, to.Matter, by.Subject, to.Client, to.Contact); err != nil {
		return 0, err
	}
	if to.Client == "" {
		return 0, rejection(domain.Conflict, domain.CodeClientChoiceRequired, "The client of Smokeball's matter is Maria Rivera, and CaseHug's is Daniel Cho")
	}
	return e.add(noon, domain.MatterStream(by.Firm, m), domain.MatterLinked{Matter: to.Matter, How: domain.LinkedByHand, By: by.Subject, Choice: to.Client}), nil
}

func (e *engine) UnlinkMatter(_ context.Context, by domain.User, m domain.MatterID) (uint64, error) {
	if err := e.hear("unlink %s by %s", m, by.Subject); err != nil {
		return 0, err
	}
	return e.add(noon, domain.MatterStream(by.Firm, m), domain.MatterUnlinked{Matter: matterID, Reason: domain.UnlinkedByPerson, By: by.Subject}), nil
}

// TestSmokeballIsSearched tells what the API says of matters that Smokeball has.
func TestSmokeballIsSearched(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	var found struct {
		Items []struct {
			ID      string `json:"smokeball_matter_id"`
			Name    string
			Linked  *string `json:"linked_to"`
			Clients []struct{ Name *string }
		}
		More bool
	}
	search := func(q string) reply {
		return e.call(t, call{path: "/v1/firms/f_1/smokeball/matters" + q, token: "user-token"})
	}
	search("?q=more").want(200).into(&found)
	if len(found.Items) != 2 || !found.More || found.Items[0].Linked == nil || *found.Items[0].Linked != "m_1001" || found.Items[1].Linked != nil || found.Items[0].Clients[1].Name != nil {
		t.Errorf("found is %+v", found)
	}
	search("?q=nothing").want(200).contains(`"items":[]`)
	search("").want(200)
	search("?q="+strings.Repeat("x", 201)).problem(422, "invalid_request")
	e.failWith(rejection(domain.Conflict, domain.CodeNotConnected, "The firm is not connected to Smokeball"))
	search("?q=x").problem(409, "not_connected")
}

// TestAMatterIsLinkedAndUnlinkedOverTheAPI tells what the calls answer, and what the audit trail says.
func TestAMatterIsLinkedAndUnlinkedOverTheAPI(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	link := func(body string) reply {
		return e.call(t, call{method: "POST", path: linkPath, token: "admin-token", body: body})
	}
	for _, wrong := range []string{`{}`, `{"smokeball_matter_id":""}`, `{"smokeball_matter_id":"x","client":"perhaps"}`} {
		link(wrong).problem(422, "invalid_request")
	}
	link(`{"smokeball_matter_id":"`+string(otherID)+`"}`).problem(409, "client_choice_required")
	var body struct {
		Smokeball struct {
			ID *string `json:"matter_id"`
		}
		Unlinked *struct{ From, By string }
	}
	r := link(`{"smokeball_matter_id":"` + string(otherID) + `","client":"same","contact_id":"` + string(contactID) + `"}`).want(200).into(&body)
	if body.Smokeball.ID == nil || *body.Smokeball.ID != string(otherID) || body.Unlinked != nil || r.header.Get("Ledger-Position") == "" {
		t.Errorf("the answer is %s", r.body)
	}
	r = e.call(t, call{method: "DELETE", path: linkPath, token: "admin-token"}).want(200).into(&body)
	if body.Unlinked == nil || body.Unlinked.By != "u_1" || body.Unlinked.From != string(matterID) {
		t.Errorf("the answer is %s", r.body)
	}
	e.told(t).call(t, call{path: "/v1/firms/f_1/audit", token: "admin-token"}).want(200).contains(`"matter.link"`, `"matter.unlink"`)
}

// TestAnUnlinkedMatterHasNothingInSmokeball: neither a type nor the time at which it was seen there.
func TestAnUnlinkedMatterHasNothingInSmokeball(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	const matter = "/v1/firms/f_1/matters/m_1001"
	there := func(r reply) (known []string) {
		var body struct{ Smokeball map[string]any }
		r.want(200).into(&body)
		for _, name := range []string{"matter_id", "matter_type_id", "matter_type", "status", "confirmed_at", "confirmed_by"} {
			if value, ok := body.Smokeball[name]; !ok || value != nil {
				known = append(known, name)
			}
		}
		return known
	}
	if known := there(e.call(t, call{path: matter, token: "user-token"})); !slices.Contains(known, "matter_id") || !slices.Contains(known, "confirmed_at") {
		t.Errorf("of the linked matter is known %v", known)
	}
	e.call(t, call{method: "DELETE", path: matter + "/link", token: "admin-token"}).want(200)
	if known := there(e.told(t).call(t, call{path: matter, token: "user-token"})); known != nil {
		t.Errorf("of the unlinked matter is known %v", known)
	}
}

// TestTheConsoleLinksMatters tells of the pages on which a firm admin searches, chooses and decides.
func TestTheConsoleLinksMatters(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	page := func(path, cookie string) reply { return e.call(t, call{path: path, cookie: cookie, html: true}) }
	post := func(path, body string) reply {
		return e.call(t, call{method: "POST", path: path, cookie: "admin-token", body: body, kind: form, html: true})
	}
	page("/matters/m_1002", "admin-token").want(200).contains(`href="/matters/m_1002/link"`)
	if strings.Contains(page("/matters/m_1002", "user-token").want(200).body, "m_1002/link") {
		t.Error("a user is offered to link")
	}
	page("/matters/m_1001", "admin-token").want(200).contains(`href="/matters/m_1001/unlink"`)
	page("/matters/m_1002/link", "admin-token").want(200).contains(`value="Daniel Cho"`, "Cho &lt;old file&gt;", `href="/matters/m_1001"`, "link/confirm?to="+string(otherID))
	page("/matters/m_1002/link?q=nothing", "admin-token").want(200).contains("finds nothing for “nothing”")
	page("/matters/m_1002/link?q="+strings.Repeat("x", 500), "admin-token").want(200)
	page("/matters/m_none/link", "admin-token").want(404)
	page("/matters/m_1002/link/confirm?to="+string(otherID), "admin-token").want(200).contains(`value="keep" required`, `value="add"`, `value="same `+string(contactID)+`"`, "Maria Rivera in Smokeball is Daniel Cho", "Nothing that Smokeball has is overwritten")
	if p := page("/matters/m_1002/link/confirm?to=same", "admin-token").want(200).contains("Maria Rivera in Smokeball is CaseHug’s client"); strings.Contains(p.body, `type="radio"`) {
		t.Error("it asks where everything is clear")
	}
	post("/matters/m_1002/link", "smokeball_matter_id="+string(otherID)).want(http.StatusConflict).contains("Decide what is to become of the client", `type="radio"`)
	if to := post("/matters/m_1002/link", "smokeball_matter_id="+string(otherID)+"&client=same+"+string(contactID)).want(303).header.Get("Location"); to != "/matters/m_1002" {
		t.Errorf("it leads to %s", to)
	}
	if said := `link m_1002 to ` + string(otherID) + ` by u_1, client "same" "` + string(contactID) + `"`; !strings.Contains(e.asked(), said) {
		t.Errorf("asked was %s", e.asked())
	}
	page("/matters/m_1002/unlink", "admin-token").want(200).contains("Unlink the matter?", "No sync makes another matter by itself", string(otherID))
	post("/matters/m_1002/unlink", "").want(303)
	page("/matters/m_1002", "user-token").want(200).contains("A firm admin unlinked it", "No sync makes another matter by itself")
}

// TestBrowserLinks links a matter in a browser, as a firm admin does: search, choose, decide. Each page
// is accessible and fits, wide and narrow.
func TestBrowserLinks(t *testing.T) {
	chromium(t)
	e := newEngine(t).connect().tell().told(t)
	b := openBrowser(t, e.url)
	b.signIn("admin-token")
	b.look(1280, "light")
	look := func(name string) {
		for _, l := range []struct {
			width  int64
			scheme string
		}{{1280, "light"}, {390, "dark"}} {
			where := fmt.Sprintf("%s-%d", name, l.width)
			b.look(l.width, l.scheme)
			b.accessible(where)
			b.fits(where)
			b.quiet(where)
			b.picture(where)
		}
		b.look(1280, "light")
	}
	b.open("/matters/m_1002")
	look("matter-not-linked")
	b.click(`a[href="/matters/m_1002/link"]`, `input[name="q"]`)
	look("link")
	b.click(chromedp.CSS(`a[href*="link/confirm?to=`+string(otherID)+`"]`), `input[value="keep"]`)
	look("link-confirm")
	b.click(`input[value="keep"]`, `input[value="keep"]:checked`)
	b.click(`footer .btn.go`, `a[href="/matters/m_1002/unlink"]`)
	b.at("/matters/m_1002")
	look("matter-linked-by-hand")
	b.click(`a[href="/matters/m_1002/unlink"]`, `.btn.hard`)
	look("unlink")
	b.click(`.btn.hard`, `.note.warn`)
	look("matter-unlinked")
}
