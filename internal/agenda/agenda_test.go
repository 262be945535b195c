package agenda_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/agenda"
)

// TestAnAgendaYieldsWhatIsDue compares an agenda with a map that is searched whole.
func TestAnAgendaYieldsWhatIsDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a agenda.Agenda
		model := map[domain.FirmID]time.Time{}
		earliest := func() (first domain.FirmID, at time.Time) {
			for f, x := range model {
				if at.IsZero() || x.Before(at) || (x.Equal(at) && f < first) {
					first, at = f, x
				}
			}
			return first, at
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				f, at := domain.FirmID(fmt.Sprint("f_", rapid.IntRange(0, 9).Draw(t, "firm"))), time.Unix(rapid.Int64Range(1, 20).Draw(t, "at"), 0)
				a.Set(f, at)
				model[f] = at
			},
			"remove": func(t *rapid.T) {
				f := domain.FirmID(fmt.Sprint("f_", rapid.IntRange(0, 9).Draw(t, "firm")))
				a.Set(f, time.Time{})
				delete(model, f)
			},
			"take": func(t *rapid.T) {
				now := time.Unix(rapid.Int64Range(0, 25).Draw(t, "now"), 0)
				want, at := earliest()
				f, ok := a.Take(now)
				if due := !at.IsZero() && !at.After(now); ok != due || (ok && f != want) {
					t.Fatalf("at %v %q, %v is taken, want %q of %v", now, f, ok, want, at)
				}
				if ok {
					delete(model, f)
				}
			},
			"": func(t *rapid.T) {
				if _, at := earliest(); !a.Next().Equal(at) {
					t.Fatalf("next is %v, want %v", a.Next(), at)
				}
			},
		})
	})
}
