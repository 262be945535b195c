package engine

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

const (
	wholeYear = 365
	fewDays   = 12 // until the webhooks' keys are rotated
)

var daysLived = flag.Int("days", fewDays, "how many days of the year to live through; 365 take about a minute and a half")

// story is what happens beside the daily matter: at 7 in the morning of a day.
var story = map[int]func(*year){
	0:   func(y *year) { y.connects(); y.registers() },
	10:  (*year).rotates,
	58:  (*year).connects, // in time
	90:  (*year).rotates,
	121: (*year).connects, // three days late
	150: (*year).revoked,
	152: (*year).connects,
	180: func(y *year) { y.outage(10 * time.Hour) },
	190: (*year).unsubscribed,
	208: (*year).connects,
	215: (*year).mute,
	230: (*year).disconnects,
	233: func(y *year) { y.connects(); y.registers() },
	240: (*year).errs,
	270: (*year).rotates,
	290: (*year).connects,
	300: (*year).revoked,
	303: (*year).connects,
	310: func(y *year) { y.outage(20 * time.Hour) },
	364: (*year).connects,
}

// statuses are what the connection is at noon, from a day on.
var statuses = []struct {
	from int
	is   string
}{
	{0, "connected, webhooks active"},
	{53, "reauthorize_soon, webhooks active"},
	{58, "connected, webhooks active"},
	{111, "reauthorize_soon, webhooks active"},
	{118, "reauthorization_required, webhooks lost"},
	{121, "connected, webhooks active"},
	{150, "revoked, webhooks lost"},
	{152, "connected, webhooks active"},
	{180, "error, webhooks active"},
	{181, "connected, webhooks active"},
	{205, "reauthorize_soon, webhooks active"},
	{208, "connected, webhooks active"},
	{216, "connected, webhooks lost"}, // nothing came for a day
	{218, "connected, webhooks active"},
	{230, "disconnected, webhooks none"},
	{233, "connected, webhooks active"},
	{286, "reauthorize_soon, webhooks active"},
	{290, "connected, webhooks active"},
	{300, "revoked, webhooks lost"},
	{303, "connected, webhooks active"},
	{310, "error, webhooks active"},
	{311, "connected, webhooks active"},
	{356, "reauthorize_soon, webhooks active"},
	{363, "reauthorization_required, webhooks lost"},
	{364, "connected, webhooks active"},
}

func wanted(day int) string {
	is := ""
	for _, s := range statuses {
		if s.from <= day {
			is = s.is
		}
	}
	return is
}

func (y *year) rotates() {
	_, err := y.e.smokeball.connections.RotateWebhooks(y.Context(), admin())
	y.must(err)
	y.rotations++
}

func (y *year) revoked() { y.must(y.sim.Revoke(testAccount)) }

func (y *year) disconnects() {
	_, err := y.e.smokeball.connections.Disconnect(y.Context(), admin())
	y.must(err)
}

// mute is a way from Smokeball that is broken for two days and a half.
func (y *year) mute() {
	y.muted.Store(true)
	time.AfterFunc(60*time.Hour, func() { y.muted.Store(false) })
}

// unsubscribed is a subscription that is removed inside Smokeball.
func (y *year) unsubscribed() {
	y.must(y.e.smokeball.client.Unsubscribe(y.Context(), testFirm, y.sim.State().Accounts[0].Subscriptions[0].ID))
}

// errs is an admin who signs in to another account and thinks better of it.
func (y *year) errs() {
	if !y.consent(otherAccount) {
		y.Error("another account is not asked about")
	}
	_, err := y.e.smokeball.connections.DropAccount(y.Context(), admin())
	y.must(err)
}

// TestAYearOfAConnection lives through a year of one firm: consents that end, are renewed
// in time and too late, are revoked in Smokeball; webhook keys that are rotated,
// subscriptions that vanish or fall silent, outages, a disconnect, and a restart each
// month. Each day brings a matter and a document. At the end each is in Smokeball once.
// Without -days it is the first twelve days; 63 are until the first consent is renewed, with a restart
// before and after that.
func TestAYearOfAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYear(t)
		y.days = min(*daysLived, wholeYear)
		for day := range y.days {
			y.lives(day)
		}
		y.rest()
		lost, doubled := y.count()
		syncs := y.wantsAllSynced()
		y.wantsToldOnce()
		t.Logf("%d days, %d syncs, %d sign-ins at Smokeball, %d restarts, %d outages, %d rotations; lost %d, doubled %d",
			y.days, syncs, y.consents, y.restarts, y.outages, y.rotations, lost, doubled)
		if lost+doubled > 0 {
			t.Errorf("%d matters or documents are lost, %d are there twice", lost, doubled)
		}
	})
}

// lives is one day.
func (y *year) lives(day int) {
	y.at(day, 7*time.Hour)
	if happens := story[day]; happens != nil {
		happens(y)
	}
	y.at(day, 9*time.Hour)
	y.announces(day)
	if day%30 == 29 {
		y.restart(10 * time.Minute)
	}
	y.at(day, 12*time.Hour)
	if got, want := y.status(), wanted(day); got != want {
		y.Errorf("on day %d the connection is %s, want %s", day, got, want)
	}
}

// rest waits until nothing is left to do.
func (y *year) rest() {
	y.Helper()
	for range 48 {
		if len(y.e.store.views.Work.Due()) == 0 {
			return
		}
		time.Sleep(time.Hour)
	}
	y.Fatalf("after two days there is still to do: %+v", y.e.store.views.Work.Due())
}

// count counts what is missing in Smokeball and what is there more than once.
func (y *year) count() (lost, doubled int) {
	times := map[string]int{}
	for _, m := range y.sim.State().Accounts[0].Matters {
		times[m.ExternalSystemID]++
	}
	for _, f := range y.sim.State().Accounts[0].Files {
		if f.SHA256 != "" {
			times[fmt.Sprint(f.AdditionalData[domain.FileDocumentKey])]++
		}
	}
	for day := range y.days {
		for _, id := range []string{string(matterOf(day).ID), string(documentOf(day).ID)} {
			if n := times[id]; n == 0 {
				lost++
			} else if n > 1 {
				doubled++
			}
		}
	}
	return lost, doubled
}

func (y *year) wantsAllSynced() (syncs int) {
	y.Helper()
	for day := range y.days {
		page, err := y.e.store.views.Syncs.History(testFirm, projections.HistoryQuery{Matter: matterOf(day).ID, Limit: 100})
		y.must(err)
		syncs += len(page.Entries)
		for _, e := range page.Entries {
			if e.Status != domain.Succeeded {
				y.Errorf("the sync of day %d is %s: %+v", day, e.Status, e.Error)
			}
		}
	}
	return syncs
}

// wantsToldOnce requires CaseHug to have heard of each change of the connection once.
func (y *year) wantsToldOnce() {
	y.Helper()
	facts := 0
	for env, err := range y.e.store.ledger.Read(y.Context(), domain.ConnectionStream(testFirm)) {
		y.must(err)
		switch env.Event.(type) {
		case domain.ConnectionAuthorized, domain.ReauthorizationSoon, domain.ReauthorizationRequired, domain.ConnectionLost, domain.Disconnected,
			domain.ConnectionTroubled, domain.ConnectionRecovered:
			facts++
		}
	}
	if heard := y.heard("connection.changed"); heard != facts || (y.days == wholeYear && facts != y.consents+5+2+2+1+2*y.outages) {
		y.Errorf("the connection changed %d times, CaseHug heard of %d", facts, heard)
	}
}
