package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// choose is the default settings with a change.
func choose(change func(*domain.Settings)) domain.Settings {
	s := domain.DefaultSettings
	change(&s)
	return s
}

var (
	onCreated  = choose(func(s *domain.Settings) { s.OnMatterCreated = true })
	noDocument = choose(func(s *domain.Settings) { s.OnDocumentApproved = false })
	noUpdates  = choose(func(s *domain.Settings) { s.OnMatterUpdated = false })
)

func titled(version int, title string) domain.MatterData {
	d := rivera(version)
	d.Title = title
	return d
}

// uncounted is an update by a sender that does not count versions.
func uncounted(n int, title string) domain.CaseHugEvent {
	e := updatedEvent(n, 0)
	e.Matter.Title = title
	return e
}

// intake is a story of one event of CaseHug.
type intake struct {
	name     string
	given    []domain.Event
	settings domain.Settings
	when     domain.CaseHugEvent
	then     []domain.Event
}

// takeIn checks each story, and that its event delivered again yields nothing.
func takeIn(t *testing.T, stories []intake) {
	t.Helper()
	for _, c := range stories {
		t.Run(c.name, func(t *testing.T) {
			then(t, given[domain.Matter](c.given...).TakeIn(c.when, c.settings), c.then...)
			again := given[domain.Matter](and(c.given, c.then...)...)
			then(t, again.TakeIn(c.when, c.settings))
		})
	}
}

// TestTakeInMatters tells what CaseHug's word about a matter means.
func TestTakeInMatters(t *testing.T) {
	takeIn(t, []intake{
		{"a new matter is recorded and not synced by default", nil, domain.DefaultSettings, createdEvent(1, 1), list(created(1))},
		{"a new matter is synced where the firm wants it", nil, onCreated, createdEvent(1, 1),
			list(created(1), asked(1, domain.TriggerMatterCreated))},
		{"creation asks once", list(created(1), asked(1, domain.TriggerMatterCreated)), onCreated, createdEvent(2, 1),
			list(domain.MatterOutdated{Origin: ref(2), Version: 1, Current: 1})},
		{"creation asks once, also after that sync ended", list(created(1), asked(1, domain.TriggerMatterCreated), started(1, 1),
			domain.SyncFailed{Sync: syncFor(1)}), onCreated, createdEvent(2, 1), list(domain.MatterOutdated{Origin: ref(2), Version: 1, Current: 1})},
		{"an update that overtook the creation does not hide it", list(updated(1, 2)), onCreated, createdEvent(2, 1),
			list(domain.MatterOutdated{Origin: ref(2), Version: 1, Current: 2}, asked(2, domain.TriggerMatterCreated))},
		{"a mention by a document does not hide the creation", list(created(1), approved(1, retainer())), onCreated, createdEvent(2, 1),
			list(domain.MatterOutdated{Origin: ref(2), Version: 1, Current: 1}, asked(2, domain.TriggerMatterCreated))},

		{"the same event again is nothing", list(created(1)), onCreated, createdEvent(1, 1), nil},
		{"the same late event again is nothing", list(updated(1, 3), domain.MatterOutdated{Origin: ref(2), Version: 2, Current: 3}),
			domain.DefaultSettings, updatedEvent(2, 2), nil},
		{"an older version is recorded and changes nothing", and(linked(), updated(3, 3)), domain.DefaultSettings, updatedEvent(4, 2),
			list(domain.MatterOutdated{Origin: ref(4), Version: 2, Current: 3})},
		{"the same version twice is an older one", linked(), domain.DefaultSettings, updatedEvent(4, 1),
			list(domain.MatterOutdated{Origin: ref(4), Version: 1, Current: 1})},

		{"an update without a version counts as the known one", list(updated(1, 3)), domain.DefaultSettings, uncounted(2, "Rivera v. Apex"),
			list(domain.MatterUpdated{Origin: ref(2), Matter: titled(3, "Rivera v. Apex")})},
		{"an update without a version that tells nothing new is an older one", list(updated(1, 3)), domain.DefaultSettings, uncounted(2, rivera(3).Title),
			list(domain.MatterOutdated{Origin: ref(2), Version: 0, Current: 3})},

		{"an update of a matter that is not linked is only recorded", list(created(1)), domain.DefaultSettings, updatedEvent(2, 2), list(updated(2, 2))},
		{"an update of a linked matter is synced", linked(), domain.DefaultSettings, updatedEvent(3, 2),
			list(updated(3, 2), asked(3, domain.TriggerMatterUpdated))},
		{"an update of a linked matter is only recorded where the firm wants that", linked(), noUpdates, updatedEvent(3, 2), list(updated(3, 2))},
		{"an update of a matter unheard of makes it known", nil, domain.DefaultSettings, updatedEvent(1, 4), list(updated(1, 4))},
	})
}

// TestTakeInDocuments tells what an approved document means.
func TestTakeInDocuments(t *testing.T) {
	otherBytes := retainer()
	otherBytes.SHA256 = "bb22"
	mention := approvedEvent(1, retainer())
	mention.Matter = ptr(rivera(1))
	askedUnknown := domain.SyncRequested{Sync: syncFor(1), Trigger: domain.TriggerDocumentApproved, Origin: ref(1)}
	uploaded := and(linked(), approved(3, retainer()), asked(3, domain.TriggerDocumentApproved), started(3, 1),
		domain.FileAccepted{Sync: syncFor(3), Document: docA, File: sbF}, domain.DocumentUploaded{Sync: syncFor(3), Document: docA, File: sbF},
		domain.DocumentConfirmed{Sync: syncFor(3), Document: docA, File: sbF}, succeeded(3))
	takeIn(t, []intake{
		{"an approved document is synced", list(created(1)), domain.DefaultSettings, approvedEvent(2, retainer()),
			list(approved(2, retainer()), asked(2, domain.TriggerDocumentApproved))},
		{"an approved document is only recorded where the firm wants that", list(created(1)), noDocument, approvedEvent(2, retainer()),
			list(approved(2, retainer()))},
		{"a document before its matter asks for a sync, which will wait", nil, domain.DefaultSettings, approvedEvent(1, retainer()),
			list(approved(1, retainer()), askedUnknown)},
		{"a document may bring its matter along", nil, domain.DefaultSettings, mention,
			list(created(1), approved(1, retainer()), asked(1, domain.TriggerDocumentApproved))},
		{"a document that Smokeball has is not sent again", uploaded, domain.DefaultSettings, approvedEvent(4, retainer()),
			list(approved(4, retainer()))},
		{"a document with new bytes is sent again", uploaded, domain.DefaultSettings, approvedEvent(4, otherBytes),
			list(approved(4, otherBytes), asked(4, domain.TriggerDocumentApproved))},
	})
}

// TestTakeInDuringSyncs tells what an event means while a sync is queued, waits or runs.
func TestTakeInDuringSyncs(t *testing.T) {
	askedUnknown := domain.SyncRequested{Sync: syncFor(1), Trigger: domain.TriggerDocumentApproved, Origin: ref(1)}
	withNews := requestedEvent(4)
	withNews.Matter = ptr(rivera(2))
	askedByUser := asked(4, domain.TriggerManual)
	askedByUser.By = "u_5"
	waiting := and(linked(), asked(3, domain.TriggerManual), started(3, 1), deferred(3, domain.CodeNotConnected, start))
	takeIn(t, []intake{
		{"the matter's own event releases a waiting sync", list(approved(1, retainer()), askedUnknown, started(1, 1), deferred(1, domain.CodeMatterUnknown, start)),
			domain.DefaultSettings, createdEvent(2, 1),
			list(created(2), domain.SyncReleased{Sync: syncFor(1), Reason: domain.ReleasedByNews})},
		{"an old version releases nothing", waiting, noUpdates, updatedEvent(4, 1), list(domain.MatterOutdated{Origin: ref(4), Version: 1, Current: 1})},

		{"a queued sync absorbs an update", and(linked(), asked(3, domain.TriggerManual)), domain.DefaultSettings, updatedEvent(4, 2), list(updated(4, 2))},
		{"a queued sync absorbs a request, which is noted", and(linked(), asked(3, domain.TriggerManual)), domain.DefaultSettings, requestedEvent(4),
			list(domain.SyncJoined{Sync: syncFor(3), Origin: ref(4), By: "u_5", Trigger: domain.TriggerManual})},
		{"a running sync cannot see an update: another follows", and(linked(), asked(3, domain.TriggerManual), started(3, 1)),
			domain.DefaultSettings, updatedEvent(4, 2), list(updated(4, 2), asked(4, domain.TriggerMatterUpdated))},
		{"a confirming sync cannot see an update: another follows", and(linked(), asked(3, domain.TriggerManual), started(3, 1), domain.SyncConfirming{Sync: syncFor(3)}),
			domain.DefaultSettings, updatedEvent(4, 2), list(updated(4, 2), asked(4, domain.TriggerMatterUpdated))},
		{"the sync after the running one absorbs what follows", and(linked(), asked(3, domain.TriggerManual), started(3, 1), asked(4, domain.TriggerManual)),
			domain.DefaultSettings, updatedEvent(5, 2), list(updated(5, 2))},
		{"a waiting sync is released by an update", waiting, domain.DefaultSettings, updatedEvent(4, 2),
			list(updated(4, 2), domain.SyncReleased{Sync: syncFor(3), Reason: domain.ReleasedByRequest})},
		{"a waiting sync is released by a request", waiting, domain.DefaultSettings, requestedEvent(4),
			list(domain.SyncJoined{Sync: syncFor(3), Origin: ref(4), By: "u_5", Trigger: domain.TriggerManual}, domain.SyncReleased{Sync: syncFor(3), Reason: domain.ReleasedByRequest})},

		{"a person's request needs no setting", list(created(1)), domain.Settings{}, requestedEvent(4), list(askedByUser)},
		{"a request may bring a newer matter along", list(created(1)), domain.Settings{}, withNews, list(updated(4, 2), askedByUser)},
	})
}

// TestFollowClient tells when a client's change asks for a sync of a matter.
func TestFollowClient(t *testing.T) {
	e := casehug(9, domain.TypeClientUpdated)
	e.Client = ptr(maria())
	next := asked(9, domain.TriggerClientUpdated)
	running := list(created(1), asked(2, domain.TriggerManual), started(2, 1))
	for _, c := range []struct {
		name  string
		given []domain.Event
		then  []domain.Event
	}{
		{"a linked matter is synced", linked(), list(next)},
		{"a matter that Smokeball does not have is not", list(created(1)), nil},
		{"a first sync that waits reads the client by itself", and(running, deferred(2, domain.CodeNotConnected, start)), nil},
		{"a first sync that runs has read the client already", running, list(next)},
		{"a queued sync absorbs it", and(linked(), asked(3, domain.TriggerManual)), list(domain.SyncJoined{Sync: syncFor(3), Origin: ref(9), Trigger: domain.TriggerClientUpdated})},
		{"the same event again is nothing", and(linked(), next), nil},
	} {
		t.Run(c.name, func(t *testing.T) { then(t, given[domain.Matter](c.given...).FollowClient(e), c.then...) })
	}
}

// TestRequestWith tells which sync answers a person's request.
func TestRequestWith(t *testing.T) {
	withNews := requestedEvent(8)
	withNews.Matter = ptr(rivera(2))
	running := and(linked(), asked(3, domain.TriggerManual), started(3, 1))
	for _, c := range []struct {
		name  string
		given []domain.Event
		when  domain.CaseHugEvent
		then  domain.SyncID
	}{
		{"a new one", linked(), requestedEvent(8), syncFor(8)},
		{"the queued one", and(linked(), asked(3, domain.TriggerManual)), requestedEvent(8), syncFor(3)},
		{"the queued one, with news", and(linked(), asked(3, domain.TriggerManual)), withNews, syncFor(3)},
		{"the waiting one, which goes on", and(running, deferred(3, domain.CodeNotConnected, start)), requestedEvent(8), syncFor(3)},
		{"the waiting one, with news", and(running, deferred(3, domain.CodeNotConnected, start)), withNews, syncFor(3)},
		{"the one after the running one", running, requestedEvent(8), syncFor(8)},
		{"the one that stands there already", and(running, asked(4, domain.TriggerManual)), requestedEvent(8), syncFor(4)},
		{"the one that stands there already, with news", and(running, asked(4, domain.TriggerManual)), withNews, syncFor(4)},
		{"the waiting one, before the one after it", and(running, asked(4, domain.TriggerManual), deferred(3, domain.CodeNotConnected, start)),
			requestedEvent(8), syncFor(3)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := given[domain.Matter](c.given...)
			id, facts := m.RequestWith(c.when)
			if id != c.then {
				t.Errorf("answered by %s, want %s", id, c.then)
			}
			if len(facts) == 0 {
				t.Error("the request left no fact: it could be answered twice")
			}
		})
	}
}

// TestRequest tells that a sync that was asked for before is only named.
func TestRequest(t *testing.T) {
	m := given[domain.Matter](linked()...)
	id, facts := m.Request(asked(2, domain.TriggerManual))
	if id != syncFor(2) {
		t.Errorf("named %s, want %s", id, syncFor(2))
	}
	then(t, facts)
	id, facts = m.Request(domain.SyncRequested{Sync: "s_click", Trigger: domain.TriggerRetry, By: "u_5"})
	if id != "s_click" {
		t.Errorf("named %s, want s_click", id)
	}
	then(t, facts, domain.SyncRequested{Sync: "s_click", Trigger: domain.TriggerRetry, By: "u_5", Title: rivera(1).Title, CaseNumber: rivera(1).CaseNumber, Client: "Maria Rivera"})
}

// TestTakeInPart records the documents of an event that brings more than one append holds, each once.
func TestTakeInPart(t *testing.T) {
	part := func(d domain.DocumentData, vouched bool) domain.Event {
		return domain.DocumentApproved{Origin: ref(9), Document: d, Vouched: vouched, Part: true}
	}
	other := retainer()
	other.FileName = "Retainer.pdf"
	vouched := approvedEvent(9, retainer())
	vouched.Vouched = true
	for _, c := range []struct {
		name  string
		given []domain.Event
		when  domain.CaseHugEvent
		then  []domain.Event
	}{
		{"a new document", list(created(1)), approvedEvent(9, retainer()), list(part(retainer(), false))},
		{"the same document", list(created(1), approved(3, retainer())), approvedEvent(9, retainer()), nil},
		{"another form of it", list(created(1), approved(3, retainer())), approvedEvent(9, other), list(part(other, false))},
		{"the same, and vouched for by now", list(created(1), approved(3, retainer())), vouched, list(part(retainer(), true))},
		{"the same, vouched for before", list(created(1), part(retainer(), true)), vouched, nil},
		{"the same, no longer vouched for", list(created(1), part(retainer(), true)), approvedEvent(9, retainer()), nil},
		{"an event that is on record", list(created(1), domain.MatterUpdated{Origin: ref(9), Matter: rivera(2)}), approvedEvent(9, retainer()), nil},
	} {
		t.Run(c.name, func(t *testing.T) { then(t, given[domain.Matter](c.given...).TakeInPart(c.when), c.then...) })
	}
}

// TestADocumentThatAnEventBringsAlong is recorded where it is new, or was not vouched for, or does not
// tell its bytes.
func TestADocumentThatAnEventBringsAlong(t *testing.T) {
	with := func(vouched bool, d domain.DocumentData) domain.CaseHugEvent {
		e := updatedEvent(9, 2)
		e.Documents, e.Vouched = []domain.DocumentData{d}, vouched
		return e
	}
	records := func(vouched bool, d domain.DocumentData) domain.Event {
		return domain.DocumentApproved{Origin: ref(9), Document: d, Vouched: vouched}
	}
	known := domain.DocumentApproved{Origin: ref(3), Document: retainer()}
	vouched := known
	vouched.Vouched = true
	nameless := retainer()
	nameless.SHA256 = ""
	for _, c := range []struct {
		name  string
		given domain.Event
		when  domain.CaseHugEvent
		then  []domain.Event
	}{
		{"known", known, with(false, retainer()), nil},
		{"known, and vouched for by now", known, with(true, retainer()), list(records(true, retainer()))},
		{"known and vouched for", vouched, with(true, retainer()), nil},
		{"vouched for before", vouched, with(false, retainer()), nil},
		{"known, without its bytes' digest", domain.DocumentApproved{Origin: ref(3), Document: nameless}, with(false, nameless), list(records(false, nameless))},
	} {
		t.Run(c.name, func(t *testing.T) {
			then(t, given[domain.Matter](created(1), c.given).TakeIn(c.when, noUpdates), and(list(updated(9, 2)), c.then...)...)
		})
	}
}

// TestWhatIsNoReasonForASync: a matter that is linked and said to be created again in an older version, and
// a name that Smokeball refused.
func TestWhatIsNoReasonForASync(t *testing.T) {
	then(t, given[domain.Matter](linked()...).TakeIn(createdEvent(9, 1), domain.DefaultSettings), domain.MatterOutdated{Origin: ref(9), Version: 1, Current: 1})
	renamed := retainer()
	renamed.FileName = "Retainer.pdf"
	m := there().Apply(succeeded(2), start)
	if facts := m.TakeIn(approvedEvent(9, renamed), domain.DefaultSettings); len(facts) != 2 {
		t.Errorf("for another name is decided\n%s", told(facts))
	}
	refused := m.Apply(domain.SyncWarned{Sync: syncFor(2), Field: domain.FileNameField(docA), Value: "Retainer.pdf"}, start)
	then(t, refused.TakeIn(approvedEvent(9, renamed), domain.DefaultSettings), approved(9, renamed))
}

// TestAPersonsRequestAnswersAnUnlinkedMatter also where the event tells news of it: the sync that is
// queued is told that a person wants it. Otherwise the news tell that the event came.
func TestAPersonsRequestAnswersAnUnlinkedMatter(t *testing.T) {
	parted := and(ended(), unlinkedByHand(), asked(5, domain.TriggerDocumentApproved))
	event := func(kind string) domain.CaseHugEvent {
		e := casehug(9, kind)
		e.RequestedBy, e.Matter = "u_5", ptr(rivera(7))
		return e
	}
	joins := domain.SyncJoined{Sync: syncFor(5), Origin: ref(9), By: "u_5", Trigger: domain.TriggerManual}
	then(t, given[domain.Matter](parted...).TakeIn(event(domain.TypeMatterSyncRequested), domain.DefaultSettings), updated(9, 7), joins)
	again := and(parted, domain.SyncJoined{Sync: syncFor(5), Origin: ref(8), By: "u_5", Trigger: domain.TriggerManual})
	then(t, given[domain.Matter](again...).TakeIn(event(domain.TypeMatterSyncRequested), domain.DefaultSettings), updated(9, 7))
	never := and(ended(), asked(5, domain.TriggerDocumentApproved))
	then(t, given[domain.Matter](never...).TakeIn(event(domain.TypeMatterSyncRequested), domain.DefaultSettings), updated(9, 7))
	document := approvedEvent(9, retainer())
	document.Matter = ptr(rivera(7))
	for _, f := range given[domain.Matter](parted...).TakeIn(document, domain.DefaultSettings) {
		if _, ok := f.(domain.SyncJoined); ok {
			t.Errorf("an event answers for a person: %+v", f)
		}
	}
}
