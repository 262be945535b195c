package projections_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestDeadLetterCountsAreWhatTheListsSay: a firm's numbers of dead letters are the lengths of its
// lists, whatever people and the engine did with each of them.
func TestDeadLetterCountsAreWhatTheListsSay(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		v := fresh(t, dir, "letters")
		defer discard(t, v)
		take(rt, v, letters(rt))
		c, err := v.Connections.Connection(oak)
		if err != nil {
			rt.Fatal(err)
		}
		listed := projections.DeadLetterCounts{Open: len(lettersIn(rt, v, domain.DeadLetterOpen)),
			TakenIn: len(lettersIn(rt, v, domain.DeadLetterTakenIn)), Discarded: len(lettersIn(rt, v, domain.DeadLetterDiscarded))}
		if c.DeadLetters != listed {
			rt.Errorf("the firm has %+v, its lists have %+v", c.DeadLetters, listed)
		}
	})
}

func lettersIn(t *rapid.T, v *projections.Views, s domain.DeadLetterState) []projections.DeadLetterRow {
	list, _, err := v.DeadLetters.DeadLetters(oak, s, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// letters draws what comes of a few dead letters, as the domain decides it.
func letters(t *rapid.T) (events []eventstore.Envelope) {
	all, versions := map[string]domain.DeadLetter{}, map[string]uint64{}
	for range rapid.IntRange(1, 30).Draw(t, "steps") {
		id := "dl_" + strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "letter"))
		for _, e := range letterStep(t, all[id]) {
			versions[id]++
			at := start.Add(time.Duration(len(events)) * time.Second)
			events = append(events, eventstore.Envelope{Seq: eventstore.Seq(len(events) + 1), Stream: domain.DeadLetterStream(oak, id), Version: versions[id], At: at, Event: e})
			all[id] = all[id].Apply(e, at)
		}
	}
	return events
}

// letterStep is what the engine or a person does with a dead letter.
func letterStep(t *rapid.T, d domain.DeadLetter) []domain.Event {
	person := domain.User{Subject: "u_1", Name: "Lee Oak"}
	switch rapid.IntRange(0, 4).Draw(t, "step") {
	case 0, 1:
		return d.Record(letter)
	case 2:
		return d.TakenIn(person)
	case 3:
		return d.Expire()
	}
	facts, _ := d.Discard(person) // refused: nothing
	return facts
}
