package web_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

var noDeadLetter = rejection(domain.Unknown, domain.CodeNotFound, "There is no such dead letter")

// stuck is a dead letter that still does not fit.
const stuck = "dl_2"

func (e *engine) RetryDeadLetter(_ context.Context, by domain.User, id string) (uint64, error) {
	if err := e.hear("retry dead letter %s of %s by %s", id, by.Firm, by.Subject); err != nil {
		return 0, err
	}
	_, ok, err := e.views.DeadLetters.DeadLetter(by.Firm, id)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, noDeadLetter
	}
	stream := domain.DeadLetterStream(by.Firm, id)
	if id == stuck {
		faults := []domain.FieldFault{{Field: "/title", Reason: "is missing"}}
		return e.add(noon, stream, domain.DeadLetterRetried{By: by.Subject, ByName: by.Name, Code: domain.CodeInvalidEvent, Faults: faults}),
			&domain.Rejection{Reason: domain.Invalid, Failure: domain.Failure{Code: domain.CodeInvalidEvent, Message: "The event is still not valid", Remedy: "Correct it."}, Faults: faults}
	}
	return e.add(noon, stream, domain.DeadLetterSettled{State: domain.DeadLetterTakenIn, Was: domain.DeadLetterOpen, By: by.Subject, ByName: by.Name}), nil
}

func (e *engine) DiscardDeadLetter(_ context.Context, by domain.User, id string) (uint64, error) {
	if err := e.hear("discard dead letter %s of %s by %s", id, by.Firm, by.Subject); err != nil {
		return 0, err
	}
	if _, ok, err := e.views.DeadLetters.DeadLetter(by.Firm, id); err != nil || !ok {
		return 0, errors.Join(err, noDeadLetter)
	}
	return e.add(noon, domain.DeadLetterStream(by.Firm, id),
		domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: by.Subject, ByName: by.Name}), nil
}

var _ ports.DeadLetters = (*engine)(nil)

// tellDeadLetters records dead letters, one of each kind, and what
// became of some of them.
func (e *engine) tellDeadLetters() {
	e.add(at(58), domain.DeadLetterStream(firm, "dl_3"), domain.DeadLettered{Subject: "casehug.f_1.matter.updated", Type: domain.TypeMatterUpdated,
		Origin: origin("evt_7f31c3"), Body: []byte(`{"id":"evt_7f31c3","data":{"matter":{"matter_id":"m_1001","title":"Rivera v. Apex Freight","version":2,"client":{"last_name":""}}}}`),
		Faults: []domain.FieldFault{{Field: "/matter/client/last_name", Reason: "is empty; give last_name or company_name"}, {Field: "/matter/status", Reason: "is missing"}}})
	e.add(at(57), domain.DeadLetterStream(firm, "dl_4"), domain.DeadLettered{Subject: "casehug.f_1.document.approved", Type: domain.TypeDocumentApproved,
		Header: domain.Header{"ce-id": "evt_7e90ab"}, Body: []byte(`{"document_id":"d_318","matter_id":"m_1004","content":{}}`),
		Faults: []domain.FieldFault{{Field: "/file_name", Reason: "is missing"}}})
	e.add(at(56), domain.DeadLetterStream(firm, "dl_5"), domain.DeadLettered{Subject: "casehug.f_1.client.updated", Type: domain.TypeClientUpdated, Code: domain.CodeEventNotHandled,
		Body: []byte(`{"client_id":"c_81","first_name":"Thomas","last_name":"Becker"}`), Size: 300_000, SHA256: "aa", Message: "INBOX 9",
		Faults: []domain.FieldFault{{Reason: "makes the engine fail (runtime.boundsError in domain.Client.Observe)"}}})
	e.add(at(54), domain.DeadLetterStream(domain.Nobody, "dl_nobody"), domain.DeadLettered{Subject: "casehug.x", Body: []byte("{}"),
		Faults: []domain.FieldFault{{Reason: "is on a wrong subject"}}})
}

// tellSettled records one more failed retry, and dead letters that were settled.
func (e *engine) tellSettled() *engine {
	e.add(at(53), domain.DeadLetterStream(firm, "dl_4"), domain.DeadLetterRetried{By: "u_1", ByName: "Folasade Osei", Code: domain.CodeInvalidEvent,
		Faults: []domain.FieldFault{{Field: "/file_name", Reason: "is missing"}}})
	for id, state := range map[string]domain.DeadLetterState{"dl_6": domain.DeadLetterTakenIn, "dl_7": domain.DeadLetterDiscarded} {
		e.add(at(55), domain.DeadLetterStream(firm, id), domain.DeadLettered{Subject: "casehug.f_1.client.updated", Type: domain.TypeClientUpdated,
			Body: []byte(`{"client_id":"c_82","company_name":"Apex Freight"}`), Faults: []domain.FieldFault{{Field: "/version", Reason: "must be a whole number, not a text"}}},
			domain.DeadLetterSettled{State: state, Was: domain.DeadLetterOpen, By: "u_1", ByName: "Folasade Osei"})
	}
	return e
}

// operate is a call in an operator's name.
func operate(method, path string) call {
	return call{method: method, path: path, header: map[string]string{"Authorization": "Operator " + operator}}
}

// settledDeadLetter is what the API says of a dead letter.
type settledDeadLetter struct {
	ID      string
	Status  string
	Code    string
	Reasons []domain.FieldFault
	Settled *struct {
		By, Name string
		At       time.Time
	}
	Last *struct{ By string } `json:"last_attempt"`
}

func TestLettersAreSettledOverHTTP(t *testing.T) {
	e := newEngine(t).tell().tellSettled().told(t)
	do := func(method, path string) reply {
		return e.call(t, call{method: method, path: "/v1/firms/f_1/dead-letters/" + path, token: "admin-token"})
	}
	var l settledDeadLetter
	if r := do("POST", "dl_1/retry").want(200).into(&l); l.Status != "taken_in" || l.Settled == nil || l.Settled.By != "u_1" || l.Settled.Name != "Folasade Osei" || r.header.Get("Ledger-Position") == "" {
		t.Errorf("the retry answers %+v", l)
	}
	if do("DELETE", "dl_3").want(200).into(&l); l.Status != "discarded" || l.Settled.By != "u_1" {
		t.Errorf("the discard answers %+v", l)
	}
	p := do("POST", "dl_2/retry").problem(422, "invalid_event")
	if len(p.Errors) != 1 || p.Errors[0].Field != "/title" || p.Errors[0].Message != "is missing" {
		t.Errorf("the retry in vain answers %+v", p)
	}
	e.told(t)
	if do("GET", "dl_2").want(200).into(&l); l.Status != "open" || l.Last == nil || l.Last.By != "u_1" || l.Reasons[0].Field != "/title" {
		t.Errorf("after it the dead letter is %+v", l)
	}
	do("POST", "dl_none/retry").problem(404, "not_found")
	do("GET", "dl_none").problem(404, "not_found")
	do("POST", "dl_nobody/retry").problem(404, "not_found")
	for status, want := range map[string]string{"": "dl_5 dl_4 dl_2", "?status=taken_in": "dl_6 dl_1", "?status=discarded": "dl_7 dl_3"} {
		if got := e.letters(t, status); strings.Join(got, " ") != want && status == "" || len(got) != len(strings.Fields(want)) {
			t.Errorf("the list %s has %v, want %s", status, got, want)
		}
	}
}

// letters are the ids of a list.
func (e *engine) letters(t *testing.T, query string) (ids []string) {
	t.Helper()
	var page struct{ Items []settledDeadLetter }
	e.call(t, call{path: "/v1/firms/f_1/dead-letters" + query, token: "admin-token"}).want(200).into(&page)
	for _, l := range page.Items {
		ids = append(ids, l.ID)
	}
	return ids
}

// What belongs to no firm is the operators', whatever a token says.
func TestLettersOfNobodyAreOperators(t *testing.T) {
	e := newEngine(t).tell().told(t)
	const all = "/v1/firms/~/dead-letters"
	for _, c := range []call{{path: all}, {path: all + "/dl_nobody"}, {method: "POST", path: all + "/dl_nobody/retry"}, {method: "DELETE", path: all + "/dl_nobody"}} {
		for _, token := range []string{"admin-token", "user-token", "other-token"} {
			c.token = token
			e.call(t, c).problem(404, "not_found")
		}
	}
	var l settledDeadLetter
	e.call(t, operate("GET", all)).want(200).contains("dl_nobody")
	if e.call(t, operate("POST", all+"/dl_nobody/retry")).want(200).into(&l); l.Status != "taken_in" || l.Settled.By != domain.Operator {
		t.Errorf("the dead letter is %+v", l)
	}
	if want := "retry dead letter dl_nobody of ~ by ~operator"; e.asked() != want {
		t.Errorf("the port was asked %q, want %q", e.asked(), want)
	}
	e.call(t, operate("GET", "/v1/firms/~/matters")).problem(404, "not_found")
}

func TestDeadLettersPage(t *testing.T) {
	e := newEngine(t).tell().tellSettled().told(t)
	open := func(path string) reply {
		return e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200)
	}
	open("/dead-letters").contains("must be active, pending or closed", "<code>/status</code>", "<code>&#34;archived&#34;</code>", "&#34;status&#34;: &#34;archived&#34;",
		"2 bytes that are not text", "the event as a whole", "Matter changed, m_1001", "version 3 of this matter is here", `aria-describedby="w-dl_3"`,
		"Document approved, d_318", "A document is not in Smokeball because of this.", "Retried without success by Folasade Osei", "The fault is on our side.",
		"Of 300,000 bytes the first 63", "Open <span>5</span>", "Taken in later <span>1</span>", `action="/dead-letters/dl_1/retry"`, `href="/dead-letters/dl_1/discard"`).
		lacks(`action="/dead-letters/dl_3/retry"`, "dl_nobody", "dl_6")
	open("/dead-letters?status=taken_in").contains("Client changed, c_82", "by a retry of Folasade Osei").lacks("/retry", "/discard")
	open("/dead-letters?status=discarded").contains("Discarded</b>", "It is not retried.").lacks("/retry", "/discard")
	newEngine(t).call(t, call{path: "/dead-letters", cookie: "admin-token", html: true}).want(200).contains("No dead letters")
}

func TestLettersAreSettledInTheConsole(t *testing.T) {
	e := newEngine(t).tell().tellSettled().told(t)
	send := func(path, to string) {
		t.Helper()
		if got := e.call(t, call{method: "POST", path: path, cookie: "admin-token", html: true}).want(303).header.Get("Location"); got != to {
			t.Errorf("%s leads to %s, want %s", path, got, to)
		}
	}
	open := func(path string) reply {
		return e.call(t, call{path: path, cookie: "admin-token", html: true}).want(200)
	}
	send("/dead-letters/dl_1/retry", "/dead-letters?done=taken_in")
	open("/dead-letters?done=taken_in").contains("The event is taken in.", "Open <span>4</span>", "Taken in later <span>2</span>")
	send("/dead-letters/dl_2/retry", "/dead-letters?tried=dl_2")
	e.told(t)
	open("/dead-letters?tried=dl_2").contains("is still not accepted.", `href="#dl_2"`, "<code>/title</code>")
	open("/dead-letters/dl_4/discard").contains("Discard this event?", `action="/dead-letters/dl_4/discard"`, "Keep it")
	send("/dead-letters/dl_4/discard", "/dead-letters?done=discarded")
	open("/dead-letters?done=discarded").contains("It stays readable", "Discarded <span>2</span>").lacks("d_318")
}

// A list of large events with many faults shows of each event the beginning and links to the whole: a
// page stays small, and the next one is a click away.
func TestLargeDeadLettersComeInPages(t *testing.T) {
	e := newEngine(t).connect()
	long := strings.Repeat("é", 30_000)
	for i := range 60 {
		e.add(at(50), domain.DeadLetterStream(firm, fmt.Sprintf("dl_large_%d", i)), domain.DeadLettered{Subject: "casehug.f_1.matter.updated", Type: domain.TypeMatterUpdated,
			Body: []byte(`{"matter_id":"m_large","title":"Rivera v. Apex Freight","status":"lost","note":"` + long + `"}`), Faults: []domain.FieldFault{{Field: "/status", Reason: "must be active, pending or closed"}}})
	}
	e.told(t)
	page := e.call(t, call{path: "/dead-letters", cookie: "admin-token", html: true}).want(200)
	page.contains("Matter changed, m_large", "Rivera v. Apex Freight", "<code>&#34;lost&#34;</code>", "This is its beginning.", "/v1/firms/f_1/dead-letters/dl_large_59", "Show older").lacks("dl_large_39", "\ufffd")
	if n := len(page.body); n > 200_000 {
		t.Errorf("the page has %d bytes", n)
	}
	shown := strings.Count(string(page.body), "<article")
	if shown != 20 {
		t.Errorf("the page shows %d dead letters", shown)
	}
}
