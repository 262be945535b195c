package projections_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestThePastIsWhatWasThePresent: at any moment of any story the past says what
// the view of connections said then.
func TestThePastIsWhatWasThePresent(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		list := anyLedger(rt)
		for i := range list {
			list[i].At = start.Add(time.Duration(i) * 25 * time.Minute)
		}
		l := newLedger()
		l.events = list
		step, whole := fresh(t, dir, "step"), fresh(t, dir, "whole")
		defer discard(t, step)
		defer discard(t, whole)
		take(rt, whole, list)
		past := projections.Past{Ledger: l, Webhooks: whole.Webhooks}
		cut := rapid.IntRange(1, len(list)).Draw(rt, "cut")
		take(rt, step, list[:cut])
		for _, firm := range []domain.FirmID{oak, elm} {
			wantThen(rt, past, step, firm, list[cut-1].At)
		}
	})
}

func wantThen(t *rapid.T, past projections.Past, then *projections.Views, firm domain.FirmID, at time.Time) {
	t.Helper()
	want, err := then.Connections.Connection(firm)
	if err != nil {
		t.Fatal(err)
	}
	story, err := past.Story(t.Context(), firm)
	if err != nil {
		t.Fatal(err)
	}
	got, err := past.Fold(firm, story, at)
	if err != nil {
		t.Fatal(err)
	}
	want.DeadLetters, want.Tests, want.Unheard = projections.DeadLetterCounts{}, 0, time.Time{} // no part of it
	want.Day, want.HookTest = nil, projections.HookTest{}
	want.Lately.Succeeded, want.Lately.Failed = "", "" // the past names no syncs
	if !reflect.DeepEqual(asStored(t, got.Row), asStored(t, want)) {
		t.Fatalf("as of %s the row of %s is\n%+v, want\n%+v", at, firm, got.Row, want)
	}
}

// TestTheProof: which facts made a moment what it was, and that clocks that went back
// change no order.
func TestTheProof(t *testing.T) {
	l := newLedger()
	connection := domain.ConnectionStream(oak)
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	var head eventstore.Head
	for _, e := range []struct {
		at    time.Time
		event domain.Event
	}{{at(1), authorized}, {at(5), domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"}}, {at(3), domain.Disconnected{By: "u_1"}}, {at(8), authorized}} {
		var err error
		if head, err = l.Append(t.Context(), eventstore.Commit{Stream: connection, Last: head, At: e.at, Events: []domain.Event{e.event}}); err != nil {
			t.Fatal(err)
		}
	}
	past := projections.Past{Ledger: l, Webhooks: folded(t, l).Webhooks}
	story, err := past.Story(t.Context(), oak)
	if err != nil || len(story) != 4 {
		t.Fatalf("the story has %d facts, %v", len(story), err)
	}
	for moment, want := range map[int]int{0: 0, 1: 1, 4: 1, 5: 3, 7: 3, 8: 4} {
		then, err := past.Fold(oak, story, at(moment))
		if err != nil || len(then.Connection) != want {
			t.Errorf("as of hour %d it rests on %d facts, want %d; %v", moment, len(then.Connection), want, err)
		}
	}
	if f := story[1]; f.Stream != connection || f.Position != 2 || f.Version != 2 || !f.At.Equal(at(5)) || len(f.Hash) != 64 {
		t.Errorf("a fact is %+v", f)
	}
}

// TestPulse: how many webhooks had come within an hour, and that
// firms stay apart.
func TestPulse(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.WebhookStream(oak, "r1"), domain.SmokeballWebhookReceived{}, domain.SmokeballWebhookReceived{})
	l.tell(t, domain.WebhookStream("f_oak2", "r1"), domain.SmokeballWebhookReceived{})
	l.tell(t, domain.MatterStream(oak, "m_1"), domain.SyncFailed{Sync: "s_1", Failure: smokeballRefused}, domain.SyncSucceeded{Sync: "s_2"})
	v := folded(t, l)
	for seconds, want := range map[int]int{-1: 0, 0: 1, 1: 2, 9000: 2} {
		a, err := v.Webhooks.WebhookTimeline(oak, start.Add(time.Duration(seconds)*time.Second))
		if err != nil || a.Webhooks != want {
			t.Errorf("after %d seconds %d webhooks had come, want %d; %v", seconds, a.Webhooks, want, err)
		}
	}
	a, err := v.Webhooks.WebhookTimeline(oak, start.Add(time.Hour))
	if err != nil || a.LastSuccess.Position != 5 || a.LastFailure.Position != 4 || a.LastFailure.Failure == nil || a.LastWebhook.Position != 2 {
		t.Errorf("the last of everything is %+v, %v", a, err)
	}
}

func TestAuditRows(t *testing.T) {
	l := newLedger()
	refused := domain.RequestRefused{Actor: "u_5", Role: domain.StandardUser, Action: domain.ActionChangeSettings, Code: domain.CodeForbidden, Reason: "For firm admins", Since: start, Times: 1}
	again, later := refused, refused
	again.Times, later.Since = 41, start.Add(time.Minute)
	l.tell(t, domain.ConnectionStream(oak), authorized)
	l.tell(t, domain.AuditStream(oak, start), refused)
	l.tell(t, domain.SettingsStream(elm), domain.SettingsChanged{By: "u_9"})
	l.tell(t, domain.AuditStream(oak, start), again, later)
	v := folded(t, l)
	rows, next, err := v.Trail.Audit(oak, projections.AuditQuery{Limit: 10})
	if err != nil || next != 0 || len(rows) != 3 {
		t.Fatalf("the trail is %+v, next %d, %v", rows, next, err)
	}
	if r := rows[1]; r.Times != 42 || r.Position != 2 || !r.At.Equal(start.Add(time.Second)) || !r.Last.Equal(start.Add(3*time.Second)) || r.Outcome() != domain.AuditRefused {
		t.Errorf("a refusal of 42 times is %+v", r)
	}
	if r := rows[0]; r.Times != 1 || r.Position != 5 {
		t.Errorf("a minute later it is %+v", r)
	}
	if r := rows[2]; r.Actor != "u_1" || r.Action != domain.ActionConnect || r.Target != "acc-1" || r.Outcome() != domain.AuditDone || r.Event != "connection.authorized.v1" {
		t.Errorf("a connection is %+v", r)
	}
	if list, err := v.Connections.AllConnections(); err != nil || len(list) != 2 {
		t.Errorf("there are the firms %+v, %v", list, err)
	}
}

// asStored is a row as the views keep it.
func asStored(t *rapid.T, r projections.ConnectionRow) (out projections.ConnectionRow) {
	t.Helper()
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
