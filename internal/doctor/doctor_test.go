package doctor_test

import (
	"context"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/internal/doctor"
)

func finds(list ...doctor.Finding) func(context.Context) []doctor.Finding {
	return func(context.Context) []doctor.Finding { return list }
}

var broken = doctor.Finding{Severity: doctor.Failed, Found: "broken"}

func about(subject string) doctor.Finding {
	return doctor.Finding{Severity: doctor.Failed, Subject: subject, Found: "broken"}
}

// TestOneCauseMakesOneAlarm breaks the first of three checks that depend on each other.
func TestOneCauseMakesOneAlarm(t *testing.T) {
	looked := false
	r := doctor.Registry{
		{Code: doctor.Bus, Look: finds(broken)},
		{Code: doctor.Keys, After: []doctor.Code{doctor.Bus}, Look: func(context.Context) []doctor.Finding { looked = true; return nil }},
		{Code: doctor.Signature, After: []doctor.Code{doctor.Keys}, Look: finds(broken)},
		{Code: doctor.Disk, Look: finds()},
	}
	list := r.Run(t.Context(), doctor.Deep)
	if doctor.Count(list, doctor.Failed) != 1 || doctor.Count(list, doctor.Skipped) != 2 || doctor.Count(list, doctor.OK) != 1 || looked {
		t.Errorf("one failure, two that wait for it, and one in order are %+v", list)
	}
	if f := list[2]; !slices.Equal(f.Because, []doctor.Code{doctor.Bus}) {
		t.Errorf("the last one waits for %v; the cause is the bus", f.Because)
	}
}

// TestAFirmsTroubleIsNamedOnce breaks one firm's connection; another firm's webhooks are still
// checked.
func TestAFirmsTroubleIsNamedOnce(t *testing.T) {
	r := doctor.Registry{
		{Code: doctor.Connection, Look: finds(about("f_a"))},
		{Code: doctor.Webhooks, After: []doctor.Code{doctor.Connection}, Look: finds(about("f_a"), about("f_b"))},
	}
	var got []string
	for _, f := range r.Run(t.Context(), doctor.Deep) {
		got = append(got, string(f.Code)+" "+f.Subject)
	}
	if want := []string{"connection f_a", "webhooks f_b"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestAKindRunsItsChecksOnly(t *testing.T) {
	r := doctor.Registry{{Code: doctor.Bus, Ready: true, Look: finds()}, {Code: doctor.Disk, Look: finds()}, {Code: doctor.Ledger, Deep: true, Look: finds()}}
	for kind, want := range map[doctor.Kind]int{doctor.Ready: 1, doctor.Quick: 2, doctor.Deep: 3} {
		if got := len(r.Run(t.Context(), kind)); got != want {
			t.Errorf("kind %d ran %d checks, want %d", kind, got, want)
		}
	}
}
