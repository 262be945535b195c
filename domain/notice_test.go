package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestReceive(t *testing.T) {
	first := domain.SmokeballWebhookReceived{Origin: ref(1), Type: "matter.updated", Resource: sbM}
	again := domain.SmokeballWebhookReceived{Origin: ref(2), Type: "matter.updated", Resource: sbM}
	then(t, given[domain.Notices]().Receive(first), first)
	then(t, given[domain.Notices](first).Receive(first))
	then(t, given[domain.Notices](first).Receive(again), again)
}

func TestRecordDeadLetter(t *testing.T) {
	letter := domain.DeadLettered{Subject: "casehug.f_oak.matter.created", Body: []byte("{"),
		Faults: []domain.FieldFault{{Reason: "the event is not JSON"}}}
	then(t, given[domain.DeadLetter]().Record(letter), letter)
	then(t, given[domain.DeadLetter](letter).Record(letter))
}

func TestDeadLetterID(t *testing.T) {
	id := domain.DeadLetterID("casehug.f_oak.matter.created", []byte("{"))
	if id != domain.DeadLetterID("casehug.f_oak.matter.created", []byte("{")) {
		t.Error("the same message has another id")
	}
	if !domain.ValidID(id) {
		t.Errorf("%q cannot be part of a stream's name", id)
	}
	for _, other := range []string{
		domain.DeadLetterID("casehug.f_oak.matter.created", []byte("[")),
		domain.DeadLetterID("casehug.f_elm.matter.created", []byte("{")),
	} {
		if other == id {
			t.Errorf("another message has the id %s, too", id)
		}
	}
}
