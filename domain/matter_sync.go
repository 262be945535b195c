package domain

import (
	"time"
)

// Begin decides to work on the current sync. A sync that already runs is begun
// again: its engine is gone.
func (m Matter) Begin(now time.Time) ([]Event, error) {
	s := m.Current
	if s == nil || s.rests(now) {
		return nil, ErrNotCurrent
	}
	begins := SyncStarted{Sync: s.ID, Attempt: s.Attempts + 1, Title: m.Data.Title, CaseNumber: m.Data.CaseNumber, Client: m.Data.Client.Name()}
	if !m.allows(begins) {
		return nil, ErrNotCurrent
	}
	return []Event{begins}, nil
}

// Attempt is one attempt at a sync. Only the newest attempt may record what it does: an
// engine that lost the sync to another finds its attempt over.
type Attempt struct {
	Sync   SyncID
	Number int
}

// CurrentAttempt is the matter's current attempt, if its sync is being worked on.
func (m Syncs) CurrentAttempt() (Attempt, bool) {
	if s := m.Current; s != nil && (s.Status == Running || s.Status == Confirming) {
		return Attempt{Sync: s.ID, Number: s.Attempts}, true
	}
	return Attempt{}, false
}

// Record decides that facts belong to the attempt, which must be the current one.
func (m Syncs) Record(t Attempt, facts ...Event) ([]Event, error) {
	if now, ok := m.CurrentAttempt(); !ok || now != t {
		return nil, ErrNotCurrent
	}
	for _, f := range facts {
		if !m.allows(f) {
			return nil, ErrNotCurrent
		}
	}
	return facts, nil
}

// StartCreation decides to create the matter in the Smokeball account.
func (m Sending) StartCreation(t Attempt, r RequestID, account string, sent MatterDraft) ([]Event, error) {
	facts, err := m.Record(t, MatterCreationStarted{Sync: t.Sync, Request: r, Sent: sent, Account: account})
	if err == nil && (m.Smokeball.ID != "" || m.Smokeball.Intent != nil) {
		return nil, ErrTaken
	}
	return facts, err
}

// StartFolder decides to make the folder of a path.
func (m Sending) StartFolder(t Attempt, path string, r RequestID) ([]Event, error) {
	facts, err := m.Record(t, FolderCreationStarted{Sync: t.Sync, Path: path, Request: r})
	if f := m.Folders[path]; err == nil && (f.ID != "" || f.Intent != nil) {
		return nil, ErrTaken
	}
	return facts, err
}

// StartFile decides to announce a document's file to Smokeball.
func (m Sending) StartFile(t Attempt, doc DocumentID, name string, r RequestID) ([]Event, error) {
	facts, err := m.Record(t, FileCreationStarted{Sync: t.Sync, Document: doc, FileName: name, Request: r})
	if d, ok := m.Document(doc); err == nil && (!ok || d.File != "" || d.Intent != nil) {
		return nil, ErrTaken
	}
	return facts, err
}

// Upload decides that the bytes of an approval were sent; approval counts those until then.
// If it was approved again since, and not for the same bytes, the new approval goes first
// (ErrTaken); if Smokeball has refused the file since, it yields nothing.
func (m Sending) Upload(t Attempt, approval int, e DocumentUploaded) ([]Event, error) {
	d, ok := m.Document(e.Document)
	if !ok || d.File != e.File {
		return m.Record(t)
	}
	facts, err := m.Record(t, e)
	if err == nil && d.Approvals != approval && (d.Data.SHA256 == "" || d.Data.SHA256 != e.SHA256) {
		return nil, ErrTaken
	}
	return facts, err
}

// ShowFile decides that Smokeball shows the document's bytes. One whose newest content
// is still to be sent is not shown by what was sent before.
func (m Sending) ShowFile(t Attempt, e DocumentConfirmed) ([]Event, error) {
	if d, ok := m.Document(e.Document); !ok || !d.Uploaded || d.File != e.File {
		return m.Record(t)
	}
	return m.Record(t, e)
}

// Leave decides that what the matter is in Smokeball, or was about to become, is about
// another account than the one that is connected.
func (m Sending) Leave(t Attempt, account string) ([]Event, error) {
	sb := m.Smokeball
	if (sb.ID == "" && sb.Intent == nil) || sb.Account == "" || sb.Account == account {
		return m.Record(t)
	}
	return m.Record(t, MatterUnlinked{Sync: t.Sync, Matter: sb.ID, Account: sb.Account, Reason: UnlinkedAccount})
}

// Lose decides that Smokeball no longer has the matter of that id: a person who asked for
// the sync gets a new one, any other sync leaves the link as it is.
func (m Sending) Lose(t Attempt, id SmokeballID) ([]Event, error) {
	switch s := m.Current; {
	case m.Smokeball.ID != id:
		return m.Record(t)
	case s != nil && s.Trigger == TriggerManual:
		return m.Record(t, MatterUnlinked{Sync: t.Sync, Matter: id, Account: m.Smokeball.Account, Reason: UnlinkedGone})
	case m.Smokeball.Gone:
		return m.Record(t)
	}
	return m.Record(t, MatterGone{Sync: t.Sync, Matter: id})
}

// Confirm decides that a webhook about the request has shown what it asked for.
// A request that nothing waits for yields nothing.
func (m Sending) Confirm(r RequestID, resource SmokeballID) []Event {
	if m.Current == nil || r == "" {
		return nil
	}
	id := m.Current.ID
	if m.Smokeball.Request == r && m.Smokeball.ID == resource && !m.Smokeball.Confirmed {
		return []Event{MatterConfirmed{Sync: id, Matter: resource, By: ByWebhook, Request: r}}
	}
	for _, p := range m.Current.Contacts {
		if p.Contact == resource && p.Request == r {
			return []Event{ContactSeen{Sync: id, Contact: resource, By: ByWebhook, Request: r}}
		}
	}
	return nil
}

// ConfirmFile decides that a webhook has shown a file with its bytes, under the request that
// announced the file. A file that nothing waits for yields nothing.
func (m Sending) ConfirmFile(w SmokeballWebhookReceived) []Event {
	for _, d := range m.Documents {
		if m.Current != nil && d.File == w.Resource && d.ShownBy(w.Request) && w.ShowsBytes(d.Size) {
			return []Event{DocumentConfirmed{Sync: m.Current.ID, Document: d.Data.ID, File: d.File, By: ByWebhook, Request: w.Request}}
		}
	}
	return nil
}

// Refuse decides what Smokeball's late "error" webhook about a request means, where reads
// bore it out: the call was accepted and then failed. The step that made the call fails with
// Smokeball's words.
func (m Sending) Refuse(r RequestID, message string, resource SmokeballID) []Event {
	s := m.Current
	if r == "" || s == nil {
		return nil
	}
	if m.Smokeball.Request == r && !m.Smokeball.Confirmed {
		settle := Event(MatterCreationRefused{Sync: s.ID, Request: r})
		if m.Smokeball.Before != nil {
			settle = MatterChangeRefused{Sync: s.ID, Request: r}
		}
		return []Event{settle, SyncFailed{Sync: s.ID, Step: StepMatter, Failure: LateRefusal(ThingMatter, message, r)}}
	}
	for _, p := range s.Contacts {
		if p.Contact == resource {
			return []Event{SyncFailed{Sync: s.ID, Step: StepContact, Failure: LateRefusal(ThingContact, message, r)}}
		}
	}
	for _, d := range m.Documents {
		if d.Request == r && !d.Confirmed {
			return []Event{
				FileCreationRefused{Sync: s.ID, Document: d.Data.ID, Request: r},
				DocumentFailed{Sync: s.ID, Document: d.Data.ID, FileName: d.Data.FileName, Failure: LateRefusal(ThingFile, message, r)},
			}
		}
	}
	return nil
}

// KeysOf are the contact keys under which the sync waits for a contact. No sync waits for none.
func (s *Sync) KeysOf(contact SmokeballID) []ContactKey {
	if s == nil {
		return nil
	}
	var keys []ContactKey
	for _, p := range s.Contacts {
		if p.Contact == contact {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// LateRefusal is the failure of a call that Smokeball accepted and then refused.
func LateRefusal(what Thing, message string, r RequestID) Failure {
	return Failure{Code: CodeSmokeballRefused, Fault: FaultRefusedLate, About: &About{Thing: what}, Smokeball: &Refusal{Detail: message, RequestID: r}}
}

// Draft is the matter as Smokeball is to have it.
func (m Matter) Draft(clients []SmokeballID) MatterDraft {
	d := m.Data
	draft := MatterDraft{
		ExternalID: string(d.ID), Number: Text(d.CaseNumber), Description: Text(d.Title), // those of old facts are as they came
		MatterTypeID: m.TypeID, ClientRole: m.Role, ClientIDs: clients, Status: SmokeballStatus(d.Status),
		OpenedDate: FirmsDay(d.OpenedAt),
	}
	if draft.Status == "Closed" {
		draft.ClosedDate = FirmsDay(d.ClosedAt)
	}
	return draft
}

// SmokeballStatus is CaseHug's status in Smokeball's words.
func SmokeballStatus(casehug string) string {
	switch casehug {
	case "pending":
		return "Pending"
	case "closed":
		return "Closed"
	}
	return "Open"
}

// CaseHugStatus is a status of Smokeball's in CaseHug's words, "" where CaseHug has none.
func CaseHugStatus(smokeball string) string {
	for _, status := range []string{"active", "pending", "closed"} {
		if SmokeballStatus(status) == smokeball {
			return status
		}
	}
	return ""
}

// missingFrom are the ids of a that b lacks.
func missingFrom(b, a []SmokeballID) []SmokeballID {
	var rest []SmokeballID
	for _, id := range a {
		if !contains(b, id) {
			rest = append(rest, id)
		}
	}
	return rest
}

// MergeClients is the list of clients to write where Smokeball has there, and CaseHug's
// own list was and is now next: whom people added there stay, and whom they took off and
// CaseHug did not name since stay away. A client that takes another's place takes it in
// the list too, because the first is the main one.
func MergeClients(there, was, next []SmokeballID) []SmokeballID {
	added := missingFrom(was, next)
	added = missingFrom(there, added)
	var merged []SmokeballID
	for _, id := range there {
		switch {
		case !contains(was, id) || contains(next, id):
			merged = append(merged, id)
		case len(added) > 0:
			merged, added = append(merged, added[0]), added[1:]
		}
	}
	return append(merged, added...)
}

// Shown reports whether the matter as read has the change that waits for its confirmation,
// if one does.
func (l Linked) Shown(m SmokeballMatter) bool {
	if l.Before == nil {
		return true
	}
	for _, id := range missingFrom(l.Sent.ClientIDs, l.Before.ClientIDs) {
		if contains(m.ClientIDs, id) {
			return false
		}
	}
	return l.Change.ShownBy(m)
}

// ShownBy reports whether the matter as read has what the change wrote. Other values may
// differ: people change them in Smokeball. Its own form of dates is left to Smokeball.
func (c MatterChange) ShownBy(m SmokeballMatter) bool {
	has := func(want *string, is string) bool { return want == nil || *want == is }
	for _, id := range c.ClientIDs {
		if !contains(m.ClientIDs, id) {
			return false
		}
	}
	return has(c.Number, m.Number) && has(c.Description, m.Description) && has(c.Status, m.Status)
}

// ContactDraft is the client as Smokeball is to have it. What is no e-mail address
// is not sent, nor is a phone number without a digit.
func (c ClientData) ContactDraft() ContactDraft {
	n := c.Called()
	d := ContactDraft{ExternalID: string(c.ID), FirstName: n.First, LastName: n.Last, CompanyName: n.Company}
	if ValidEmail(c.Email) {
		d.Email = Text(c.Email)
	}
	if Digits(c.Phone) != "" {
		d.Phone = Text(c.Phone)
	}
	return d
}
