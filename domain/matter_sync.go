package domain

import (
	"strings"
	"time"
)

// Begin decides to work on the current sync. A sync that already runs is begun
// again: its engine is gone.
func (m Matter) Begin(now time.Time) ([]Event, error) {
	s := m.Current
	if s == nil || (s.Status == Waiting && !s.NextAt.IsZero() && now.Before(s.NextAt)) {
		return nil, ErrNotCurrent
	}
	return []Event{SyncStarted{Sync: s.ID, Attempt: s.Attempts + 1, Title: m.Data.Title, CaseNumber: m.Data.CaseNumber}}, nil
}

// On decides that facts belong to the sync id, which must be the current one and at
// work: an engine that lost it must not go on.
func (m Matter) On(id SyncID, facts ...Event) ([]Event, error) {
	if m.Current == nil || m.Current.ID != id || (m.Current.Status != Running && m.Current.Status != Confirming) {
		return nil, ErrNotCurrent
	}
	return facts, nil
}

// StartCreation decides to create the matter in Smokeball.
func (m Matter) StartCreation(id SyncID, r RequestID) ([]Event, error) {
	if m.Smokeball.ID != "" || m.Smokeball.Intent != nil {
		return nil, ErrTaken
	}
	return m.On(id, MatterCreationStarted{Sync: id, Request: r})
}

// StartFile decides to announce a document's file to Smokeball.
func (m Matter) StartFile(id SyncID, doc DocumentID, r RequestID) ([]Event, error) {
	d, ok := m.Document(doc)
	if !ok || d.File != "" || d.Intent != nil {
		return nil, ErrTaken
	}
	return m.On(id, FileCreationStarted{Sync: id, Document: doc, Request: r})
}

// Finish decides how the current sync ends: failed where a document could not be
// sent, skipped where nothing had to be, else succeeded.
func (m Matter) Finish(id SyncID) ([]Event, error) {
	s := m.Current
	switch {
	case s != nil && len(s.Failures) > 0:
		return m.On(id, SyncFailed{Sync: id, Step: StepDocument, Failure: s.Failures[0]})
	case s != nil && !s.Changed:
		return m.On(id, SyncSkipped{Sync: id, Reason: "Smokeball already has this"})
	case s != nil:
		return m.On(id, SyncSucceeded{Sync: id, Warnings: s.Warnings})
	}
	return nil, ErrNotCurrent
}

// Confirm decides that a webhook about the request has shown what it asked for.
// A request that nothing waits for yields nothing.
func (m Matter) Confirm(r RequestID, resource SmokeballID) []Event {
	if m.Current == nil || r == "" {
		return nil
	}
	id := m.Current.ID
	if m.Smokeball.Request == r && m.Smokeball.ID == resource && !m.Smokeball.Confirmed {
		return []Event{MatterConfirmed{Sync: id, Matter: resource, By: ByWebhook, Request: r}}
	}
	for _, p := range m.Current.Contacts {
		if p.Contact == resource {
			return []Event{ContactSeen{Sync: id, Contact: resource, By: ByWebhook}}
		}
	}
	return nil
}

// Refuse decides what Smokeball's late "error" webhook about a request means: the
// call was accepted and then failed.
func (m Matter) Refuse(r RequestID, message string) []Event {
	if m.Current == nil || r == "" || m.Smokeball.Request != r || m.Smokeball.Confirmed {
		return nil
	}
	return []Event{
		MatterCreationRefused{Sync: m.Current.ID, Request: r},
		SyncFailed{Sync: m.Current.ID, Step: StepConfirm, Failure: Failure{
			Code:      CodeSmokeballRefused,
			Message:   "Smokeball took the matter in and then refused it: " + message,
			Remedy:    "Correct what Smokeball names, then sync the matter again. A firm admin can do both.",
			Smokeball: &Refusal{Detail: message, RequestID: r},
		}},
	}
}

// Draft is the matter as Smokeball is to have it.
func (m Matter) Draft(clients []SmokeballID) MatterDraft {
	d := m.Data
	draft := MatterDraft{
		ExternalID: string(d.ID), Number: d.CaseNumber, Description: d.Title,
		MatterTypeID: m.TypeID, ClientIDs: clients, Status: SmokeballStatus(d.Status),
		OpenedDate: wholeSecond(d.OpenedAt),
	}
	if draft.Status == "Closed" {
		draft.ClosedDate = wholeSecond(d.ClosedAt)
	}
	return draft
}

// wholeSecond cuts fractions off: Smokeball refuses them.
func wholeSecond(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC().Truncate(time.Second)
	return &u
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

// Diff names what has to be written so that Smokeball has next where it had was.
// A value that CaseHug did not change is left alone, whatever Smokeball has now.
func Diff(was, next MatterDraft) MatterChange {
	var c MatterChange
	if was.Number != next.Number && next.Number != "" {
		c.Number = &next.Number
	}
	if was.Description != next.Description {
		c.Description = &next.Description
	}
	if was.Status != next.Status {
		c.Status = &next.Status
	}
	if next.ClosedDate != nil && (was.ClosedDate == nil || !was.ClosedDate.Equal(*next.ClosedDate)) {
		c.ClosedDate = next.ClosedDate
	}
	if strings.Join(idsOf(was), ",") != strings.Join(idsOf(next), ",") {
		c.ClientIDs = next.ClientIDs
	}
	return c
}

func idsOf(d MatterDraft) []string {
	ids := make([]string, len(d.ClientIDs))
	for i, id := range d.ClientIDs {
		ids[i] = string(id)
	}
	return ids
}

// Shows reports whether the matter as read has every value that was sent.
func (d MatterDraft) Shows(m SmokeballMatter) bool {
	return (d.Number == "" || d.Number == m.Number) && d.Description == m.Description && d.Status == m.Status
}

// ContactDraft is the client as Smokeball is to have it.
func (c ClientData) ContactDraft() ContactDraft {
	d := ContactDraft{ExternalID: string(c.ID), Email: c.Email, Phone: c.Phone}
	if c.LastName == "" {
		d.CompanyName = c.CompanyName
		return d
	}
	d.FirstName, d.LastName = c.FirstName, c.LastName
	return d
}
