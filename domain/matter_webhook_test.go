package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

const vendorWords = "The matter type is not valid for this account."

// pending is a contact of sync 2 that Smokeball has accepted and not yet shown.
var pending = domain.ContactResolved{Sync: syncFor(2), Client: clientA, Contact: sbC, Key: "key-1", Outcome: domain.OutcomeAccepted,
	Request: "r-contact", Pending: true}

// announced is a document whose file Smokeball has accepted under request r.
func announced(r domain.RequestID) []domain.Event {
	return list(approved(3, retainer()), domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: r},
		domain.FileAccepted{Sync: syncFor(2), Document: docA, File: sbF, Request: r})
}

func changeAccepted(r domain.RequestID) domain.Event {
	next := sent()
	next.Description = "Rivera v. Apex Freight, Inc."
	return domain.MatterChangeAccepted{Sync: syncFor(2), Request: r, Sent: next}
}

// TestConfirm tells what a webhook shows.
func TestConfirm(t *testing.T) {
	matterShown := domain.MatterConfirmed{Sync: syncFor(2), Matter: sbM, By: domain.ByWebhook, Request: "r-create"}
	contactShown := domain.ContactSeen{Sync: syncFor(2), Contact: sbC, By: domain.ByWebhook, Request: "r-contact"}
	for _, c := range []struct {
		name     string
		given    []domain.Event
		request  domain.RequestID
		resource domain.SmokeballID
		then     []domain.Event
	}{
		{"the matter that was asked for", running(accepted(2)), "r-create", sbM, list(matterShown)},
		{"it once", running(accepted(2), matterShown), "r-create", sbM, nil},
		{"another request's matter", running(accepted(2)), "r-other", sbM, nil},
		{"another matter", running(accepted(2)), "r-create", sbF, nil},
		{"no request", running(accepted(2)), "", sbM, nil},
		{"a contact that was asked for", running(pending), "r-contact", sbC, list(contactShown)},
		{"it once", running(pending, contactShown), "r-contact", sbC, nil},
		{"a contact under another call's request", running(pending), "r-create", sbC, nil},
		{"a contact that was already there", running(domain.ContactResolved{Sync: syncFor(2), Client: clientA, Contact: sbC}), "r-contact", sbC, nil},
		{"after the sync ended", running(accepted(2), succeeded(2)), "r-create", sbM, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			then(t, given[domain.Matter](c.given...).Confirm(c.request, c.resource), c.then...)
		})
	}
}

// TestRefuse tells what Smokeball's late error means, and that it means it once.
func TestRefuse(t *testing.T) {
	matterFailed := domain.SyncFailed{Sync: syncFor(2), Step: domain.StepMatter, Failure: domain.LateRefusal(domain.ThingMatter, vendorWords, "r-create")}
	changeFailed := domain.SyncFailed{Sync: syncFor(2), Step: domain.StepMatter, Failure: domain.LateRefusal(domain.ThingMatter, vendorWords, "r-patch")}
	contactFailed := domain.SyncFailed{Sync: syncFor(2), Step: domain.StepContact, Failure: domain.LateRefusal(domain.ThingContact, vendorWords, "r-contact")}
	for _, c := range []struct {
		name     string
		given    []domain.Event
		request  domain.RequestID
		resource domain.SmokeballID
		then     []domain.Event
	}{
		{"the matter was not made", running(accepted(2)), "r-create", sbM,
			list(domain.MatterCreationRefused{Sync: syncFor(2), Request: "r-create"}, matterFailed)},
		{"a change was not made", running(accepted(2), confirmed(2), changeAccepted("r-patch")), "r-patch", sbM,
			list(domain.MatterChangeRefused{Sync: syncFor(2), Request: "r-patch"}, changeFailed)},
		{"the contact was not made", running(pending), "r-contact", sbC, list(contactFailed)},
		{"the file was not made", running(announced("r-file")...), "r-file", sbF, list(
			domain.FileCreationRefused{Sync: syncFor(2), Document: docA, Request: "r-file"},
			domain.DocumentFailed{Sync: syncFor(2), Document: docA, FileName: "Signed retainer.pdf", Failure: domain.LateRefusal(domain.ThingFile, vendorWords, "r-file")})},
		{"the matter, before its answer is on record", running(domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-create"}), "r-create", sbM, nil},
		{"the matter of a lost answer, while the sync waits", running(domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-create"}, deferred(2, domain.CodeSmokeballUnavailable, start.Add(time.Hour))), "r-create", sbM, nil},
		{"what was seen stays", running(accepted(2), confirmed(2)), "r-create", sbM, nil},
		{"another request", running(accepted(2)), "r-other", sbM, nil},
		{"no request", running(accepted(2)), "", sbM, nil},
		{"after the sync ended", running(accepted(2), succeeded(2)), "r-create", sbM, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			then(t, given[domain.Matter](c.given...).Refuse(c.request, vendorWords, c.resource), c.then...)
			again := given[domain.Matter](and(c.given, c.then...)...)
			then(t, again.Refuse(c.request, vendorWords, c.resource))
		})
	}
}

// TestRefusedFileStartsAfresh tells that an old error cannot undo a new announcement.
func TestRefusedFileStartsAfresh(t *testing.T) {
	m := given[domain.Matter](running(announced("r-file")...)...)
	for _, e := range m.Refuse("r-file", vendorWords, sbF) {
		m = m.Apply(e, start)
	}
	m = m.Apply(domain.FileCreationStarted{Sync: syncFor(2), Document: docA, Request: "r-second"}, start)
	then(t, m.Refuse("r-file", vendorWords, sbF))
	if d, _ := m.Document(docA); d.Intent == nil || d.Intent.Request != "r-second" {
		t.Errorf("the intent is %+v, want that of r-second", d.Intent)
	}
}

// TestRefusedMatterStartsAfresh tells that a refused creation leaves no link, and a
// refused change leaves what counted before it.
func TestRefusedMatterStartsAfresh(t *testing.T) {
	m := given[domain.Matter](running(accepted(2), domain.MatterCreationRefused{Sync: syncFor(2), Request: "r-create"})...)
	if m.Smokeball.ID != "" || m.Smokeball.Intent != nil {
		t.Errorf("after a refused creation the matter has %+v", m.Smokeball)
	}
	m = given[domain.Matter](running(accepted(2), confirmed(2), changeAccepted("r-patch"), changeAccepted("r-second"))...)
	m = m.Apply(domain.MatterChangeRefused{Sync: syncFor(2), Request: "r-second"}, start)
	if s := m.Smokeball; s.ID != sbM || s.Sent.Description != sent().Description || !s.Confirmed || s.Before != nil {
		t.Errorf("after a refused change the matter has %+v", s)
	}
}

func TestKeysOf(t *testing.T) {
	m := given[domain.Matter](running(pending)...)
	if keys := m.Current.KeysOf(sbC); len(keys) != 1 || keys[0] != "key-1" {
		t.Errorf("the contact's keys are %v, want key-1", keys)
	}
	if keys := m.Current.KeysOf(sbM); keys != nil {
		t.Errorf("another contact's keys are %v, want none", keys)
	}
	if keys := given[domain.Matter]().Current.KeysOf(sbC); keys != nil {
		t.Errorf("without a sync the keys are %v, want none", keys)
	}
}

func TestLateRefusal(t *testing.T) {
	f := domain.LateRefusal(domain.ThingFile, vendorWords, "r-9")
	if f.Code != domain.CodeSmokeballRefused || f.Fault != domain.FaultRefusedLate || f.About.Thing != domain.ThingFile {
		t.Errorf("the failure is %+v", f)
	}
	if f.Smokeball == nil || f.Smokeball.Detail != vendorWords || f.Smokeball.RequestID != "r-9" {
		t.Errorf("Smokeball's own words are %+v", f.Smokeball)
	}
}

// TestAWebhookConfirmsTheFileOfItsRequest tells that a webhook confirms a file only with its
// bytes, under the request that announced it, and never one whose document was approved again:
// it may tell of the bytes before.
func TestAWebhookConfirmsTheFileOfItsRequest(t *testing.T) {
	uploaded := domain.DocumentUploaded{Sync: syncFor(2), Document: docA, File: sbF, Request: "r-file", SHA256: "aa", SizeBytes: 7}
	story := running(append(announced("r-file"), uploaded)...)
	shows := domain.SmokeballWebhookReceived{Type: "files.updated", Source: "API", Resource: sbF, Request: "r-file", Uploaded: true, Size: 7}
	but := func(change func(*domain.SmokeballWebhookReceived)) domain.SmokeballWebhookReceived {
		w := shows
		change(&w)
		return w
	}
	then(t, given[domain.Matter](story...).ConfirmFile(shows), domain.DocumentConfirmed{Sync: syncFor(2), Document: docA, File: sbF, By: domain.ByWebhook, Request: "r-file"})
	for _, w := range []domain.SmokeballWebhookReceived{
		but(func(w *domain.SmokeballWebhookReceived) { w.Uploaded = false }), but(func(w *domain.SmokeballWebhookReceived) { w.Size = 8 }),
		but(func(w *domain.SmokeballWebhookReceived) { w.Request = "r-2" }), but(func(w *domain.SmokeballWebhookReceived) { w.Request = "" }),
		but(func(w *domain.SmokeballWebhookReceived) { w.Resource = sbM }), but(func(w *domain.SmokeballWebhookReceived) { w.Type = "error" }),
	} {
		then(t, given[domain.Matter](story...).ConfirmFile(w))
	}
	replaced := running(append(announced("r-file"), uploaded, approved(4, retainer()), uploaded)...)
	then(t, given[domain.Matter](replaced...).ConfirmFile(shows))
}
