package domain

// Abandonment says why the engine no longer expects what it asked Smokeball to create,
// although Smokeball did not refuse it.
type Abandonment string

// The reasons.
const (
	AbandonedNotSent     Abandonment = "not_sent"      // the call did not reach Smokeball
	AbandonedNotSeen     Abandonment = "not_seen"      // the answer was lost, and Smokeball did not show it within the wait
	AbandonedDeleted     Abandonment = "deleted"       // somebody deleted it in Smokeball
	AbandonedNoUploadURL Abandonment = "no_upload_url" // Smokeball offered no place for the bytes within the wait
)

// MatterCreationAbandoned settles the intent without a word of Smokeball: the matter is looked
// for and asked for again.
type MatterCreationAbandoned struct {
	Sync    SyncID      `json:"sync"`
	Request RequestID   `json:"request"`
	Reason  Abandonment `json:"reason"`
}

// FolderCreationAbandoned settles the intent without a word of Smokeball.
type FolderCreationAbandoned struct {
	Sync    SyncID      `json:"sync"`
	Path    string      `json:"path"`
	Request RequestID   `json:"request"`
	Reason  Abandonment `json:"reason"`
}

// FileCreationAbandoned says that the engine gives up the document's file, or the intent to
// announce one, and announces a new one. Smokeball did not refuse it.
type FileCreationAbandoned struct {
	Sync     SyncID      `json:"sync"`
	Document DocumentID  `json:"document"`
	File     SmokeballID `json:"file,omitempty"` // empty: it was never known
	Request  RequestID   `json:"request"`
	Reason   Abandonment `json:"reason"`
}

// ContactCreationAbandoned settles the intent without a word of Smokeball.
type ContactCreationAbandoned struct {
	Request RequestID   `json:"request"`
	Reason  Abandonment `json:"reason"`
}

// MatterChangeMissed says that Smokeball accepted a change of the matter and did not show it
// in time. What counted before counts again, so the change is written again.
type MatterChangeMissed struct {
	Sync    SyncID    `json:"sync"`
	Request RequestID `json:"request"`
}

// ContactMissed says that Smokeball accepted the contact and did not show it in time: it is
// looked for before it is asked for again.
type ContactMissed struct {
	Contact SmokeballID `json:"contact"`
}

// ContactChangeMissed says that Smokeball accepted a change of the contact and did not show it
// in time. What counted before counts again, so the change is written again.
type ContactChangeMissed struct {
	Client ClientID     `json:"client"`
	Was    ContactDraft `json:"was"`
}

func (MatterCreationAbandoned) EventName() string  { return "smokeball.matter_abandoned.v1" }
func (FolderCreationAbandoned) EventName() string  { return "smokeball.folder_abandoned.v1" }
func (FileCreationAbandoned) EventName() string    { return "smokeball.file_abandoned.v1" }
func (ContactCreationAbandoned) EventName() string { return "contact.abandoned.v1" }
func (MatterChangeMissed) EventName() string       { return "smokeball.matter_change_missed.v1" }
func (ContactMissed) EventName() string            { return "contact.missed.v1" }
func (ContactChangeMissed) EventName() string      { return "contact.change_missed.v1" }

// Undo decides that Smokeball refused a request of the sync, provided that its intent still
// stands. It requires no attempt: any caller who knows for certain may record it.
func (m Sending) Undo(s SyncID, r RequestID) []Event { return unmade(m, s, r, "") }

// Abandon is Undo for a request that Smokeball did not refuse.
func (m Sending) Abandon(s SyncID, r RequestID, why Abandonment) []Event { return unmade(m, s, r, why) }

// unmade settles the intent of the request. why is empty where Smokeball refused it.
func unmade(m Sending, s SyncID, r RequestID, why Abandonment) []Event {
	refused := why == ""
	switch i := m.Smokeball.Intent; {
	case i == nil || i.Request != r:
	case refused:
		return []Event{MatterCreationRefused{Sync: s, Request: r}}
	default:
		return []Event{MatterCreationAbandoned{Sync: s, Request: r, Reason: why}}
	}
	for path, f := range m.Folders {
		switch {
		case f.Intent == nil || f.Intent.Request != r:
		case refused:
			return []Event{FolderCreationRefused{Sync: s, Path: path, Request: r}}
		default:
			return []Event{FolderCreationAbandoned{Sync: s, Path: path, Request: r, Reason: why}}
		}
	}
	for _, d := range m.Documents {
		switch {
		case d.Intent == nil || d.Intent.Request != r:
		case refused:
			return []Event{FileCreationRefused{Sync: s, Document: d.Data.ID, Request: r}}
		default:
			return []Event{FileCreationAbandoned{Sync: s, Document: d.Data.ID, Request: r, Reason: why}}
		}
	}
	return nil
}

// AbandonFile decides that the document's file is given up, unless another one has taken its
// place since.
func (m Sending) AbandonFile(t Attempt, id DocumentID, file SmokeballID, why Abandonment) ([]Event, error) {
	d, _ := m.Document(id)
	if d.File != file || file == "" {
		return m.Record(t)
	}
	return m.Record(t, FileCreationAbandoned{Sync: t.Sync, Document: id, File: file, Request: d.Request, Reason: why})
}

// Undo decides that Smokeball refused the request, provided that its intent still stands.
func (c Contact) Undo(r RequestID) []Event {
	if c.Intent == nil || c.Intent.Request != r {
		return nil
	}
	return []Event{ContactCreationRefused{Request: r}}
}

// Abandon is Undo for a request that Smokeball did not refuse.
func (c Contact) Abandon(r RequestID, why Abandonment) []Event {
	if c.Intent == nil || c.Intent.Request != r {
		return nil
	}
	return []Event{ContactCreationAbandoned{Request: r, Reason: why}}
}

// Miss decides that Smokeball accepted the contact, or a change of it, and did not show it in
// time. A contact that was seen there stays.
func (c Contact) Miss(id SmokeballID) []Event {
	switch {
	case c.ID != id || c.Settled():
		return nil
	case c.Confirmed:
		return []Event{ContactChangeMissed{Client: c.Change.Client, Was: c.Change.Was}}
	}
	return []Event{ContactMissed{Contact: id}}
}
