package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// The same choice again is nothing new, and the newest one holds.
func TestAFirmChoosesHowLongThingsAreKept(t *testing.T) {
	year := domain.Retention{History: 365, Audit: domain.KeepForever}
	chosen := domain.RetentionChanged{Retention: year, By: "u_1", ByName: "Lee Oak"}
	then(t, given[domain.KeptBy]().Change(domain.Retention{}, leeOak))
	then(t, given[domain.KeptBy]().Change(year, leeOak), chosen)
	then(t, given[domain.KeptBy](chosen).Change(year, leeOak))
	then(t, given[domain.KeptBy](chosen).Change(domain.Retention{}, leeOak), domain.RetentionChanged{By: "u_1", ByName: "Lee Oak"})
}

// A firm's choice comes before what the engine is configured with, day by day and for ever.
func TestHowLongThingsAreKept(t *testing.T) {
	defaults := domain.RetentionTimes{History: time.Hour, Audit: 2 * time.Hour, DeadLetters: 3 * time.Hour}
	for name, tt := range map[string]struct {
		chosen domain.Retention
		want   domain.RetentionTimes
	}{
		"nothing is chosen": {domain.Retention{}, defaults},
		"everything is":     {domain.Retention{History: 30, Audit: domain.KeepForever, DeadLetters: 90}, domain.RetentionTimes{History: 720 * time.Hour, DeadLetters: 2160 * time.Hour}},
	} {
		if got := tt.chosen.Over(defaults); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// A time that is too short, or is none, is refused under the name of its field.
func TestAChoiceOfHowLongIsChecked(t *testing.T) {
	for _, tt := range []struct {
		chosen domain.Retention
		wrong  string
	}{
		{domain.Retention{}, ""}, {domain.Retention{History: 30, Audit: 365, DeadLetters: 30}, ""},
		{domain.Retention{History: domain.KeepForever, Audit: domain.KeepForever, DeadLetters: domain.KeepForever}, ""},
		{domain.Retention{Audit: 36500}, ""}, {domain.Retention{History: 29}, "/history"}, {domain.Retention{Audit: 364}, "/audit"}, {domain.Retention{DeadLetters: 1}, "/dead_letters"}, {domain.Retention{Audit: 36501}, "/audit"},
	} {
		faults, wrong := tt.chosen.Check(), ""
		if len(faults) > 0 {
			wrong = faults[0].Field
		}
		if wrong != tt.wrong || len(faults) > 1 {
			t.Errorf("%+v has the faults %v, want one of %q", tt.chosen, faults, tt.wrong)
		}
	}
}

// What is written is read again, and nothing else is.
func TestHowLongIsWrittenAndRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := domain.Keep(rapid.IntRange(-1, 36500).Draw(t, "days"))
		if read, ok := domain.ParseKeep(k.String()); !ok || read != k {
			t.Errorf("%v is read as %v, %v", k, read, ok)
		}
	})
	for _, text := range []string{"", "0d", "-1d", "365", "+30d", "030d", "30 d", "36501d", "Forever", "1e3d"} {
		if k, ok := domain.ParseKeep(text); ok {
			t.Errorf("%q is read as %v", text, k)
		}
	}
}

// A dead letter that was decided is removed once; one that nobody decided about never is. After that
// nobody finds it.
func TestADecidedDeadLetterIsRemoved(t *testing.T) {
	gone := domain.DeadLetterExpired{Before: sampleTime, Was: domain.DeadLetterDiscarded}
	then(t, given[domain.DeadLetter](letter, discarded).Remove(sampleTime), gone)
	then(t, given[domain.DeadLetter](letter, takenIn).Remove(sampleTime), domain.DeadLetterExpired{Before: sampleTime, Was: domain.DeadLetterTakenIn})
	then(t, given[domain.DeadLetter](letter).Remove(sampleTime))
	then(t, given[domain.DeadLetter](letter, unfit).Remove(sampleTime))
	then(t, given[domain.DeadLetter]().Remove(sampleTime))
	d := given[domain.DeadLetter](letter, discarded, gone)
	then(t, d.Remove(sampleTime))
	then(t, d.TakenIn(leeOak))
	then(t, d.Record(letter))
	if _, err := d.Retry(); codeOf(err) != domain.CodeNotFound {
		t.Errorf("its retry is refused with %v", err)
	}
	if _, err := d.Discard(leeOak); codeOf(err) != domain.CodeNotFound {
		t.Errorf("discarding it is refused with %v", err)
	}
}
