package domain

import "time"

// DocumentRemoved says that people removed the document's file in Smokeball. Nothing uploads it
// again until CaseHug approves the document again.
type DocumentRemoved struct {
	Document  DocumentID  `json:"document"`
	File      SmokeballID `json:"file"`
	FileName  string      `json:"file_name"`
	By        Proof       `json:"by"`                  // what the read was made for
	ChangedAt time.Time   `json:"changed_at,omitzero"` // by Smokeball's clock; zero: not told
}

// DocumentRestored says that people put the document's file back.
type DocumentRestored struct {
	Document DocumentID  `json:"document"`
	File     SmokeballID `json:"file"`
	FileName string      `json:"file_name"`
	By       Proof       `json:"by"`
}

func (DocumentRemoved) EventName() string  { return "smokeball.document_removed.v1" }
func (DocumentRestored) EventName() string { return "smokeball.document_restored.v1" }

// Removal is when people removed a document's file in Smokeball, as far as it is known.
type Removal struct {
	At   time.Time `json:"at"`   // by Smokeball's clock, else when it was found out
	Seen time.Time `json:"seen"` // when it was found out
}

func removal(e DocumentRemoved, at time.Time) *Removal {
	r := Removal{At: e.ChangedAt, Seen: at}
	if r.At.IsZero() {
		r.At = at
	}
	return &r
}

// SeeFile decides what a read showed of a file that is the document's: people removed it, or put
// it back. One that was never seen there is its sync's to judge.
func (m Files) SeeFile(id DocumentID, file SmokeballID, removed bool, by Proof, changed time.Time) []Event {
	d, ok := m.Document(id)
	switch {
	case !ok || d.File != file || file == "":
	case removed && d.Removed == nil && d.Confirmed:
		return []Event{DocumentRemoved{Document: id, File: file, FileName: d.name(), By: by, ChangedAt: changed}}
	case !removed && d.Removed != nil:
		return []Event{DocumentRestored{Document: id, File: file, FileName: d.name(), By: by}}
	}
	return nil
}

// name is what the document's file is called in Smokeball.
func (d Document) name() string {
	if d.Called != "" {
		return d.Called
	}
	return d.Data.fileName()
}

// DocumentOf is the document whose file it is, by the id of the file or by what we wrote into it.
func (m Files) DocumentOf(f SmokeballFile) (Document, bool) {
	for _, d := range m.Documents {
		if (f.ID != "" && d.File == f.ID) || (d.File == "" && f.Data[FileDocumentKey] == string(d.Data.ID)) {
			return d, true
		}
	}
	return Document{}, false
}

// Activity is the file as people see it on the timeline of its matter.
func (f SmokeballFile) Activity(matter SmokeballID, document DocumentID) Activity {
	return Activity{Kind: File, Matter: matter, Subject: f.Name + f.Extension, Document: document, Version: f.VersionID,
		Announced: !f.Uploaded, Deleted: f.Deleted || f.Cancelled}
}

// LookAtFile decides what a read of a file means, provided that the notice which asked for it is
// still the newest one. old: the file may have been there before anybody looked.
func (a Activities) LookAtFile(asked ActivityNoticed, m MatterID, is Activity, old bool) []Event {
	if a.Pending == nil || a.Pending.Origin != asked.Origin {
		return nil
	}
	if is.Deleted && is.Subject == "" && a.Known != nil { // Smokeball shows no more of it
		m, is = a.Matter, *a.Known
		is.Deleted = true
	}
	return []Event{ActivityRead{Matter: m, Activity: is, Change: a.fileChange(is, asked.People, old)}}
}

// FindFile decides what a list shows of a file that no notice named.
func (a Activities) FindFile(m MatterID, is Activity, people, old bool) []Event {
	change := a.fileChange(is, people, old)
	if change == "" || a.Pending != nil {
		return nil
	}
	return []Event{ActivityRead{Matter: m, Activity: is, Change: change}}
}

// fileChange says what happened to a file. Whether a document's file is there its matter tells.
func (a Activities) fileChange(is Activity, people, old bool) ActivityChange {
	known := a.Known
	switch {
	case is.Announced && !is.Deleted:
		return ""
	case is.Document != "":
		if people && !is.Deleted && (known == nil || (!known.Deleted && known.Version != is.Version)) {
			return ActivityChanged
		}
		return ""
	case is.Deleted && (known == nil || known.Deleted || known.Announced):
		return ""
	case is.Deleted:
		return ActivityDeleted
	case known == nil && old:
		return ActivityTouched
	case known == nil, known.Deleted, known.Announced:
		return ActivityAdded
	case *known != is:
		return ActivityChanged
	}
	return ""
}

// CheckSource is the source of what a person had looked at, where a webhook's would stand.
const CheckSource = "/check"

// Proof is what the read is made for.
func (n ActivityNoticed) Proof() Proof {
	if n.Origin.Source == CheckSource {
		return ByRead
	}
	return ByWebhook
}

// HasFiles reports whether any document of the matter is known to be in Smokeball, or to have been.
func (m Matter) HasFiles() bool {
	for _, d := range m.Documents {
		if d.Confirmed && d.File != "" {
			return true
		}
	}
	return false
}
