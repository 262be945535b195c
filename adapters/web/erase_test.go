package web_test

import (
	"strings"
	"testing"
)

// TestTheConsoleErasesMatters: a firm admin reads what happens before anything does, and how it stands
// after that; a user is not offered to erase.
func TestTheConsoleErasesMatters(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	page := func(path, cookie string) reply { return e.call(t, call{path: path, cookie: cookie, html: true}) }
	page("/matters/m_1001", "admin-token").want(200).contains(`href="/matters/m_1001/erase"`)
	if strings.Contains(page("/matters/m_1001", "user-token").want(200).body, "m_1001/erase") {
		t.Error("a user is offered to erase")
	}
	asks := page("/matters/m_1001/erase", "admin-token").want(200).contains("Erase the personal data of this matter?", "Nobody can undo it", "Nothing is deleted there", "What CaseHug has stays", "Keep the matter", "2 backups, made from", "c_9</code> stays", `class="btn hard"`)
	if strings.Contains(e.asked(), "erase") {
		t.Error("reading the page erases")
	}
	post := func(body string) reply {
		return e.call(t, call{method: "POST", path: "/matters/m_1001/erase", body: body, cookie: "admin-token", kind: form, html: true})
	}
	if post("").want(409).contains("has changed since this page was opened"); strings.Contains(e.asked(), "erase") {
		t.Error("a form that does not say what goes erases")
	}
	to := post("plan=" + planOf(asks)).want(303).header.Get("Location")
	if to != "/matters/m_1001/erase" || !strings.Contains(e.asked(), `erase matter "m_1001" client "" by u_1`) {
		t.Errorf("it leads to %s, asked was %s", to, e.asked())
	}
	page(to, "admin-token").want(200).contains("It is under way", "Not yet: ", "asked for by")
}

// TestTheConsoleErasesAClientWithAllMatters: a firm admin reads which matters and syncs go and what stays
// before anything does; a wrong id, another firm's id, or a plan that has changed erases nothing, and two
// clicks lead to the same page.
func TestTheConsoleErasesAClientWithAllMatters(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	page := func(path, cookie string) reply { return e.call(t, call{path: path, cookie: cookie, html: true}) }
	post := func(body string) reply {
		return e.call(t, call{method: "POST", path: "/clients/c_77/erase", body: body, cookie: "admin-token", kind: form, html: true})
	}
	page("/matters/m_1001", "admin-token").want(200).contains(`href="/clients/c_77/erase"`)
	asks := page("/clients/c_77/erase", "admin-token").want(200).contains("Erase the personal data of this client?", "Maria Rivera", "m_1001", "m_1006", "s_waits", "is cancelled", "s_runs", "is at work and fails",
		"Nothing is deleted there", "makes no further call", "2 backups, made from", "c_9</code> stays", "Type the client’s id")
	digest := planOf(asks)
	page("/clients/c_77/erase", "user-token").want(403)
	page("/clients/c_77/erase", "other-token").want(404)
	page("/clients/c_typo/erase", "admin-token").want(404)
	post("plan="+digest+"&typed=c_78").want(422).contains("nothing was erased", "What goes")
	post("plan=of-before&typed=c_77").want(409).contains("has changed since this page was opened", "What goes")
	if strings.Contains(e.asked(), "erase") {
		t.Fatal("something was erased: " + e.asked())
	}
	for range 2 {
		if to := post("plan=" + digest + "&typed=+c_77+").want(303).header.Get("Location"); to != "/clients/c_77/erase" {
			t.Errorf("it leads to %s", to)
		}
	}
	if !strings.Contains(e.asked(), `erase matter "" client "c_77" by u_1`) {
		t.Errorf("asked was %s", e.asked())
	}
	page("/clients/c_77/erase", "admin-token").want(200).contains("Erasure of a client", "asked for by", "Under way: Open syncs are ended", "Not yet: The keys", "One that is made before the keys are destroyed holds it, too")
	page("/erasures", "admin-token").want(200).contains(`href="/clients/c_77/erase"`, "Client c_77", "Under way")
	if strings.Contains(page("/erasures", "other-token").want(200).body, "c_77") {
		t.Error("another firm reads the erasure")
	}
}

// TestTheConsoleFindsWhomToErase: by a client's name, and an id that no matter has leads to the client.
func TestTheConsoleFindsWhomToErase(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	page := func(path string) reply { return e.call(t, call{path: path, cookie: "admin-token", html: true}) }
	page("/erasures?q=rivera").want(200).contains(`href="/matters/m_1001/erase"`, `href="/clients/c_77/erase"`)
	page("/erasures?q=c_gone").want(200).contains("No matter fits", `href="/clients/c_gone/erase"`)
}

// planOf is what a page that asks says of what goes.
func planOf(asks reply) string {
	_, digest, _ := strings.Cut(asks.body, `name="plan" value="`)
	digest, _, _ = strings.Cut(digest, `"`)
	return digest
}
