package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

var (
	letter = domain.DeadLettered{Subject: "casehug.f_oak.matter.created", Body: []byte("{"),
		Faults: []domain.FieldFault{{Reason: "the event is not JSON"}}}
	leeOak    = domain.User{Subject: "u_1", Name: "Lee Oak", Firm: "f_oak"}
	takenIn   = domain.DeadLetterSettled{State: domain.DeadLetterTakenIn, Was: domain.DeadLetterOpen, By: "u_1", ByName: "Lee Oak"}
	discarded = domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: "u_1", ByName: "Lee Oak"}
	unfit     = domain.DeadLetterRetried{By: "u_1", Code: domain.CodeInvalidEvent, Faults: letter.Faults}
)

func TestRecordDeadLetter(t *testing.T) {
	then(t, given[domain.DeadLetter]().Record(letter), letter)
	then(t, given[domain.DeadLetter](letter).Record(letter))
	then(t, given[domain.DeadLetter](letter, discarded).Record(letter))
	then(t, given[domain.DeadLetter](letter, takenIn).Record(letter))
}

func TestSettleDeadLetter(t *testing.T) {
	for _, c := range []struct {
		name    string
		given   []domain.Event
		again   bool        // a retry takes it in
		refused domain.Code // or is refused with
		takenIn []domain.Event
		discard []domain.Event
		kept    domain.Code // discarding is refused with
		unfit   []domain.Event
	}{
		{name: "none", refused: domain.CodeNotFound, kept: domain.CodeNotFound},
		{name: "open", given: list(letter), again: true, takenIn: list(takenIn), discard: list(discarded), unfit: list(unfit)},
		{name: "tried in vain", given: list(letter, unfit), again: true, takenIn: list(takenIn), discard: list(discarded), unfit: list(unfit)},
		{name: "taken in", given: list(letter, takenIn), kept: domain.CodeTakenIn},
		{name: "discarded while it is taken in", given: list(letter, discarded), refused: domain.CodeDiscarded,
			takenIn: list(domain.DeadLetterSettled{State: domain.DeadLetterTakenIn, Was: domain.DeadLetterDiscarded, By: "u_1", ByName: "Lee Oak"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := given[domain.DeadLetter](c.given...)
			again, err := d.Retry()
			if again != c.again || codeOf(err) != c.refused {
				t.Errorf("a retry is %t, %v", again, err)
			}
			then(t, d.TakenIn(leeOak), c.takenIn...)
			then(t, d.StillUnprocessable(unfit), c.unfit...)
			facts, err := d.Discard(leeOak)
			if codeOf(err) != c.kept {
				t.Errorf("discarding is refused with %v", err)
			}
			then(t, facts, c.discard...)
		})
	}
}

func codeOf(err error) domain.Code {
	if r := domain.AsRejection(err); r != nil {
		return r.Failure.Code
	}
	return ""
}

func TestDeadLetterID(t *testing.T) {
	id := letter.ID()
	if id != domain.DeadLetterID("casehug.f_oak.matter.created", []byte("{")) {
		t.Error("the same message has another id")
	}
	if !domain.ValidID(id) {
		t.Errorf("%q cannot be part of a stream's name", id)
	}
	cut := domain.DeadLettered{Subject: letter.Subject, Body: []byte("{"), Size: 9, SHA256: "aa"}
	end := domain.DeadLettered{Subject: letter.Subject, Body: []byte("{"), Size: 9, SHA256: "bb"}
	for _, other := range []string{
		domain.DeadLetterID("casehug.f_oak.matter.created", []byte("[")),
		domain.DeadLetterID("casehug.f_elm.matter.created", []byte("{")), cut.ID(),
	} {
		if other == id {
			t.Errorf("another message has the id %s, too", id)
		}
	}
	if cut.ID() == end.ID() {
		t.Error("messages that begin alike have the same id")
	}
}

// An event that nobody settled ends by itself; one that somebody did settle stays as it is.
func TestADeadLetterEnds(t *testing.T) {
	kept := domain.DeadLettered{Subject: "casehug.f_oak.matter.created", Body: []byte("{}")}
	ended := domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, ByName: "the engine, after 90 days"}
	then(t, given[domain.DeadLetter](kept).Expire(), ended)
	then(t, given[domain.DeadLetter](kept, ended).Expire())
	then(t, given[domain.DeadLetter](kept, domain.DeadLetterSettled{State: domain.DeadLetterTakenIn}).Expire())
	then(t, given[domain.DeadLetter]().Expire())
}

// A version may leap by 1,000 and no further, for matters and for clients; a firm admin lets
// any count again.
func TestVersionsLeapSoFar(t *testing.T) {
	known := domain.MatterData{ID: matterA, Version: 5}
	told := func(version int) domain.CaseHugEvent {
		return domain.CaseHugEvent{Origin: domain.EventRef{Source: "s", ID: "e2"}, Firm: firm, Matter: &domain.MatterData{ID: matterA, Version: version}}
	}
	m := given[domain.Matter](domain.MatterCreated{Origin: domain.EventRef{Source: "s", ID: "e1"}, Matter: known})
	for version, fits := range map[int]bool{0: true, 4: true, 6: true, 1005: true, 1006: false, 2147483647: false} {
		if err := m.CheckVersion(told(version)); (err == nil) != fits {
			t.Errorf("version %d: %v", version, err)
		}
	}
	facts, err := m.Rebase(0, "u_1")
	then(t, must(t, facts, err), domain.MatterRebased{Version: 0, Was: 5, By: "u_1"})
	if err := given[domain.Matter](domain.MatterCreated{Matter: known}, facts[0]).CheckVersion(told(2147483647)); err != nil {
		t.Errorf("after the rebase: %v", err)
	}
	c := given[domain.Client](domain.ClientUpdated{Client: domain.ClientData{ID: clientA, Version: 5}})
	then(t, c.Learn(matterA, domain.ClientData{ID: clientA, Version: 2147483647}))
	if err := c.CheckVersion(domain.CaseHugEvent{Origin: domain.EventRef{Source: "s", ID: "e3"}, Client: &domain.ClientData{ID: clientA, Version: 2147483647}}); err == nil {
		t.Error("a client's version leaps without an end")
	}
}

// TestADeadLetterIsWholeToItsLastByte; one that is cut off is told apart by its digest.
func TestADeadLetterIsWholeToItsLastByte(t *testing.T) {
	whole := domain.DeadLettered{Subject: "s", Body: []byte("{}"), Size: 2, SHA256: "aa11"}
	cut := whole
	cut.Size = 3
	other := cut
	other.SHA256 = "bb22"
	if !whole.Whole() || cut.Whole() || whole.ID() != domain.DeadLetterID("s", whole.Body) || cut.ID() == whole.ID() || cut.ID() == other.ID() {
		t.Errorf("whole: %v, %v; ids %s, %s, %s", whole.Whole(), cut.Whole(), whole.ID(), cut.ID(), other.ID())
	}
}

// TestAnErasureDiscardsADeadLetter that is open, and no other.
func TestAnErasureDiscardsADeadLetter(t *testing.T) {
	then(t, given[domain.DeadLetter](letter).Erase("u_1"), domain.DeadLetterSettled{State: domain.DeadLetterDiscarded, Was: domain.DeadLetterOpen, By: "u_1"})
	then(t, given[domain.DeadLetter](letter, takenIn).Erase("u_1"))
	then(t, given[domain.DeadLetter]().Erase("u_1"))
}

// TestWhatCanNotBeTakenInSaysWhy: the cause, or how much is wrong.
func TestWhatCanNotBeTakenInSaysWhy(t *testing.T) {
	faulty := domain.Unprocessable{Code: domain.CodeInvalidEvent, Faults: letter.Faults}
	if got := faulty.Error(); got != "invalid_event: 1 faults" {
		t.Errorf("the faults alone say %q", got)
	}
	faulty.Err = domain.ErrTaken
	if got := faulty.Error(); got != "invalid_event: "+domain.ErrTaken.Error() {
		t.Errorf("a cause says %q", got)
	}
}
