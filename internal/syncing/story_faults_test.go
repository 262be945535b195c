package syncing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// TestPassingFaultsOfOneCallChangeNothing tells of every call that a sync makes, and of
// every way in which it can fail once or for a while, that each thing is there once.
func TestPassingFaultsOfOneCallChangeNothing(t *testing.T) {
	t.Parallel()
	for _, route := range []string{findContacts, makeContact, readContact, findMatters, makeMatter, readMatter, addFile, readFile, putBytes, "GET /mattertypes"} {
		for name, f := range map[string]smokeballsim.Fault{
			"429":          {Kind: smokeballsim.Status, Status: 429},
			"500":          {Kind: smokeballsim.Status, Status: 500},
			"503":          {Kind: smokeballsim.Status, Status: 503},
			"reset before": {Kind: smokeballsim.Reset},
			"lost answer":  {Kind: smokeballsim.LoseReply},
			"cut body":     {Kind: smokeballsim.Cut},
			"slow":         {Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(4 * time.Second)},
			"too slow":     {Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(25 * time.Second)},
		} {
			for _, count := range []int{1, 3} {
				t.Run(route+" "+name, func(t *testing.T) {
					t.Parallel()
					quickly(t, 1, func(o *office) {
						f := f
						f.Route, f.Count = route, count
						o.fault(f)
						o.tell(created(accident()), o.retainer())
						o.ends("m_accident", domain.Succeeded)
						s := o.kept()
						if len(s.Contacts) != 1 || len(s.Matters) != 1 || len(s.Files) != 1 || s.Files[0].SHA256 != digest("the signed retainer") {
							t.Errorf("Smokeball has %d contacts, %d matters, files %+v", len(s.Contacts), len(s.Matters), s.Files)
						}
					})
				})
			}
		}
	}
}

func TestALostAnswerIsLookedForBeforeItIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, route := range []string{makeContact, makeMatter, addFile} {
		story(t, func(o *office) {
			o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.LoseReply, Count: 1})
			o.tell(created(accident()), o.retainer())
			o.ends("m_accident", domain.Succeeded)
			if n := o.calls(route); n != 1 {
				t.Errorf("%s was called %d times", route, n)
			}
		})
	}
}

// TestWhatNeverHappenedIsAskedForAgain tells that the engine waits out the time in which
// a lost call may still show its effect, and no longer.
func TestWhatNeverHappenedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, route := range []string{makeContact, makeMatter, addFile} {
		story(t, func(o *office) {
			o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.Reset, Count: 1})
			began := time.Now()
			o.tell(created(accident()), o.retainer())
			o.ends("m_accident", domain.Succeeded)
			if took := time.Since(began); took < o.waits.Visible || took > o.waits.Visible+30*time.Second {
				t.Errorf("after a lost %s it took %s", route, took)
			}
			if n := o.calls(route); n != 2 {
				t.Errorf("%s was called %d times", route, n)
			}
		})
	}
}

func TestALongOutageIsSurvived(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: 503})
		o.tell(created(accident()), o.retainer())
		time.Sleep(3 * time.Hour)
		e := o.newest("m_accident")
		if e.Status != domain.Waiting || e.NextAttemptAt == nil || e.Error.Code != domain.CodeSmokeballUnavailable {
			t.Errorf("in the outage the sync is %+v", e)
		}
		if gap := time.Until(*e.NextAttemptAt); gap > 5*time.Minute {
			t.Errorf("the next attempt is in %s", gap)
		}
		o.sim.ClearFaults()
		o.ends("m_accident", domain.Succeeded)
	})
}

// TestTimeWithoutAnEngineIsNoReasonToGiveUp tells that a sync which met a passing fault before
// a weekend without an engine, and another one after it, is retried: a sync fails only
// after it was tried in vain for long.
func TestTimeWithoutAnEngineIsNoReasonToGiveUp(t *testing.T) {
	t.Parallel()
	for _, status := range []domain.Status{domain.Waiting, domain.Running} {
		story(t, func(o *office) {
			o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Count: 1})
			o.fault(smokeballsim.Fault{Route: findContacts, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(9 * time.Second)})
			o.tell(created(accident()), o.retainer())
			o.until("there was a fault", func() bool {
				e := o.newest("m_accident")
				return e.Status == status && (status == domain.Waiting || e.Attempts > 1)
			})
			o.away(60 * time.Hour)
			o.sim.ClearFaults()
			o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Count: 1})
			o.ends("m_accident", domain.Succeeded)
		})
	}
}

// TestALateErrorEndsInItsStep tells that what Smokeball refuses after it had accepted it
// fails in the step that asked for it, with Smokeball's words, and that Retry makes it
// good. Smokeball's webhook is not signed: nothing fails before it could have shown up.
func TestALateErrorEndsInItsStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		route string
		step  domain.Step
	}{{makeContact, domain.StepContact}, {makeMatter, domain.StepMatter}, {addFile, domain.StepDocument}, {patchMatter, domain.StepMatter}} {
		t.Run(c.route, func(t *testing.T) {
			story(t, func(o *office) {
				o.hooks()
				if c.route == patchMatter {
					o.sends(accident())
				}
				o.fault(smokeballsim.Fault{Route: c.route, Kind: smokeballsim.FailLate, Message: "It did not please us.", Count: 1})
				began := time.Now()
				o.tell(created(accident()), o.retainer(), updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })))
				e := o.ends("m_accident", domain.Failed)
				if took := e.FinishedAt.Sub(began); took < o.waits.Visible {
					t.Errorf("the webhook is believed after %s, when a read could still show that it is wrong", took)
				}
				if e.Error.Code != domain.CodeSmokeballRefused || !strings.Contains(e.Error.Message, "It did not please us.") {
					t.Errorf("the failure is %+v", e.Error)
				}
				failed := e.Steps[slices.IndexFunc(e.Steps, func(s projections.EntryStep) bool { return s.Outcome == domain.OutcomeFailed })]
				if failed.Name != c.step || !strings.Contains(failed.Detail, "It did not please us.") {
					t.Errorf("the failed step is %+v", failed)
				}
				o.retry(e.ID)
				o.ends("m_accident", domain.Succeeded)
				o.wantsWhole("New name")
			})
		})
	}
}

// wantsWhole requires the accident whole in Smokeball, once.
func (o *office) wantsWhole(title string) {
	o.Helper()
	settle()
	s := o.kept()
	if len(s.Contacts) != 1 || o.one().Description != title || !slices.ContainsFunc(s.Files, func(f smokeballsim.FileState) bool { return f.SHA256 == digest("the signed retainer") }) {
		o.Errorf("Smokeball has %+v\n%s", s, o.dump())
	}
}

func (o *office) retry(id domain.SyncID) {
	o.Helper()
	_, _, err := o.requests.Retry(o.Context(), domain.User{Subject: "u_1", Firm: oak}, id)
	o.must(err)
}

// TestWhatIsNeverShownFailsAndCanBeRetried tells that without webhooks a resource that
// Smokeball accepted and never shows fails with not_confirmed, and that Retry looks for
// it and makes it again. A contact is made again without a person.
func TestWhatIsNeverShownFailsAndCanBeRetried(t *testing.T) {
	t.Parallel()
	for _, route := range []string{makeContact, makeMatter, addFile, patchMatter} {
		t.Run(route, func(t *testing.T) {
			story(t, func(o *office) {
				if route == patchMatter {
					o.sends(accident())
				}
				o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.FailLate, Count: 1})
				began := time.Now()
				o.tell(created(accident()), o.retainer(), updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })))
				o.rest()
				e := o.newest("m_accident")
				if route == makeContact {
					o.ends("m_accident", domain.Succeeded)
					o.wantsWhole("New name")
					return
				}
				if e.Status != domain.Failed || e.Error.Code != domain.CodeNotConfirmed {
					t.Fatalf("the sync is %s: %s\n%s", e.Status, told(e.Error), o.dump())
				}
				if took := time.Since(began); took < o.waits.Confirm || took > 2*o.waits.Confirm {
					t.Errorf("it was given up after %s", took)
				}
				o.retry(e.ID)
				o.ends("m_accident", domain.Succeeded)
				o.wantsWhole("New name")
			})
		})
	}
}

// TestWhatIsShownVeryLateIsFoundByRetry tells that Retry makes nothing twice.
func TestWhatIsShownVeryLateIsFoundByRetry(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 4 * time.Minute, Max: 5 * time.Minute}, func(o *office) {
		o.tell(created(accident()), o.retainer())
		for range 6 {
			o.rest()
			e := o.newest("m_accident")
			if e.Status == domain.Succeeded || e.Status == domain.Skipped {
				break
			}
			if e.Error == nil || e.Error.Code != domain.CodeNotConfirmed {
				t.Fatalf("the sync is %s: %s", e.Status, told(e.Error))
			}
			time.Sleep(10 * time.Minute)
			o.retry(e.ID)
		}
		if s := o.kept(); len(s.Contacts) != 1 || len(s.Matters) != 1 || len(s.Files) != 1 {
			t.Errorf("Smokeball has %d contacts, %d matters, %d files", len(s.Contacts), len(s.Matters), len(s.Files))
		}
	})
}

// TestSlowVisibilityIsWaitedOut tells that what shows only after half a minute is there
// once, whatever was lost on the way.
func TestSlowVisibilityIsWaitedOut(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 20 * time.Second, Max: 25 * time.Second}, func(o *office) {
		for _, route := range []string{makeContact, makeMatter, addFile} {
			o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.LoseReply, Count: 1})
		}
		o.tell(created(accident()), o.retainer())
		o.ends("m_accident", domain.Succeeded)
		if s := o.kept(); len(s.Contacts) != 1 || len(s.Matters) != 1 || len(s.Files) != 1 {
			t.Errorf("Smokeball has %d contacts, %d matters, %d files", len(s.Contacts), len(s.Matters), len(s.Files))
		}
	})
}

func TestWebhooksSaveReads(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		if n := o.calls(readMatter) + o.calls(readContact); n != 0 {
			t.Errorf("%d reads were made for what webhooks had told", n)
		}
	})
}

func TestARefusedMatterFailsWithSmokeballsWords(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`)
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Status: 400})
		o.tell(created(accident()), o.retainer())
		e := o.ends("m_accident", domain.Failed)
		if e.Error.Smokeball == nil || e.Error.Smokeball.Status != 400 || e.Error.Smokeball.RequestID == "" {
			t.Errorf("the failure is %+v", e.Error)
		}
		if n := o.calls(makeMatter); n != 1 {
			t.Errorf("a refusal was asked for %d times", n)
		}
		o.sim.ClearFaults()
		o.retry(e.ID)
		if again := o.ends("m_accident", domain.Succeeded); again.Trigger != domain.TriggerRetry || again.RequestedBy != "u_1" {
			t.Errorf("the retry is %+v", again)
		}
		o.one()
	})
}

// TestALongQueueDoesNotShortenTheLook tells that a call which waited long for its turn,
// and whose answer was lost then, is looked for as long as any other.
func TestALongQueueDoesNotShortenTheLook(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 6 * time.Second, Max: 8 * time.Second}, func(o *office) {
		const n = 60
		o.choose(func(s *domain.Settings) { s.OnMatterCreated = true })
		for _, route := range []string{makeContact, makeMatter} {
			o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(15 * time.Second), Probability: 0.5})
		}
		for i, c := range someClients(n) {
			o.tell(created(numbered(i, c)))
		}
		o.rest()
		if s := o.kept(); len(s.Contacts) != n || len(s.Matters) != n {
			t.Errorf("of %d matters at once Smokeball has %d, and %d contacts", n, len(s.Matters), len(s.Contacts))
		}
	})
}

// TestTheTimeToShowUpCountsFromTheAnswer tells that passing faults while the engine looks
// do not give Smokeball more time, so that what never comes is noticed.
func TestTheTimeToShowUpCountsFromTheAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ made, read string }{{makeMatter, readMatter}, {makeContact, readContact}, {addFile, readFile}, {patchMatter, readMatter}} {
		t.Run(c.made, func(t *testing.T) {
			story(t, func(o *office) {
				if c.made == patchMatter {
					o.sends(accident())
				}
				o.fault(smokeballsim.Fault{Route: c.made, Kind: smokeballsim.FailLate, Count: 1})
				o.fault(smokeballsim.Fault{Route: c.read, Kind: smokeballsim.Status, Probability: 0.3})
				began := time.Now()
				o.tell(created(accident()), o.retainer(), updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })))
				o.rest()
				if took := time.Since(began); took > time.Hour {
					t.Errorf("the sync took %s", took)
				}
				if c.made == makeContact { // it is created again
					o.ends("m_accident", domain.Succeeded)
					o.wantsWhole("New name")
					return
				}
				// Where the change came after the first sync had begun, it has a sync of its own, which may succeed.
				notConfirmed := func(e projections.Entry) bool {
					return e.Status == domain.Failed && e.Error.Code == domain.CodeNotConfirmed
				}
				if all := o.entries("m_accident"); !slices.ContainsFunc(all, notConfirmed) {
					t.Errorf("no sync is failed as not confirmed; the newest is %s: %s", all[len(all)-1].Status, told(all[len(all)-1].Error))
				}
			})
		})
	}
}

// TestALookInBadWeatherEnds tells that passing faults of the looks for a call whose answer
// was lost don't begin the look again each time, and that nothing is made twice meanwhile.
func TestALookInBadWeatherEnds(t *testing.T) {
	t.Parallel()
	const folders = "/matters/{matterId}/documents/folders"
	for _, c := range []struct{ made, look string }{{makeContact, findContacts}, {makeMatter, findMatters}, {"POST " + folders, "GET " + folders}, {addFile, "GET /matters/{matterId}/documents/files"}} {
		for _, kind := range []smokeballsim.Kind{smokeballsim.Reset, smokeballsim.LoseReply} {
			t.Run(c.made+" "+string(kind), func(t *testing.T) {
				story(t, func(o *office) {
					o.fault(smokeballsim.Fault{Route: c.made, Kind: kind, Count: 1})
					o.fault(smokeballsim.Fault{Route: c.look, Kind: smokeballsim.Status, Status: 503, Probability: 0.4})
					began := time.Now()
					o.choose(func(s *domain.Settings) { s.DocumentsFolder = "Intake" })
					o.tell(created(accident()), o.retainer())
					o.ends("m_accident", domain.Succeeded)
					if took := time.Since(began); took > 5*time.Minute {
						t.Errorf("it took %s", took)
					}
					s := o.kept()
					if len(s.Contacts) != 1 || len(s.Matters) != 1 || len(s.Files) != 1 || o.calls("POST "+folders) > 2 {
						t.Errorf("Smokeball has %d contacts, %d matters, %d files, and was asked for the folder %d times", len(s.Contacts), len(s.Matters), len(s.Files), o.calls("POST "+folders))
					}
				})
			})
		}
	}
}

// TestEveryStepNamesItsRequest tells that the history names the call behind each step that
// made one, for Smokeball's support.
func TestEveryStepNamesItsRequest(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{false, true} {
		story(t, func(o *office) {
			if hooked {
				o.hooks()
			}
			o.sends(accident())
			e := o.newest("m_accident")
			for _, s := range e.Steps {
				if s.Request == "" && s.Name != domain.StepMatterType {
					t.Errorf("hooked %v: step %s %s (%s) names no request", hooked, s.Name, s.Outcome, s.Detail)
				}
			}
			if n := len(e.Steps); n != 7 {
				t.Errorf("hooked %v: the steps are %q", hooked, steps(e))
			}
		})
	}
}

// fails lets the engine itself fail (a panic) whenever it asks for a document, so many times.
func (o *office) fails(times int) {
	if times == 0 {
		return
	}
	o.papers.whenOpened(func() { o.fails(times - 1); panic("a fault of ours") })
}

// TestAFaultOfTheEngineIsSeen tells that a sync on which the engine itself fails says so, and
// when it is retried; that it goes on once that is mended, and ends with a remedy where it
// never is.
func TestAFaultOfTheEngineIsSeen(t *testing.T) {
	t.Parallel()
	quickly(t, 1, func(o *office) {
		o.fails(6)
		o.tell(created(accident()), o.retainer())
		o.until("the sync waits", func() bool { return o.newest("m_accident").Status == domain.Waiting })
		if e := o.newest("m_accident"); e.Error == nil || e.Error.Code != domain.CodeInternal || e.Error.Remedy == "" || e.NextAttemptAt == nil {
			t.Errorf("after a fault of the engine the sync is %+v", e)
		}
		if e := o.ends("m_accident", domain.Succeeded); e.Attempts != 7 || e.Error != nil {
			t.Errorf("in the end the sync is %+v", e)
		}
		o.fails(10_000)
		o.tell(o.onceMore())
		if e := o.ends("m_accident", domain.Failed); e.Error.Code != domain.CodeInternal || !strings.Contains(e.Error.Remedy, "operators") {
			t.Errorf("a sync on which the engine always fails is %+v", e.Error)
		}
		o.papers.whenOpened(nil)
		o.retry(o.newest("m_accident").ID)
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.kept().Files); n != 2 {
			t.Errorf("Smokeball has %d files", n)
		}
	})
}
