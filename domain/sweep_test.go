package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// sweptAt are sweeps of which the last one, a full one, began at a time.
func sweptAt(at time.Time) domain.Sweeps {
	return domain.Sweeps{}.Apply(domain.SweepEnded{SweepBegun: domain.SweepBegun{Reason: domain.SweepFirst, Account: sampleAccount, Full: true, At: at}}, at.Add(time.Minute))
}

// heard is what decides on the sweeps of a firm that is connected, and whose webhooks arrive.
func heard(at time.Time, more ...domain.Event) domain.SweepNeeds {
	c := domain.Connection{}.Apply(domain.ConnectionAuthorized{Account: domain.Account{ID: sampleAccount}, Region: "us"}, at)
	for _, e := range more {
		c = c.Apply(e, at.Add(time.Hour))
	}
	return domain.SweepNeeds{Firm: "f_1", Connection: c, Hears: true, Every: 10 * time.Minute}
}

func TestGapsAreSwept(t *testing.T) {
	start := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	failed := domain.Failure{Code: domain.CodeSmokeballUnavailable}
	for _, c := range []struct {
		name   string
		facts  []domain.Event
		reason domain.SweepReason
	}{
		{"signed in again", []domain.Event{domain.ConnectionAuthorized{Account: domain.Account{ID: sampleAccount}}}, domain.SweepAuthorized},
		{"served again", []domain.Event{domain.ConnectionTroubled{Failure: failed}, domain.ConnectionRecovered{}}, domain.SweepOutage},
		{"good after all", []domain.Event{domain.ConnectionLost{Failure: failed}, domain.ConnectionRecovered{}}, domain.SweepOutage},
		{"webhooks registered", []domain.Event{domain.WebhooksRegistered{Subscription: "sub"}}, domain.SweepWebhooks},
		{"webhooks lost", []domain.Event{domain.WebhooksRegistered{Subscription: "sub"}, domain.WebhooksLost{}}, domain.SweepWebhooks},
		{"webhooks heard again", []domain.Event{domain.WebhooksLost{Silent: true}, domain.WebhooksHeard{}}, domain.SweepSilence},
		{"another account", []domain.Event{domain.ConnectionAuthorized{Account: domain.Account{ID: "another"}}}, domain.SweepFirst},
	} {
		needs, now := heard(start, c.facts...), start.Add(2*time.Hour)
		got, ok := sweptAt(start.Add(time.Minute)).Begin(needs, now)
		if !ok || got.Reason != c.reason {
			t.Errorf("%s: the sweep is for %q", c.name, got.Reason)
		}
		if _, ok := sweptAt(start.Add(time.Hour+time.Minute)).Begin(needs, now); ok && c.reason != domain.SweepFirst {
			t.Errorf("%s: it is swept again", c.name)
		}
	}
}

func TestAQuietFirmIsSweptOnceANight(t *testing.T) {
	start := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	needs, s := heard(start), sweptAt(start.Add(time.Minute))
	for range 5 {
		next := s.Next(needs, s.Last)
		if h := next.Hour(); next.Sub(s.Last) > 24*time.Hour+6*time.Hour || h < 6 || h >= 12 {
			t.Errorf("after %v it is swept at %v, which is no night in the United States", s.Last, next)
		}
		if _, ok := s.Begin(needs, next.Add(-time.Second)); ok {
			t.Errorf("it is swept before %v", next)
		}
		got, ok := s.Begin(needs, next)
		if !ok || got.Reason != domain.SweepNightly || !got.Full || !got.Since.IsZero() {
			t.Errorf("at %v the sweep is %+v, %v", next, got, ok)
		}
		s = s.Apply(s.End(got)[0], next.Add(time.Minute))
	}
}

func TestAFirmThatIsNotServedIsNotSwept(t *testing.T) {
	start := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	for _, e := range []domain.Event{domain.ConnectionTroubled{}, domain.ConnectionLost{}, domain.Disconnected{}, domain.ReauthorizationRequired{}} {
		needs := heard(start, e)
		for _, s := range []domain.Sweeps{{}, sweptAt(start)} {
			if got, ok := s.Begin(needs, start.Add(100*time.Hour)); ok {
				t.Errorf("after %s the sweep is %+v", e.EventName(), got)
			}
		}
	}
}

// TestASweepGoesOnWhereItWas kills engines between a sweep's pages.
func TestASweepGoesOnWhereItWas(t *testing.T) {
	start := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	now := start.Add(2 * time.Hour)
	needs := heard(start, domain.WebhooksRegistered{Subscription: "sub"})
	s := sweptAt(start.Add(time.Minute))
	first, _ := s.Begin(needs, now)
	if want := start.Add(time.Minute - domain.SweepOverlap); !first.Since.Equal(want) || first.Full {
		t.Errorf("it looks at what changed since %v, want %v", first.Since, want)
	}
	apply := func(facts []domain.Event) {
		for _, e := range facts {
			s = s.Apply(e, now)
		}
	}
	apply(s.Start(first))
	if len(s.Start(first)) > 0 {
		t.Error("it begins twice")
	}
	place := domain.SweepPlace{Part: domain.SweepMatters, Since: start, Offset: 500}
	apply(s.Advance(first, domain.SweepPageRead{Listed: 500, Found: 1, Next: place}))
	again, ok := s.Begin(needs, now.Add(time.Hour))
	if !ok || again.Place != place || again.Found != 1 || !again.At.Equal(first.At) {
		t.Errorf("it goes on as %+v", again)
	}
	if facts := s.Advance(domain.CurrentSweep{SweepBegun: domain.SweepBegun{At: now.Add(-time.Hour)}}, domain.SweepPageRead{}); len(facts) > 0 {
		t.Errorf("an engine that was left behind records %+v", facts)
	}
	apply(s.End(again))
	if s.Current != nil || !s.Last.Equal(first.At) || len(s.End(again)) > 0 {
		t.Errorf("in the end the sweeps are %+v", s)
	}
}

// TestAFullSweepLooksAtTheMattersAgain: which of them were listed nobody remembers.
func TestAFullSweepLooksAtTheMattersAgain(t *testing.T) {
	start := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	needs := heard(start)
	full, _ := domain.Sweeps{}.Begin(needs, start)
	s := domain.Sweeps{}.Apply(full.SweepBegun, start)
	s = s.Apply(domain.SweepPageRead{Next: domain.SweepPlace{Part: domain.SweepMatters, Offset: 500}}, start)
	if got, _ := s.Begin(needs, start); got.Place != (domain.SweepPlace{Part: domain.SweepMatters}) {
		t.Errorf("it goes on at %+v", got.Place)
	}
	contacts := domain.SweepPlace{Part: domain.SweepContacts, After: "c1"}
	s = s.Apply(domain.SweepPageRead{Next: contacts}, start)
	if got, _ := s.Begin(needs, start); got.Place != contacts {
		t.Errorf("it goes on at %+v", got.Place)
	}
}

func TestHowCompleteItIs(t *testing.T) {
	start := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	last, now := start.Add(time.Minute), start.Add(2*time.Hour)
	s := sweptAt(last)
	deaf := heard(start)
	deaf.Hears = false
	for _, c := range []struct {
		name   string
		sweeps domain.Sweeps
		needs  domain.SweepNeeds
		want   time.Time
	}{
		{"nothing was looked at", domain.Sweeps{}, heard(start), time.Time{}},
		{"webhooks arrive", s, heard(start), now},
		{"none arrive", s, deaf, last},
		{"Smokeball serves nobody", s, heard(start, domain.ConnectionTroubled{Since: start.Add(90 * time.Minute)}), start.Add(90 * time.Minute)},
		{"it did not, for a while", s, heard(start, domain.ConnectionTroubled{Since: start.Add(30 * time.Minute)}, domain.ConnectionRecovered{}), start.Add(30 * time.Minute)},
		{"no engine was there", s.Apply(domain.SweepRequested{Reason: domain.SweepRestart, Since: start.Add(50 * time.Minute)}, start.Add(time.Hour)), heard(start), start.Add(50 * time.Minute)},
		{"the firm signed in again", s, heard(start, domain.ConnectionAuthorized{Account: domain.Account{ID: sampleAccount}}), last},
	} {
		if got := c.sweeps.AsOf(c.needs, now); !got.Equal(c.want) {
			t.Errorf("%s: complete up to %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAFindIsSaidOnce(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	found := domain.ChangeFound{Resource: sbM, Changed: at}
	h := domain.Hints{}.Apply(found, at)
	if !h.Pending() || !h.Found || len(h.Find(found, at)) > 0 {
		t.Errorf("after a find the hints are %+v", h)
	}
	h = h.Apply(domain.HintsRead{Heard: h.Heard, By: domain.BySweep}, at.Add(time.Second))
	if h.Pending() || len(h.Find(found, at)) > 0 {
		t.Errorf("a list from before the read is news, of %+v", h)
	}
	if len(h.Find(found, at.Add(time.Minute))) != 1 {
		t.Error("a later list is no news")
	}
	h = h.Apply(found, at).Apply(domain.SmokeballWebhookReceived{Type: "matter.updated", Resource: sbM}, at)
	if h.Found {
		t.Error("what a webhook tells of counts as found")
	}
}

// TestASweepCountsItsPages, and one at an interval says that it began with its second page only.
func TestASweepCountsItsPages(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	begun := domain.SweepBegun{Reason: domain.SweepOutage, Account: sampleAccount, At: at}
	page := domain.SweepPageRead{Listed: 500, Found: 2, Next: domain.SweepPlace{Part: domain.SweepMatters, Offset: 500}}
	c := domain.CurrentSweep{SweepBegun: begun}.After(page).After(page)
	if c.Calls != 2 || c.Listed != 1000 || c.Found != 4 || c.Place != page.Next {
		t.Errorf("after two pages it is %+v", c)
	}
	then(t, domain.Sweeps{}.Start(c), begun)
	c.Reason = domain.SweepInterval
	then(t, domain.Sweeps{}.Start(c))
}

// TestASweepThatWasAskedFor is asked for once, until one has begun since.
func TestASweepThatWasAskedFor(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	request := domain.SweepRequested{Reason: domain.SweepRestart}
	then(t, domain.Sweeps{}.Request(request), request)
	asked := domain.Sweeps{}.Apply(request, at)
	then(t, asked.Request(request))
	end := func(begun time.Time) domain.Sweeps {
		return asked.Apply(domain.SweepEnded{SweepBegun: domain.SweepBegun{Account: sampleAccount, At: begun}}, begun.Add(time.Minute))
	}
	if s := end(at.Add(-time.Second)); s.Asked.IsZero() || s.AskedFor != domain.SweepRestart {
		t.Errorf("one that began before leaves %+v", s)
	}
	if s := end(at.Add(time.Second)); !s.Asked.IsZero() || s.AskedFor != "" {
		t.Errorf("one that began after leaves %+v", s)
	}
}

// TestASweepGoesOn although nothing else is due by then.
func TestASweepGoesOn(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	s := sweptAt(at.Add(time.Minute)).Apply(domain.SweepBegun{Reason: domain.SweepInterval, Account: sampleAccount, At: at.Add(10 * time.Minute)}, at.Add(10*time.Minute))
	if c, ok := s.Begin(heard(at), at.Add(11*time.Minute)); !ok || !c.At.Equal(at.Add(10*time.Minute)) {
		t.Errorf("it goes on as %+v, %v", c, ok)
	}
}

// TestAnotherAccountIsSweptFirst: nothing else is due before.
func TestAnotherAccountIsSweptFirst(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	needs := heard(at, domain.ConnectionAuthorized{Account: domain.Account{ID: "another"}})
	if due := sweptAt(at.Add(time.Minute)).Due(needs, at.Add(100*time.Hour)); len(due) != 1 || due[0].Reason != domain.SweepFirst {
		t.Errorf("due are %+v", due)
	}
	if asOf := sweptAt(at.Add(time.Minute)).AsOf(needs, at.Add(2*time.Hour)); !asOf.IsZero() {
		t.Errorf("it is complete up to %s", asOf)
	}
}

// TestNightsDifferByRegionAndFirm: in Australia the night begins at 14 by UTC.
func TestNightsDifferByRegionAndFirm(t *testing.T) {
	at := time.Date(2026, 11, 2, 15, 0, 0, 0, time.UTC)
	night := func(f domain.FirmID, region string) time.Time {
		needs := heard(at)
		needs.Firm, needs.Connection.Region = f, region
		return sweptAt(at).Next(needs, at)
	}
	if next := night("f_oak", "au"); next.Hour() < 14 || next.Hour() >= 20 {
		t.Errorf("in Australia it is swept at %s", next)
	}
	if oak, elm := night("f_oak", "us"), night("f_elm", "us"); oak.Sub(elm).Abs() < time.Minute {
		t.Errorf("one is swept at %s, another at %s", oak, elm)
	}
}
