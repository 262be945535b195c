package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestMissedMatter tells that a matter which Smokeball accepted and did not show is in
// doubt again: what was sent is kept to look for it by, and nothing is created before
// the doubt is settled.
func TestMissedMatter(t *testing.T) {
	missed := domain.MatterMissed{Sync: syncFor(2), Matter: sbM, Request: "r-1"}
	m := given[domain.Matter](running(accepted(2), missed)...)
	if s := m.Smokeball; s.ID != "" || s.Confirmed || s.Intent == nil || s.Intent.Request != "r-1" || s.Sent.Number != sent().Number {
		t.Errorf("Smokeball has %+v", s)
	}
	facts, err := m.StartCreation(turn, "r-2", "", sent())
	thenError(t, facts, err, domain.ErrTaken)

	late := given[domain.Matter](running(accepted(2), missed, domain.SyncFailed{Sync: syncFor(2)})...)
	then(t, late.Refuse("r-1", "no", sbM)) // it is looked for before anything is believed
}

// TestMissedFile tells the same of a document's file.
func TestMissedFile(t *testing.T) {
	m := there().Apply(domain.FileMissed{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"}, start)
	d, _ := m.Document(docA)
	if d.File != "" || d.Uploaded || d.Intent == nil || d.Intent.Request != "r-f" {
		t.Errorf("the document is %+v", d)
	}
	facts, err := m.StartFile(turn, docA, "retainer.pdf", "r-g")
	thenError(t, facts, err, domain.ErrTaken)
}

// TestUpload tells which bytes count as the document's.
func TestUpload(t *testing.T) {
	announced := running(approved(3, retainer()), domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"})
	uploaded := domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF}
	facts, err := given[domain.Matter](announced...).Upload(turn, 1, uploaded)
	then(t, must(t, facts, err), uploaded)

	newer := retainer()
	newer.SHA256 = "bb22"
	facts, err = given[domain.Matter](and(announced, approved(4, newer))...).Upload(turn, 1, uploaded)
	thenError(t, facts, err, domain.ErrTaken)

	refused := domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-f"}
	facts, err = given[domain.Matter](and(announced, refused)...).Upload(turn, 1, uploaded)
	then(t, must(t, facts, err))

	facts, err = given[domain.Matter](and(announced, started(2, 2))...).Upload(turn, 1, uploaded)
	thenError(t, facts, err, domain.ErrNotCurrent)
}

// TestShowFile tells that the old bytes do not confirm the new ones.
func TestShowFile(t *testing.T) {
	announced := running(approved(3, retainer()), domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"})
	uploaded := domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF}
	shown := domain.DocumentConfirmed{Sync: syncFor(2), Document: docA, File: sbF, By: domain.ByRead}
	newer := retainer()
	newer.SHA256 = "bb22"
	facts, err := given[domain.Matter](and(announced, uploaded)...).ShowFile(turn, shown)
	then(t, must(t, facts, err), shown)
	facts, err = given[domain.Matter](and(announced, uploaded, approved(4, newer))...).ShowFile(turn, shown)
	then(t, must(t, facts, err))
}

// TestTroubled tells since when only passing faults hold a sync up: waiting for somebody
// is not held against Smokeball.
func TestTroubled(t *testing.T) {
	later := start.Add(time.Hour)
	fault := deferred(2, domain.CodeSmokeballUnavailable, later)
	wait := deferred(2, domain.CodeNotConnected, time.Time{})
	for name, c := range map[string]struct {
		given []domain.Event
		want  time.Time
	}{
		"no fault yet":          {running(), time.Time{}},
		"the first fault":       {running(fault), start.Add(3 * time.Second)},
		"the second fault":      {running(fault, started(2, 2), fault), start.Add(3 * time.Second)},
		"waiting for somebody":  {running(fault, started(2, 2), wait), time.Time{}},
		"a fault after that":    {running(wait, started(2, 2), fault), start.Add(5 * time.Second)},
		"somebody asked for it": {running(fault, domain.SyncReleased{Sync: syncFor(2)}), time.Time{}},
	} {
		if got := given[domain.Matter](c.given...).Current.Troubled; !got.Equal(c.want) {
			t.Errorf("%s: troubled since %s, want %s", name, got, c.want)
		}
	}
}

// TestAnotherContactTakesThePlace tells that a contact which is made again is awaited
// instead of the old one.
func TestAnotherContactTakesThePlace(t *testing.T) {
	resolved := func(c domain.ClientID, id domain.SmokeballID, key domain.ContactKey) domain.Event {
		return domain.ContactResolved{Sync: syncFor(2), Client: c, Contact: id, Key: key, Pending: true}
	}
	m := given[domain.Matter](running(resolved("c_1", "sb-1", "k-1"), resolved("c_2", "sb-2", "k-2"), resolved("c_1", "sb-3", "k-1"))...)
	if got := m.Current.Contacts; len(got) != 2 || got[0].Contact != "sb-2" || got[1].Contact != "sb-3" {
		t.Errorf("awaited are %+v", got)
	}
}

// TestBytesThatWereApprovedAgain: the same ones, told by their digest, count as sent; others go first.
func TestBytesThatWereApprovedAgain(t *testing.T) {
	announced := running(approved(3, retainer()), domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-f"})
	uploaded := domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF, SHA256: retainer().SHA256}
	facts, err := given[domain.Matter](and(announced, approved(4, retainer()))...).Upload(turn, 1, uploaded)
	then(t, must(t, facts, err), uploaded)
	nameless := retainer()
	nameless.SHA256, uploaded.SHA256 = "", ""
	facts, err = given[domain.Matter](and(announced, approved(4, nameless))...).Upload(turn, 1, uploaded)
	thenError(t, facts, err, domain.ErrTaken)
}

// TestHowMuchOfATimeOfFaultsCounts: not what passed since the sync could have gone on.
func TestHowMuchOfATimeOfFaultsCounts(t *testing.T) {
	fault := deferred(2, domain.CodeSmokeballUnavailable, start.Add(3*time.Second)) // recorded then, and tried again a second later
	s := given[domain.Matter](running(fault, started(2, 2), deferred(2, domain.CodeSmokeballUnavailable, start.Add(time.Hour)))...).Current
	if !s.Troubled.Equal(start.Add(4*time.Second)) || s.Faults != 2 {
		t.Errorf("%d faults since %s", s.Faults, s.Troubled)
	}
}

// TestWhyASyncHadNothingToSend: a contact that differs comes before other warnings.
func TestWhyASyncHadNothingToSend(t *testing.T) {
	warned := func(c domain.WarningCode) domain.Event {
		return domain.SyncWarned{Sync: syncFor(4), Warning: domain.Warning{Code: c}}
	}
	for code, want := range map[domain.WarningCode]domain.SkipReason{domain.WarnContactDiffers: domain.SkippedDiffers, domain.WarnNumberKept: domain.SkippedWarned} {
		m := given[domain.Matter](running(accepted(2), confirmed(2), succeeded(2), asked(4, domain.TriggerManual), started(4, 1), shownMatter(asSent), warned(code))...)
		facts, err := m.Finish(domain.Attempt{Sync: syncFor(4), Number: 1}, m)
		then(t, must(t, facts, err), domain.SyncSkipped{Sync: syncFor(4), Reason: want})
	}
}

// TestIdentify tells that a client keeps the key under which its contact was first
// looked for, until it turns out to be another contact.
func TestIdentify(t *testing.T) {
	first := domain.ClientLinked{Matter: matterA, Key: "k-1"}
	then(t, given[domain.Client]().Identify(matterA, "", "k-1"), first)
	then(t, given[domain.Client](first).Identify("m_2", "", "k-2")) // another matter was quicker
	then(t, given[domain.Client](first).Identify("m_2", "k-1", "k-1"))
	then(t, given[domain.Client](first).Identify("m_2", "k-1", "k-2"), domain.ClientLinked{Matter: "m_2", Key: "k-2"}) // it is another contact by now
	then(t, given[domain.Client](first).Link(domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "k-1"}),
		domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "k-1"})
}

// TestAskedFor tells that a contact in doubt knows what it was asked for.
func TestAskedFor(t *testing.T) {
	draft := maria().ContactDraft()
	intent := domain.ContactCreationStarted{Client: clientA, Request: "r-1", Sent: draft}
	facts, err := given[domain.Contact]().Start(intent)
	then(t, must(t, facts, err), intent)
	if c := given[domain.Contact](intent); c.Asked != intent || c.Intent == nil {
		t.Errorf("the contact is %+v", c)
	}
}
