package web_test

import (
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestTheConsoleSaysHowLongThingsAreKept: an admin sees and changes it on the settings page, the lists say
// it, and what is wrong is refused.
func TestTheConsoleSaysHowLongThingsAreKept(t *testing.T) {
	e := newEngine(t).connect().tell()
	e.add(at(30), domain.RetentionStream(firm), domain.RetentionChanged{Retention: domain.Retention{History: 730, DeadLetters: 45}, By: "u_1", ByName: "Folasade Osei"})
	e.add(at(29), domain.ExpiryStream(firm, noon), domain.HistoryExpired{Before: noon.AddDate(-2, 0, 0), Syncs: []domain.ExpiredSync{{Sync: "s_long_ago", Matter: "m_1001"}}})
	e.told(t)
	page := func(path string) reply {
		return e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200)
	}
	page("/integrations/settings").contains("How long things are kept", `<option value="730d" selected>2 years`, `<option value="45d" selected>45 days`, "As the engine is set: for ever", "Gone: 1 from before", "Folasade Osei")
	page("/history").contains("Kept for 2 years; what is from before", "Nov 24, 2024")
	page("/dead-letters?status=discarded").contains("Kept for 45 days.")
	if body := page("/audit").body; strings.Contains(body, "Kept for") {
		t.Error("a trail that is kept for ever has a time")
	}
	save := func(body string) reply {
		return e.call(t, call{method: "POST", path: "/integrations/retention", body: body, cookie: "admin-token", kind: form, html: true})
	}
	if to := save("history=90d&audit=forever&dead_letters=default").want(303).header.Get("Location"); to != "/integrations/settings?kept=1#kept" || !strings.Contains(e.asked(), "keep 90d, forever, default by u_1") {
		t.Errorf("it leads to %s, asked was %s", to, e.asked())
	}
	page("/integrations/settings?kept=1").contains("How long things are kept is saved.")
	save("history=soon&audit=forever&dead_letters=default").want(422)
}

// TestWhatIsNotThereMayHaveExpired: where a firm no longer keeps things, a page and the API say that a sync or a
// dead letter may have expired, and a matter whose syncs have expired is not said never to have been synced.
// Other firms are told nothing of it.
func TestWhatIsNotThereMayHaveExpired(t *testing.T) {
	e := newEngine(t).connect().tell()
	e.add(at(2), domain.ExpiryStream(firm, noon), domain.HistoryExpired{Before: noon.AddDate(-2, 0, 0), Syncs: []domain.ExpiredSync{{Sync: "s_done", Matter: "m_1001"}}})
	e.told(t)
	page := func(path, who string) reply { return e.call(t, call{path: path, cookie: who, html: true}) }
	const gone = "what ended before November 24, 2024 is no longer kept"
	page("/history/s_done", "user-token").want(404).contains("There is no such sync at this firm, or it has expired", gone)
	if p := e.call(t, call{path: "/v1/firms/f_1/sync-history/s_done", token: "user-token"}).problem(404, "not_found"); !strings.Contains(p.Detail, gone) {
		t.Errorf("the API says %q", p.Detail)
	}
	for _, body := range []string{page("/history/s_done", "other-token").want(404).body, e.call(t, call{path: "/v1/firms/f_2/sync-history/s_done", token: "other-token"}).want(404).body,
		page("/dead-letters/dl_none/discard", "admin-token").want(404).body} {
		if strings.Contains(body, "expired") {
			t.Errorf("a firm of which nothing has expired reads %s", body)
		}
	}
	matter := page("/matters/m_1001", "user-token").want(200).contains("It was synced, and these syncs are no longer kept.", "is no longer kept</span>")
	if strings.Contains(matter.body, "Not synced yet") {
		t.Error("a matter that was synced is said not to be")
	}
	id := domain.DeadLettered{Subject: "casehug.f_1.matter.created", Body: []byte("{")}.ID()
	e.add(at(1), domain.DeadLetterStream(firm, id), domain.DeadLettered{Subject: "casehug.f_1.matter.created", Body: []byte("{")}, domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: "u_1"},
		domain.DeadLetterExpired{Before: noon.AddDate(-1, 0, 0), Was: domain.DeadLetterDiscarded})
	e.told(t)
	page("/dead-letters/"+id+"/discard", "admin-token").want(404).contains("There is no such dead letter at this firm, or it has expired", "November 24, 2025")
	if p := e.call(t, call{path: "/v1/firms/f_1/dead-letters/" + id, token: "admin-token"}).problem(404, "not_found"); !strings.Contains(p.Detail, "or it has expired") {
		t.Errorf("the API says %q", p.Detail)
	}
}
