package domain_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// webhook is a webhook about a matter, from a person or from a call of ours.
func webhook(n int, own bool) domain.Event {
	return domain.SmokeballWebhookReceived{Origin: ref(n), Type: "matter.updated", Resource: sbM, Own: own}
}

// TestHints tells when a resource has to be read.
func TestHints(t *testing.T) {
	read := func(heard int) domain.Event { return domain.HintsRead{Heard: heard, By: domain.ByWebhook} }
	for _, c := range []struct {
		name    string
		given   []domain.Event
		pending bool
	}{
		{"nothing was told", nil, false},
		{"a person's change", list(webhook(1, false)), true},
		{"a change of ours", list(webhook(1, true)), false},
		{"one that was read", list(webhook(1, false), read(1)), false},
		{"one that came while the read was under way", list(webhook(1, false), webhook(2, false), read(1)), true},
		{"one of ours that came while the read was under way", list(webhook(1, false), webhook(2, true), read(1)), true},
		{"one of ours after the read", list(webhook(1, false), read(1), webhook(2, true)), false},
		{"the next one", list(webhook(1, false), read(1), webhook(2, false)), true},
		{"of a file", list(domain.SmokeballWebhookReceived{Origin: ref(1), Type: "files.updated", Resource: sbF}), false},
		{"of a contact", list(domain.SmokeballWebhookReceived{Origin: ref(1), Type: "contact.updated", Resource: sbC}), true},
		{"of a contact, ours", list(domain.SmokeballWebhookReceived{Origin: ref(1), Type: "contact.updated", Resource: sbC, Own: true}), false},
	} {
		if h := given[domain.Hints](c.given...); h.Pending() != c.pending {
			t.Errorf("%s: to be read is %v, want %v (%+v)", c.name, h.Pending(), c.pending, h)
		}
	}
	h := given[domain.Hints](webhook(1, false), webhook(2, false))
	if !h.Since.Equal(start) || !h.Last.Equal(start.Add(time.Second)) || h.Newest != ref(2) {
		t.Errorf("the hints are %+v", h)
	}
}

// shownMatter is a read that shows the matter as it was sent, but for a change.
func shownMatter(change func(*domain.MatterValues)) domain.MatterSeen {
	v := sent().Values()
	change(&v)
	return domain.MatterSeen{Matter: sbM, Values: v, By: domain.ByWebhook}
}

func asSent(*domain.MatterValues) {}

func withStatus(status string) func(*domain.MatterValues) {
	return func(v *domain.MatterValues) { v.Status = status }
}

func withName(name string) func(*domain.MatterValues) {
	return func(v *domain.MatterValues) { v.Description = name }
}

func asChanged(e domain.MatterSeen, fields ...string) domain.Event {
	e.Changed = fields
	return e
}

// TestSeeMatter tells what a read of a matter means: what others changed CaseHug is told,
// what we wrote it is not.
func TestSeeMatter(t *testing.T) {
	renamed := "Rivera v. Apex Freight, Inc."
	change := func() domain.Event {
		next := sent()
		next.Description = renamed
		return domain.MatterChangeAccepted{Sync: syncFor(2), Matter: sbM, Request: "r-patch", Sent: next, Change: domain.MatterChange{Description: &renamed}}
	}
	linked := domain.MatterLinked{Sync: syncFor(2), Matter: sbM, How: "number", Known: sent()}
	seen := func(change func(*domain.MatterValues)) domain.Event { return shownMatter(change) }
	for _, c := range []struct {
		name  string
		given []domain.Event
		read  func(*domain.MatterValues)
		told  []string
		quiet bool // nothing is recorded
	}{
		{name: "as we made it", given: running(accepted(2), confirmed(2)), read: asSent},
		{name: "a person closed it", given: running(accepted(2), confirmed(2)), read: withStatus("Closed"), told: []string{"status"}},
		{name: "as it was seen", given: running(accepted(2), confirmed(2), seen(withStatus("Closed"))), read: withStatus("Closed"), quiet: true},
		{name: "a person opened it again", given: running(accepted(2), confirmed(2), seen(withStatus("Closed"))), read: asSent, told: []string{"status"}},
		{name: "a person deleted it", given: running(accepted(2), confirmed(2)), read: withStatus("Deleted"), told: []string{"deleted"}},
		{name: "a person restored it", given: running(accepted(2), confirmed(2), seen(withStatus("Deleted"))), read: asSent, told: []string{"status", "restored"}},
		{name: "a matter that was there, at the first look", given: running(linked), read: withStatus("Pending")},
		{name: "a change of it later", given: running(linked, seen(withStatus("Pending"))), read: withStatus("Closed"), told: []string{"status"}},
		{name: "our change, before a webhook confirmed it", given: running(accepted(2), confirmed(2), seen(asSent), change()), read: withName(renamed)},
		{name: "the matter without our change, which is under way", given: running(accepted(2), confirmed(2), seen(asSent), change()), read: asSent, quiet: true},
		{name: "our change, confirmed and then read", given: running(accepted(2), confirmed(2), seen(asSent), change(), confirmed(2)), read: withName(renamed), quiet: true},
		{name: "a person's change back after ours", given: running(accepted(2), confirmed(2), seen(asSent), domain.MatterUpdated{Origin: ref(3), Matter: retitled(2, renamed)}, change(), confirmed(2)), read: asSent, told: []string{"title"}},
		{name: "a person's change that overtook the confirmation of ours",
			given: running(accepted(2), confirmed(2), seen(asSent), change(), seen(withName("Another")), confirmed(2)), read: withName("Another"), quiet: true},
		{name: "what CaseHug has by now", given: running(accepted(2), confirmed(2), seen(asSent), domain.MatterUpdated{Origin: ref(3), Matter: retitled(2, renamed)}), read: withName(renamed)},
		{name: "what Smokeball filled in", given: running(accepted(2), confirmed(2)), read: func(v *domain.MatterValues) { v.Responsible = "lee" }},
		{name: "what a person filled in later", given: running(accepted(2), confirmed(2), seen(asSent)), read: func(v *domain.MatterValues) { v.Responsible = "lee" }, told: []string{"responsible"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, e := given[domain.Matter](c.given...), shownMatter(c.read)
			facts, err := m.See(m.Smokeball.There.Moves, e)
			if err != nil {
				t.Fatal(err)
			}
			want := []domain.Event{asChanged(e, c.told...)}
			if c.quiet {
				want = nil
			}
			then(t, facts, want...)
		})
	}
}

func retitled(version int, title string) domain.MatterData {
	m := rivera(version)
	m.Title = title
	return m
}

// TestAReadThatIsTooOld tells that a read which began before something of the matter was
// recorded is made again, and that one of a matter which is no longer linked means nothing.
func TestAReadThatIsTooOld(t *testing.T) {
	before := given[domain.Matter](running(accepted(2))...)
	now := before.Apply(confirmed(2), start.Add(time.Hour))
	facts, err := now.See(before.Smokeball.There.Moves, shownMatter(asSent))
	if !errors.Is(err, domain.ErrOutdated) || len(facts) != 0 {
		t.Errorf("it decided %v, %v", facts, err)
	}
	other := shownMatter(asSent)
	other.Matter = sbF
	facts, err = now.See(now.Smokeball.There.Moves, other)
	thenError(t, facts, err, nil)
}

// TestThere tells what Smokeball is known to have after reads and confirmations.
func TestThere(t *testing.T) {
	m := given[domain.Matter](running(accepted(2))...)
	if m.Smokeball.There.Values != nil {
		t.Errorf("an accepted matter is known to be %+v", m.Smokeball.There.Values)
	}
	m = m.Apply(confirmed(2), start.Add(time.Hour))
	if v := m.Smokeball.There.Values; v == nil || v.Status != sent().Status {
		t.Errorf("a confirmed matter is known to be %+v", v)
	}
	m = m.Apply(domain.MatterUnlinked{Sync: syncFor(2), Matter: sbM, Reason: domain.UnlinkedGone}, start.Add(2*time.Hour))
	if m.Smokeball.There.Values != nil {
		t.Errorf("of an unlinked matter there is known %+v", m.Smokeball.There.Values)
	}
	linked := given[domain.Matter](running(domain.MatterLinked{Sync: syncFor(2), Matter: sbM, Known: sent()}, changeAccepted("r-patch"), confirmed(2))...)
	if linked.Smokeball.There.Values != nil {
		t.Errorf("a matter that was there, and not read, is known to be %+v", linked.Smokeball.There.Values)
	}
}

// TestNothingToSendIsNotTheSame tells that a matter which a read has shown to be otherwise is
// not said to be the same.
func TestNothingToSendIsNotTheSame(t *testing.T) {
	for _, c := range []struct {
		seen func(*domain.MatterValues)
		want domain.SkipReason
	}{
		{asSent, domain.SkippedSame},
		{withStatus("Closed"), domain.SkippedDiffers},
		{func(v *domain.MatterValues) { v.Number = "" }, domain.SkippedDiffers},
		{func(v *domain.MatterValues) { v.Responsible = "lee" }, domain.SkippedSame}, // CaseHug says nothing of it
	} {
		m := given[domain.Matter](running(accepted(2), confirmed(2), succeeded(2), asked(4, domain.TriggerManual), started(4, 1), shownMatter(c.seen))...)
		facts, err := m.Finish(domain.Attempt{Sync: syncFor(4), Number: 1}, m)
		then(t, must(t, facts, err), domain.SyncSkipped{Sync: syncFor(4), Reason: c.want})
	}
}

// TestSeeClient tells what a read of a client's contact means.
func TestSeeClient(t *testing.T) {
	told := maria().ContactDraft()
	read := func(ticks int64, change func(*domain.ContactValues)) domain.ClientSeen {
		v := domain.ContactValues{FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"}
		if change != nil {
			change(&v)
		}
		return domain.ClientSeen{Client: clientA, Contact: sbC, Values: v, Ticks: ticks, By: domain.ByWebhook, Writes: 1}
	}
	moved := func(v *domain.ContactValues) { v.Phone = "+1 312 555 0199" }
	gone := func(v *domain.ContactValues) { v.Deleted = true }
	linked := domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "key-1"}
	known := list(clientUpdated(1, 1), linked)
	newer := maria()
	newer.Version, newer.Phone = 2, "+1 312 555 0199"
	for _, c := range []struct {
		name  string
		given []domain.Event
		made  bool
		read  domain.ClientSeen
		told  []string
		quiet bool
	}{
		{name: "one that was there, at the first look", given: known, read: read(10, moved)},
		{name: "one that we made, changed before the first look", given: known, made: true, read: read(10, moved), told: []string{"phone"}},
		{name: "as it was seen", given: append(known, read(10, nil)), read: read(11, nil), quiet: true},
		{name: "a person changed it", given: append(known, read(10, nil)), read: read(11, moved), told: []string{"phone"}},
		{name: "older than what is known", given: append(known, read(10, nil)), read: read(9, moved), quiet: true},
		{name: "as new as what is known, and otherwise", given: append(known, read(10, nil)), read: read(10, moved), told: []string{"phone"}},
		{name: "a person put back what we wrote", given: append(known, read(10, moved)), read: read(11, nil), told: []string{"phone"}},
		{name: "deleted", given: append(known, read(10, nil)), read: read(11, gone), told: []string{"deleted"}},
		{name: "restored", given: append(known, read(10, gone)), read: read(11, nil), told: []string{"restored"}},
		{name: "what CaseHug has by now", given: append(known, read(10, nil), domain.ClientUpdated{Origin: ref(2), Client: newer}), read: read(11, moved)},
		{name: "of another contact", given: list(clientUpdated(1, 1), domain.ClientLinked{Matter: matterA, Contact: sbF, Key: "key-1"}), read: read(10, nil), quiet: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.read
			want.Changed = c.told
			if len(c.told) > 0 {
				want.Matters = []domain.MatterID{matterA}
			}
			facts := given[domain.Client](c.given...).See(c.made, []domain.ContactDraft{told}, c.read)
			if c.quiet {
				then(t, facts)
				return
			}
			then(t, facts, want)
		})
	}
	unwritten := read(10, nil) // no write of ours is known
	unwritten.Writes = 0
	then(t, given[domain.Client](known...).See(true, nil, unwritten), unwritten)
	changed := read(11, moved)
	changed.Writes, changed.Changed, changed.Matters = 0, []string{"phone"}, []domain.MatterID{matterA}
	then(t, given[domain.Client](append(known, unwritten)...).See(true, nil, changed), changed)
	newest := told
	newest.Phone = "+1 312 555 0199"
	writes, seen := []domain.ContactDraft{told, newest}, read(11, moved)
	seen.Writes = 2
	then(t, given[domain.Client](append(known, read(10, nil))...).See(false, writes, seen), seen)
	late := read(10, nil) // a read that did not show the write yet
	late.Writes, late.Waits = 2, true
	then(t, given[domain.Client](append(known, late)...).See(false, writes, seen), seen)
	back, told2 := read(12, moved), read(11, func(v *domain.ContactValues) { v.Phone = "+1 312 555 0100" })
	back.Writes, told2.Writes = 2, 2
	want := back
	want.Changed, want.Matters = []string{"phone"}, []domain.MatterID{matterA}
	then(t, given[domain.Client](append(known, seen, told2)...).See(false, writes, back), want) // people undid what people did
}

// What a write of ours showed is known of the fields that were written only: the others are known
// since they were read.
func TestAConfirmedChangeShowsOnlyWhatItWrote(t *testing.T) {
	name := "Our name"
	m := given[domain.Matter](and(running(typed(), accepted(2), confirmed(2), domain.MatterSeen{Matter: sbM, Values: shownMatter(asSent).Values, By: domain.ByWebhook, ReadAt: sampleTime}),
		domain.MatterChangeAccepted{Sync: syncFor(2), Matter: sbM, Change: domain.MatterChange{Description: &name}, Sent: domain.MatterDraft{Description: name, Number: "CH-2026-0142", Status: "Open"}},
		domain.MatterConfirmed{Sync: syncFor(2), Matter: sbM, By: domain.ByRead})...)
	there := m.Smokeball.There
	if w := there.Of(domain.FieldTitle); w.By != domain.ByRead || w.At.Equal(sampleTime) {
		t.Errorf("the name is known by %+v", w)
	}
	if w := there.Of(domain.FieldNumber); w.By != domain.ByWebhook || !w.At.Equal(sampleTime) {
		t.Errorf("the number is known by %+v, want what the read showed when it began", w)
	}
}

// A matter that Smokeball took in was read before it was confirmed, and people changed it: that they
// put back what we had sent is their change, too.
func TestPeoplePutBackWhatWasSentBeforeItWasConfirmed(t *testing.T) {
	m := given[domain.Matter](running(typed(), accepted(2))...)
	for _, status := range []string{"Closed", "Open", "Closed"} {
		facts, err := m.See(m.Smokeball.There.Moves, shownMatter(withStatus(status)))
		if err != nil || len(facts) != 1 || !slices.Equal(facts[0].(domain.MatterSeen).Changed, []string{"status"}) {
			t.Fatalf("a read that shows %s yields %+v, %v", status, facts, err)
		}
		m = m.Apply(facts[0], sampleTime)
	}
}

// TestAListShowsWhatNoReadHasShown: what others changed since the last read, and not what we wrote.
func TestAListShowsWhatNoReadHasShown(t *testing.T) {
	shown := domain.ContactValues{FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"}
	seen := domain.ClientSeen{Client: clientA, Contact: sbC, Values: shown, Writes: 1, ReadAt: sampleTime}
	known := list(clientUpdated(1, 1), domain.ClientLinked{Matter: matterA, Contact: sbC, Key: "key-1"})
	first, second := maria().ContactDraft(), maria().ContactDraft()
	second.Phone = "+1 312 555 0199"
	moved, written := shown, shown
	moved.Phone, written.Phone = "+1 312 555 0100", second.Phone
	for name, c := range map[string]struct {
		given  []domain.Event
		listed time.Time
		now    domain.ContactValues
		want   bool
	}{
		"no read":                       {known, sampleTime.Add(time.Second), moved, false},
		"changed since the read":        {and(known, seen), sampleTime.Add(time.Second), moved, true},
		"the list is older":             {and(known, seen), sampleTime.Add(-time.Second), moved, false},
		"as it was read":                {and(known, seen), sampleTime.Add(time.Second), shown, false},
		"what we wrote after that read": {and(known, seen), sampleTime.Add(time.Second), written, false},
	} {
		if got := given[domain.Client](c.given...).IsChanged(c.listed, []domain.ContactDraft{first, second}, c.now); got != c.want {
			t.Errorf("%s: changed is %v", name, got)
		}
	}
}

// TestFieldsOfAContact by CaseHug's names; phone numbers and addresses may be written otherwise.
func TestFieldsOfAContact(t *testing.T) {
	v := domain.ContactValues{FirstName: "Maria", LastName: "Rivera", CompanyName: "Rivera LLC", Email: "maria@example.com", Phone: "+1 312 555 0142"}
	for field, c := range map[string]struct{ is, same, other string }{
		domain.FieldFirstName: {v.FirstName, "Maria", "maria"}, domain.FieldLastName: {v.LastName, "Rivera", "Maria"}, domain.FieldCompanyName: {v.CompanyName, "Rivera LLC", "Rivera"},
		domain.FieldEmail: {v.Email, "MARIA@example.com", "m@example.com"}, domain.FieldPhone: {v.Phone, "(312) 555-0142", "(312) 555-0143"},
	} {
		if v.Field(field) != c.is || !v.Same(field, c.same) || v.Same(field, c.other) {
			t.Errorf("%s is %q, the same as %q: %v, as %q: %v", field, v.Field(field), c.same, v.Same(field, c.same), c.other, v.Same(field, c.other))
		}
	}
	if v.Field("title") != "" || v.Same("title", "") {
		t.Error("a contact has a title")
	}
}

// TestWhenOthersChangedAMatter is kept of what others did, and of the first look at one that was there.
func TestWhenOthersChangedAMatter(t *testing.T) {
	changed := func(read func(*domain.MatterValues)) domain.MatterSeen {
		e := shownMatter(read)
		e.ChangedAt = sampleTime
		return e
	}
	for name, c := range map[string]struct {
		given []domain.Event
		read  domain.MatterSeen
		kept  bool
	}{
		"a person closed it":              {running(accepted(2), confirmed(2)), changed(withStatus("Closed")), true},
		"as we made it":                   {running(accepted(2), confirmed(2)), changed(asSent), false},
		"the first look at one of theirs": {running(domain.MatterLinked{Sync: syncFor(2), Matter: sbM, Known: sent()}), changed(withStatus("Closed")), true},
	} {
		m := given[domain.Matter](c.given...)
		facts, err := m.See(m.Smokeball.There.Moves, c.read)
		if err != nil || len(facts) != 1 || facts[0].(domain.MatterSeen).ChangedAt.IsZero() == c.kept {
			t.Errorf("%s: decided %+v, %v", name, facts, err)
		}
	}
}

// TestAListShowsWhatNoReadOfAMatterHasShown: what others changed since anything of it was shown.
func TestAListShowsWhatNoReadOfAMatterHasShown(t *testing.T) {
	name := "Our name"
	read := shownMatter(asSent)
	read.ReadAt = sampleTime
	known := running(accepted(2), confirmed(2), read)
	wrote := and(known, domain.MatterChangeAccepted{Sync: syncFor(2), Matter: sbM, Change: domain.MatterChange{Description: &name}, Sent: renamedDraft(name)}, confirmed(2))
	closed := sent().Values()
	closed.Status = "Closed"
	latest := start.Add(time.Duration(len(wrote)-1) * time.Second) // when the name was confirmed
	if !latest.Before(sampleTime) {
		read.ReadAt = start
		known = running(accepted(2), confirmed(2), read)
	}
	for what, c := range map[string]struct {
		given  []domain.Event
		listed time.Time
		now    domain.MatterValues
		want   bool
	}{
		"not read":               {running(domain.MatterLinked{Sync: syncFor(2), Matter: sbM, Known: sent()}), sampleTime.Add(time.Hour), closed, false},
		"changed since the read": {known, sampleTime.Add(time.Hour), closed, true},
		"as it was":              {known, sampleTime.Add(time.Hour), sent().Values(), false},
		"the list is older":      {known, start.Add(-time.Hour), closed, false},
	} {
		if got := given[domain.Matter](c.given...).IsChanged(c.listed, c.now); got != c.want {
			t.Errorf("%s: changed is %v", what, got)
		}
	}
}

// TestAListFromBeforeAWriteWasShownIsOld, whenever the matter was read.
func TestAListFromBeforeAWriteWasShownIsOld(t *testing.T) {
	name := "Our name"
	m := given[domain.Matter](running(accepted(2), confirmed(2), shownMatter(asSent),
		domain.MatterChangeAccepted{Sync: syncFor(2), Matter: sbM, Change: domain.MatterChange{Description: &name}, Sent: renamedDraft(name)})...)
	m = m.Apply(confirmed(2), start.Add(time.Hour))
	closed := renamedDraft(name).Values()
	closed.Status = "Closed"
	if m.IsChanged(start.Add(30*time.Minute), closed) {
		t.Error("a list from before it counts")
	}
	if !m.IsChanged(start.Add(2*time.Hour), closed) {
		t.Error("a list from after it does not count")
	}
}

// TestAMatterThatIsGoneIsNotSeenThere: when Smokeball last showed it stays, and of one that it does not show
// the last values are known.
func TestAMatterThatIsGoneIsNotSeenThere(t *testing.T) {
	m := given[domain.Matter](running(accepted(2), confirmed(2), shownMatter(asSent))...)
	seen := m.Smokeball.Seen
	if gone := m.Apply(shownMatter(withStatus("Deleted")), start.Add(time.Hour)); !gone.Smokeball.Seen.Equal(seen) {
		t.Errorf("it was seen at %s, want %s", gone.Smokeball.Seen, seen)
	}
	if closed := m.Apply(shownMatter(withStatus("Closed")), start.Add(time.Hour)); !closed.Smokeball.Seen.Equal(start.Add(time.Hour)) {
		t.Errorf("closed it was seen at %s", closed.Smokeball.Seen)
	}
	was := sent().Values()
	want := was
	want.Status = "Deleted"
	if got := domain.DeletedMatter(&was); !slices.Equal(got.ClientIDs, want.ClientIDs) || got.Status != "Deleted" || got.Description != was.Description {
		t.Errorf("of a deleted matter %+v is known", got)
	}
	if got := domain.DeletedMatter(nil); got.Status != "Deleted" || got.Description != "" {
		t.Errorf("of a matter that was never read %+v is known", got)
	}
}

// TestNothingIsKnownToDiffer of a matter that was not read, or not seen yet.
func TestNothingIsKnownToDiffer(t *testing.T) {
	for name, c := range map[string]struct {
		given []domain.Event
		want  []string
	}{
		"not read":       {running(domain.MatterLinked{Sync: syncFor(2), Matter: sbM, Known: sent()}), nil},
		"not shown yet":  {running(accepted(2), shownMatter(withStatus("Closed"))), nil},
		"read and shown": {running(accepted(2), confirmed(2), shownMatter(withStatus("Closed"))), []string{"status"}},
	} {
		if got := given[domain.Matter](c.given...).Differing(); !slices.Equal(got, c.want) {
			t.Errorf("%s: differing are %q", name, got)
		}
	}
}

// TestAReadThatShowsAllLeavesNothingOpen: no webhook has come since.
func TestAReadThatShowsAllLeavesNothingOpen(t *testing.T) {
	h := given[domain.Hints](domain.SmokeballWebhookReceived{Origin: ref(1), Type: "matter.updated", Resource: sbM}, domain.HintsRead{Heard: 1})
	if h.Pending() || !h.Since.IsZero() {
		t.Errorf("the hints are %+v", h)
	}
	late := given[domain.Hints](domain.SmokeballWebhookReceived{Origin: ref(1), Type: "matter.updated", Resource: sbM}, domain.HintsRead{})
	if !late.Pending() || !late.Since.Equal(start.Add(time.Second)) {
		t.Errorf("of a webhook that came meanwhile the hints are %+v", late)
	}
}

// TestAMatterThatWasGoneAndStillIs: that it was deleted, and is cancelled by now, CaseHug is not told.
func TestAMatterThatWasGoneAndStillIs(t *testing.T) {
	m := given[domain.Matter](running(accepted(2), confirmed(2), shownMatter(withStatus("Deleted")))...)
	facts, err := m.See(m.Smokeball.There.Moves, shownMatter(withStatus("Cancelled")))
	if err != nil || len(facts) != 1 || len(facts[0].(domain.MatterSeen).Changed) > 0 {
		t.Errorf("decided\n%s%v", told(facts), err)
	}
}
