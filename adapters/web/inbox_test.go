package web_test

import (
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestEventsComeByHTTP(t *testing.T) {
	e := newEngine(t)
	event := call{method: "POST", path: "/v1/firms/f_1/events", token: "service-token", body: `{"specversion":"1.0"}`, kind: "application/cloudevents+json"}
	if got := strings.TrimSpace(e.call(t, event).want(202).body); got != `{"id":"evt_1","position":7}` {
		t.Errorf("answered %s", got)
	}
	event.kind, event.body = "application/json", `{"matter_id":"m_1"}`
	event.header = map[string]string{"ce-id": "evt_7"}
	event.token, event.cookie = "", "admin-token"
	e.call(t, event).want(202)
	want := "event of f_1 by svc_intake, ce-id \"\", cookie \"\", authorization \"\", 21 bytes\nevent of f_1 by u_1, ce-id \"evt_7\", cookie \"\", authorization \"\", 19 bytes"
	if e.asked() != want {
		t.Errorf("the port was asked\n%s\nwant\n%s", e.asked(), want)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	e := newEngine(t)
	event := call{method: "POST", path: "/v1/firms/f_1/events", token: "service-token"}
	e.call(t, event).problem(400, "invalid_request")
	event.body = strings.Repeat("x", 1<<20+1)
	e.call(t, event).problem(413, "invalid_request")
	event.body = strings.Repeat("x", 1<<20)
	e.call(t, event).want(202)
	e.failWith(&domain.Rejection{Reason: domain.Invalid, Failure: domain.Failure{Code: domain.CodeInvalidEvent, Message: "The event is not valid", Remedy: "Correct it."},
		Faults: []domain.FieldFault{{Field: "/status", Reason: "must be active"}}})
	if p := e.call(t, event).problem(422, "invalid_event"); len(p.Errors) != 1 || p.Errors[0].Field != "/status" {
		t.Errorf("faults %+v", p.Errors)
	}
}

func TestBridge(t *testing.T) {
	e := newEngine(t)
	notice := call{method: "POST", path: "/webhooks/smokeball/the-secret", body: `{"type":"matter.updated"}`, header: map[string]string{"Signature": "abc"}}
	if r := e.call(t, notice).want(200); r.body != "" {
		t.Errorf("answered %q, want nothing", r.body)
	}
	if want := `webhook, signature "abc", body {"type":"matter.updated"}`; e.asked() != want {
		t.Errorf("the port was asked %s, want %s", e.asked(), want)
	}
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{rejection(domain.Unknown, domain.CodeNotFound, "There is no such address"), 404, "not_found"},
		{rejection(domain.Denied, domain.CodeForbidden, "The signature does not fit"), 401, "forbidden"},
		{rejection(domain.Expired, "expired", "The notification is too old"), 401, "expired"},
		{rejection(domain.Invalid, domain.CodeInvalidRequest, "The notification cannot be read"), 400, "invalid_request"},
		{errBroken, 500, "internal"},
	} {
		e.failWith(tt.err)
		r := e.call(t, notice)
		r.problem(tt.status, tt.code)
		if (tt.status == 401) != (r.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%v: WWW-Authenticate %q", tt.err, r.header.Get("WWW-Authenticate"))
		}
	}
	e.call(t, call{method: "POST", path: "/webhooks/smokeball/guess", body: "{}"}).problem(404, "not_found")
	notice.body = strings.Repeat("x", 1<<20+1)
	e.call(t, notice).problem(413, "invalid_request")
}
