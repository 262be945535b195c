package projections_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

var (
	letter = domain.DeadLettered{Subject: "casehug.f_oak.matter.created", Type: domain.TypeMatterCreated, Origin: ref("e-1"), Header: domain.Header{"ce-id": "e-1"},
		Faults: []domain.FieldFault{{Field: "/title", Reason: "it is missing"}}, Body: []byte(`{"matter_id":"m_1"}`)}
	letterTakenIn   = domain.DeadLetterSettled{State: domain.DeadLetterTakenIn, Was: domain.DeadLetterOpen, By: "u_1", ByName: "Lee Oak"}
	letterDiscarded = domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: "u_1", ByName: "Lee Oak"}
)

func TestDeadLetters(t *testing.T) {
	l := newLedger()
	for _, id := range []string{"dl_1", "dl_2", "dl_3"} {
		l.tell(t, domain.DeadLetterStream(oak, id), letter)
	}
	l.tell(t, domain.DeadLetterStream(elm, "dl_4"), letter)
	v := folded(t, l)
	list, next, err := v.DeadLetters.DeadLetters(oak, domain.DeadLetterOpen, 0, 2)
	if err != nil || len(list) != 2 || list[0].ID != "dl_3" || list[1].ID != "dl_2" || next != list[1].Position {
		t.Fatalf("the first page is %+v with cursor %d, %v", list, next, err)
	}
	want := projections.DeadLetterRow{ID: "dl_3", Firm: oak, State: domain.DeadLetterOpen, Subject: letter.Subject, Type: letter.Type, Origin: letter.Origin,
		Code: domain.CodeInvalidEvent, Faults: letter.Faults, Header: letter.Header, Body: letter.Body, Size: 19, At: start.Add(2 * time.Second), Position: 3}
	if !reflect.DeepEqual(list[0], want) {
		t.Errorf("the newest is\n%+v, want\n%+v", list[0], want)
	}
	list, next, err = v.DeadLetters.DeadLetters(oak, domain.DeadLetterOpen, next, 2)
	if err != nil || len(list) != 1 || list[0].ID != "dl_1" || next != 0 {
		t.Errorf("the second page is %+v with cursor %d, %v", list, next, err)
	}
}

func TestSettledDeadLettersAreListedApart(t *testing.T) {
	l := newLedger()
	for _, id := range []string{"dl_open", "dl_in", "dl_out", "dl_both"} {
		l.tell(t, domain.DeadLetterStream(oak, id), letter)
	}
	l.tell(t, domain.DeadLetterStream(oak, "dl_open"), domain.DeadLetterRetried{By: "u_1", ByName: "Lee Oak", Code: domain.CodeEventNotHandled,
		Faults: []domain.FieldFault{{Reason: "makes the engine fail"}}})
	l.tell(t, domain.DeadLetterStream(oak, "dl_in"), letterTakenIn)
	l.tell(t, domain.DeadLetterStream(oak, "dl_out"), letterDiscarded)
	l.tell(t, domain.DeadLetterStream(oak, "dl_both"), letterDiscarded,
		domain.DeadLetterSettled{State: domain.DeadLetterTakenIn, Was: domain.DeadLetterDiscarded, By: "u_2"})
	v := folded(t, l)
	for state, want := range map[domain.DeadLetterState][]string{domain.DeadLetterOpen: {"dl_open"}, domain.DeadLetterTakenIn: {"dl_both", "dl_in"}, domain.DeadLetterDiscarded: {"dl_out"}} {
		list, _, err := v.DeadLetters.DeadLetters(oak, state, 0, 9)
		var ids []string
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		if err != nil || !reflect.DeepEqual(ids, want) {
			t.Errorf("%s are %v, %v; want %v", state, ids, err, want)
		}
	}
	firm, err := v.Connections.Connection(oak)
	if want := (projections.DeadLetterCounts{Open: 1, TakenIn: 2, Discarded: 1}); err != nil || firm.DeadLetters != want {
		t.Errorf("the firm has %+v, %v; want %+v", firm.DeadLetters, err, want)
	}
	open, ok, err := v.DeadLetters.DeadLetter(oak, "dl_open")
	if err != nil || !ok || open.Attempts != 1 || open.Code != domain.CodeEventNotHandled || open.Faults[0].Reason != "makes the engine fail" || open.Tried.ByName != "Lee Oak" {
		t.Errorf("the open one is %+v, %t, %v", open, ok, err)
	}
	if _, ok, err := v.DeadLetters.DeadLetter(elm, "dl_open"); ok || err != nil {
		t.Errorf("another firm has it: %t, %v", ok, err)
	}
}
