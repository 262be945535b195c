package domain

import (
	"slices"
	"time"
)

// approve adds a document, or puts a new approval of it in the place of the old one. An
// approval that was given before the known one and came late changes nothing. What was
// vouched for once stays so for the same object.
func approve(docs []Document, e DocumentApproved, at time.Time) []Document {
	next := append([]Document(nil), docs...)
	for i, d := range next {
		if d.Data.ID != e.Document.ID {
			continue
		}
		if was := d.Data.ApprovedAt; was != nil && e.Document.ApprovedAt != nil && e.Document.ApprovedAt.Before(*was) {
			return docs
		}
		next[i] = d.approved(e, at)
		return next
	}
	return append(next, Document{Data: e.Document, Vouched: e.Vouched, Approvals: 1, Told: at})
}

// approved is the document after another approval of it. Where digests tell that Smokeball has
// the approved bytes, nothing is to be sent. Without them the bytes themselves decide: they are
// fetched and compared with those that were sent.
func (d Document) approved(e DocumentApproved, at time.Time) Document {
	was, is := d.Data, e.Document
	if d.Removed != nil { // the new approval gets a file again
		d.dropFile()
		d.Confirmed, d.Removed = false, nil
	}
	switch {
	case is.SHA256 != "" && is.SHA256 == d.Sent:
		d.Uploaded, d.Confirmed = true, d.Shown
	case is.SHA256 == "" || is.SHA256 != was.SHA256:
		d.Uploaded, d.Confirmed = false, false
	}
	if d.File != "" && d.Called == "" {
		d.Called = was.fileName()
	}
	if d.Filed == nil && (d.File != "" || d.Intent != nil) {
		d.Filed = &was.Folder
	}
	d.Vouched = e.Vouched || d.Vouched && was.Content == is.Content
	d.Data, d.Failure, d.Told = is, nil, at
	d.Approvals++
	return d
}

// fileName is the document's name as Windows and Smokeball take it.
func (d DocumentData) fileName() string { return FileName(d.FileName, d.ContentType) }

// Keep decides that the document's file keeps the bytes that it has. approval counts the
// approvals that this was found out for: a newer one is looked at first (ErrTaken).
func (m Sending) Keep(t Attempt, approval int, e DocumentKept) ([]Event, error) {
	facts, err := m.Record(t, e)
	d, ok := m.Document(e.Document)
	if err == nil && (!ok || d.Approvals != approval || d.File != e.File || d.Sent != e.SHA256) {
		return nil, ErrTaken
	}
	return facts, err
}

// ShownBy reports whether a webhook under the request can show the bytes that are awaited. Of a
// document that was approved again it may be one about the bytes before: only a read tells.
func (d Document) ShownBy(r RequestID) bool {
	return r != "" && d.Request == r && d.Uploaded && !d.Confirmed && d.Approvals == 1
}

// Misnamed reports whether the document's file has another name than CaseHug gave it since.
func (d Document) Misnamed() bool {
	return d.File != "" && d.Removed == nil && d.Called != "" && d.Called != d.Data.fileName()
}

// NameRefused reports whether Smokeball refused the name that the document's file should have.
func (d Document) NameRefused(refused map[string]string) bool {
	return refused[FileNameField(d.Data.ID)] == d.Data.fileName()
}

// Misfiled reports whether the document was approved for another folder than its file was made
// for, which nobody was warned of yet.
func (d Document) Misfiled(refused map[string]string, s Settings) bool {
	return s.DocumentsFolder == "" && d.File != "" && d.Removed == nil && d.Filed != nil && *d.Filed != d.Data.Folder &&
		refused[FolderField(d.Data.ID)] != d.Data.FolderPath()
}

// FolderField names the folder of a document among what can't be changed in Smokeball.
func FolderField(id DocumentID) string { return "folder/" + string(id) }

// FolderPath is the document's folder as a path from the matter's root.
func (d DocumentData) FolderPath() string { return "/" + d.Folder }

func misfiled(m Matter, s Settings) bool {
	return slices.ContainsFunc(m.Documents, func(d Document) bool { return d.Misfiled(m.Refused, s) })
}

// FileNameField names the file name of a document among what Smokeball may refuse.
func FileNameField(id DocumentID) string { return "file_name/" + string(id) }

// renames reports whether a file has to be renamed.
func renames(m Matter) bool {
	for _, d := range m.Documents {
		if d.Misnamed() && !d.NameRefused(m.Refused) {
			return true
		}
	}
	return false
}
