package syncing_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// lateAnswers is a way to Smokeball on which the answers to some calls take long: what the
// call caused is told by webhook before.
type lateAnswers struct {
	way   http.RoundTripper
	calls func(*http.Request) bool
	by    time.Duration
}

func (l lateAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.way.RoundTrip(r)
	if l.calls(r) {
		time.Sleep(l.by)
	}
	return answer, err
}

// answersLate starts an engine again that hears the answers to some calls late.
func (o *office) answersLate(by time.Duration, calls func(*http.Request) bool) {
	o.Helper()
	o.stop()
	o.engine = &engine{wakes: &syncing.Notifier{}}
	o.wire(o.ledger, lateAnswers{o.sim.Transport(), calls, by})
}

// writing are the calls of a method to paths that end so.
func writing(method, end string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, end) }
}

// TestAnEarlyErrorEndsInItsStep tells that a refusal which comes before the answer that
// accepted the call is on record, fails the step that made the call with Smokeball's
// words once looks have borne it out, and is made good by Retry.
func TestAnEarlyErrorEndsInItsStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		route, method, end string
		step               domain.Step
	}{
		{makeContact, "POST", "/contacts", domain.StepContact},
		{makeMatter, "POST", "/matters", domain.StepMatter},
		{addFile, "POST", "/files", domain.StepDocument},
		{patchMatter, "PATCH", "", domain.StepMatter},
	} {
		t.Run(c.route, func(t *testing.T) {
			story(t, func(o *office) {
				o.hooks()
				if c.route == patchMatter {
					o.sends(accident())
				}
				o.answersLate(8*time.Second, writing(c.method, c.end))
				o.fault(smokeballsim.Fault{Route: c.route, Kind: smokeballsim.FailLate, Message: "It did not please us.", Count: 1})
				began := time.Now()
				o.tell(created(accident()), o.retainer(), updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })))
				e := o.ends("m_accident", domain.Failed)
				if e.Error.Code != domain.CodeSmokeballRefused || !strings.Contains(e.Error.Message, "It did not please us.") {
					t.Errorf("the failure is %+v", e.Error)
				}
				failed := e.Steps[slices.IndexFunc(e.Steps, func(s projections.EntryStep) bool { return s.Outcome == domain.OutcomeFailed })]
				if failed.Name != c.step || !strings.Contains(failed.Detail, "It did not please us.") {
					t.Errorf("the failed step is %+v", failed)
				}
				if took := time.Since(began); took > 90*time.Second {
					t.Errorf("it took %s to say so", took)
				}
				o.retry(e.ID)
				o.ends("m_accident", domain.Succeeded)
				o.wantsWhole("New name")
			})
		})
	}
}

// TestAnEarlyWebhookSavesTheRead tells that what a webhook showed before the call's answer
// was on record is not read once more.
func TestAnEarlyWebhookSavesTheRead(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.answersLate(8*time.Second, func(r *http.Request) bool {
			return writing("POST", "/contacts")(r) || writing("POST", "/matters")(r)
		})
		o.sends(accident())
		if n := o.calls(readMatter) + o.calls(readContact); n != 0 {
			t.Errorf("%d reads were made for what webhooks had told", n)
		}
	})
}

// TestMattersOfOneNewClientGoOnTogether tells that a contact which one matter's sync made
// and saw lets the others go on at once.
func TestMattersOfOneNewClientGoOnTogether(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{true, false} {
		story(t, func(o *office) {
			if hooked {
				o.hooks()
			}
			o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
			o.tell(created(numbered(1, maria())), created(numbered(2, maria())))
			o.rest()
			if n := o.calls(readContact); hooked && n != 0 || n > 4 {
				t.Errorf("hooked %v: the contact was read %d times", hooked, n)
			}
			for _, m := range []domain.MatterID{"m_1", "m_2"} {
				e := o.newest(m)
				if took := e.FinishedAt.Sub(e.QueuedAt); e.Status != domain.Succeeded || took > 6*time.Second {
					t.Errorf("hooked %v: the sync of %s is %s after %s", hooked, m, e.Status, took)
				}
			}
		})
	}
}
