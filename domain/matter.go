package domain

import (
	"cmp"
	"errors"
	"strings"
	"time"
)

// ErrTaken says that another engine or worker recorded the same intent first.
var ErrTaken = errors.New("domain: somebody else is at it")

// ErrNotCurrent says that the sync is no longer the one being worked on.
var ErrNotCurrent = errors.New("domain: the sync is not the matter's current one")

// Matter is a CaseHug matter: what CaseHug said of it, what its syncs did in Smokeball, and what
// people decided about differences. Each part decides what needs no other part.
type Matter struct {
	Announced
	Sending
	Contacts     map[ClientID]SmokeballID
	Tags         []string          // that Smokeball has from us
	TypeID       string            // the matter type it was resolved to
	TypeName     string            // of that matter type
	CaseType     string            // that the matter type was chosen for
	PracticeArea string            // the same
	Jurisdiction string            // the same
	Refused      map[string]string // values that Smokeball refused, by field; not offered again by itself
	Role         string            // of the clients, where a mapping says so
	Decisions

	Unclear map[ClientID]SmokeballID `json:",omitempty"`       // contacts that stand in the place of clients' which are gone
	Erased  bool                     `json:"erased,omitempty"` // its data were erased: nothing is synced any more
}

// Announced is what CaseHug said of a matter itself.
type Announced struct {
	Known bool
	Data  MatterData
	seen  *trail[EventRef]
}

// Sending is what a matter's syncs do in Smokeball: only the current attempt records what it does.
type Sending struct {
	Syncs
	Link
	Files
}

// Syncs are a matter's syncs, of which one at a time is current.
type Syncs struct {
	Current *Sync // nil: nothing to do
	Next    *Sync // asked for while the current one runs
	asked   bool  // some sync was ever asked for
	syncs   *trail[SyncID]
}

// Link is what a matter is, and was, in Smokeball.
type Link struct {
	Smokeball Linked
	Former    map[string]Former // what it was before in Smokeball, by account
	Parted    Parted            // that a person unlinked it, and nothing has taken that link's place
	Apart     []SmokeballID     // matters of Smokeball's that people unlinked it from: it is none of them
}

// Files are a matter's documents, and the files and folders of these in Smokeball.
type Files struct {
	Documents []Document        // in order of approval
	Folders   map[string]Folder // by path
}

// Decisions are what people, or a firm's setting, decided about fields that differ.
type Decisions struct {
	Accepted map[string]Acceptance `json:",omitempty"` // Smokeball's values that were taken for right, by field
	Repairs  map[string]Repair     `json:",omitempty"` // fields that a sync is to write although CaseHug did not change them
	Settled  map[string]Settlement `json:",omitempty"` // fields that were repaired because of the firm's setting
}

// Linked is what Smokeball has of a matter.
type Linked struct {
	ID        SmokeballID  // empty: nothing yet
	Confirmed bool         // it, and its last change, was seen there
	Sent      MatterDraft  // what Smokeball was last told, or asked for by the intent
	Before    *MatterDraft // while a change waits for confirmation: what counted before it
	Change    MatterChange // the last change that was written
	Request   RequestID    // of the call that waits for confirmation
	Since     time.Time    // when that call was accepted
	Intent    *Intent      // a creation that may or may not have happened
	Account   string       // of Smokeball; empty: whichever is connected
	Made      bool         // by us: nothing was in it before
	Seen      time.Time    // when Smokeball last showed it
	Gone      bool         // Smokeball no longer has it
	There     There        // what Smokeball is known to have of it
	Left      []ClientID   // CaseHug's clients who are not put on it, because a person decided so
	Same      SmokeballID  // the contact that the matter's client is, because a person said so
}

// Former is what a matter was in a Smokeball account before it was unlinked.
type Former struct {
	ID   SmokeballID
	Sent MatterDraft // what Smokeball was last told
	Gone bool        // people had deleted it there
}

// Folder is a folder for documents in the Smokeball matter.
type Folder struct {
	ID     SmokeballID // empty: not there yet
	Intent *Intent     // a creation that may or may not have happened
}

// Document is an approved document and its file in Smokeball.
type Document struct {
	Data      DocumentData
	Vouched   bool        // a publisher who serves all firms named its object for this one
	File      SmokeballID // empty: not announced yet
	Request   RequestID
	Intent    *Intent // an announcement that may or may not have happened
	Size      int64   // bytes that were sent
	Sent      string  // their SHA-256; empty: not known what the file has
	Shown     bool    // Smokeball has shown those that Sent names
	Filed     *string // the folder that its file was made for, where it was approved again since
	Called    string  // the file's name, as Smokeball was told last; empty: not known
	Uploaded  bool
	Since     time.Time // when the bytes were sent
	Confirmed bool
	Failure   *Failure  // of the last try
	FailedIn  SyncID    // the sync of that failure
	Approvals int       // that counted, of this document
	Told      time.Time // when the newest of them came
	Moved     bool      // it was sent to another matter; it may be in this one too
	Doubted   bool      // it had a file that was refused or given up; a record of it may be left

	Removed *Removal // by people, in Smokeball; nil: nobody did
}

// Apply returns the matter after e.
func (m Matter) Apply(e Event, at time.Time) Matter {
	switch e := e.(type) {
	case MatterCreated:
		m.Known, m.Data = true, e.Matter
		m.seen = m.seen.with(e.Origin)
	case MatterUpdated:
		m.Known, m.Data = true, e.Matter
		m.seen = m.seen.with(e.Origin)
	case MatterOutdated:
		m.seen = m.seen.with(e.Origin)
	case MatterRebased:
		m.Data.Version = e.Version
	case SyncJoined:
		m.seen = m.seen.with(e.Origin)
		m = joined(m, e)
	case DocumentApproved:
		if !e.Part {
			m.seen = m.seen.with(e.Origin)
		}
		m.Documents = approve(m.Documents, e, at)
	case MatterErased:
		m.Known, m.Erased, m.Current, m.Next, m.Repairs = true, true, nil, nil, nil
	case SyncRequested, SyncStarted, SyncDeferred, SyncReleased, SyncConfirming, SyncSucceeded, SyncFailed, SyncSkipped, SyncCancelled:
		m = applySync(m, e, at)
	default:
		m = applyEffect(m, e, at)
		m.Smokeball = m.Smokeball.follow(e, at)
	}
	return m.decided(e, at)
}

// applySync moves the sync that the event is about.
func applySync(m Matter, e Event, at time.Time) Matter {
	if r, ok := e.(SyncRequested); ok {
		return enqueue(m, r, at)
	}
	id, _ := SyncMoved(e)
	switch {
	case !m.allows(e):
	case m.Current != nil && m.Current.ID == id:
		to, _ := m.Current.Status.After(e)
		if to.Ended() {
			m.Current, m.Next = m.Next, nil
			return m
		}
		m = changeSync(m, func(s *Sync) { s.follow(e, to, at) })
	case m.Next != nil && m.Next.ID == id:
		if to, _ := m.Next.Status.After(e); to.Ended() {
			m.Next = nil
		}
	}
	return m
}

func enqueue(m Matter, e SyncRequested, at time.Time) Matter {
	if m.Erased {
		return m
	}
	m.Link = m.askedAgain(e.Trigger)
	m.asked = true
	m.syncs = m.syncs.with(e.Sync)
	if e.Origin != (EventRef{}) {
		m.seen = m.seen.with(e.Origin)
	}
	s := &Sync{ID: e.Sync, Trigger: e.Trigger, By: e.By, Status: Queued, QueuedAt: at,
		Wanted: e.Trigger == TriggerManual || e.Trigger == TriggerRetry}
	if m.Current == nil {
		m.Current = s
	} else {
		m.Next = s
	}
	return m
}

// joined notes that a person requires the sync which an event had asked for.
func joined(m Matter, e SyncJoined) Matter {
	m.Link = m.askedAgain(e.Trigger)
	switch {
	case e.By == "":
	case m.Current != nil && m.Current.ID == e.Sync:
		return changeSync(m, func(s *Sync) { s.Wanted = true })
	case m.Next != nil && m.Next.ID == e.Sync:
		next := *m.Next
		next.Wanted = true
		m.Next = &next
	}
	return m
}

// changeSync applies f to a copy of the current sync, because older values share it.
func changeSync(m Matter, f func(*Sync)) Matter {
	if m.Current == nil {
		return m
	}
	s := *m.Current
	f(&s)
	m.Current = &s
	return m
}

func applyEffect(m Matter, e Event, at time.Time) Matter {
	switch e := e.(type) {
	case MatterTypeResolved:
		m.TypeID, m.TypeName, m.Role = e.TypeID, e.TypeName, e.ClientRole
		m.CaseType, m.PracticeArea, m.Jurisdiction = e.CaseType, e.PracticeArea, e.Jurisdiction
		m = changeSync(m, func(s *Sync) { s.Warnings = warn(s.Warnings, e.Warning) })
	case ContactResolved:
		m = resolveContact(m, e, at)
	case SyncWarned:
		m.Refused = refuse(m.Refused, e.Field, e.Value)
		m = changeSync(m, func(s *Sync) { s.Warnings = warn(s.Warnings, &e.Warning) })
	case MatterTagged:
		m.Tags = e.Tags
		m = changeSync(m, func(s *Sync) { s.Changed = true })
	case ClientFollowed:
		m = m.followed(e)
	case ClientNotFollowed:
		m.Unclear = with(m.Unclear, e.Client, e.To)
	case ContactSeen:
		m = changeSync(m, func(s *Sync) { s.Contacts, s.Changed = without(s.Contacts, e.Contact), true })
	case MatterCreationStarted:
		m.Smokeball = Linked{Intent: &Intent{Request: e.Request, At: at}, Sent: e.Sent, Account: e.Account}
	case MatterCreationRefused, MatterCreationAbandoned:
		m.Smokeball = Linked{}
	case MatterMissed:
		m.Smokeball = Linked{Intent: &Intent{Request: e.Request, At: at}, Sent: m.Smokeball.Sent, Account: m.Smokeball.Account}
	case MatterChangeRefused, MatterChangeMissed:
		if before := m.Smokeball.Before; before != nil {
			m.Smokeball.Sent, m.Smokeball.Before, m.Smokeball.Confirmed = *before, nil, true
		}
	case MatterAccepted:
		m.Smokeball = Linked{ID: e.Matter, Sent: e.Sent, Request: e.Request, Since: at, Account: e.Account, Made: true}
		m.Link = m.joinedWith(e.Matter)
		m = changeSync(m, func(s *Sync) { s.Created, s.Changed = true, true })
	case MatterLinked:
		m = linked(m, e, at)
		m.Link = m.joinedWith(e.Matter)
		m = changeSync(m, func(s *Sync) { s.Changed = true })
	case MatterChangeAccepted:
		if before := m.Smokeball.Sent; m.Smokeball.Confirmed {
			m.Smokeball.Before = &before
		}
		m.Smokeball.Sent, m.Smokeball.Change, m.Smokeball.Request, m.Smokeball.Since, m.Smokeball.Confirmed = e.Sent, e.Change, e.Request, at, false
		m = changeSync(m, func(s *Sync) { s.Changed = true })
	case MatterConfirmed:
		m.Smokeball.Confirmed, m.Smokeball.Before, m.Smokeball.Seen = true, nil, at
		m = changeSync(m, func(s *Sync) { s.Changed = true })
	case MatterGone:
		m.Smokeball.Gone = true
	case MatterUnlinked:
		m = unlinked(m, e)
		m.Link = m.part(e, at)
	default:
		m = applyFile(m, e, at)
	}
	return m
}

// linked is the matter after it was linked. One that was restored stays as a person linked it.
func linked(m Matter, e MatterLinked, at time.Time) Matter {
	was := m.Smokeball
	m.Smokeball = Linked{ID: e.Matter, Sent: e.Known, Confirmed: true, Account: e.Account, Seen: at, Left: e.Left, Same: e.Contact,
		Made: was.Intent != nil && e.How == LinkedByID} // by the call whose answer was lost
	if e.How == LinkedRestored && was.ID == e.Matter {
		m.Smokeball.Left, m.Smokeball.Same = was.Left, was.Same
	}
	return m
}

// unlinked forgets what the matter is in Smokeball, and notes what it was. Contacts are the
// account's: in another one they are looked for again.
func unlinked(m Matter, e MatterUnlinked) Matter {
	if e.Matter != "" {
		next := map[string]Former{e.Account: {ID: e.Matter, Sent: m.Smokeball.Settled(), Gone: e.Reason == UnlinkedGone}}
		for account, f := range m.Former {
			if account != e.Account {
				next[account] = f
			}
		}
		m.Former = next
	}
	m.Smokeball, m.Folders, m.Tags, m.TypeID, m.TypeName, m.CaseType, m.Role, m.Refused = Linked{}, nil, nil, "", "", "", "", nil
	docs := append([]Document(nil), m.Documents...)
	for i, d := range docs {
		docs[i] = Document{Data: d.Data, Vouched: d.Vouched, Approvals: d.Approvals, Told: d.Told, Moved: d.Moved || d.File != "" || d.Intent != nil || d.Doubted}
	}
	m.Documents = docs
	if e.Reason == UnlinkedAccount {
		m.Contacts = nil
		m = changeSync(m, func(s *Sync) { s.Contacts, s.Resolved = nil, nil })
	}
	return m
}

// Settled is what Smokeball is known to have been told: not a change that may not have
// come through.
func (l Linked) Settled() MatterDraft {
	if l.Before != nil {
		return *l.Before
	}
	return l.Sent
}

func resolveContact(m Matter, e ContactResolved, at time.Time) Matter {
	next := map[ClientID]SmokeballID{e.Client: e.Contact}
	for k, v := range m.Contacts {
		if k != e.Client {
			next[k] = v
		}
	}
	m.Contacts = next
	return changeSync(m, func(s *Sync) {
		s.Warnings = warn(s.Warnings, e.Warning)
		s.Changed = s.Changed || e.Outcome == OutcomeAccepted || e.Outcome == OutcomeUpdated
		if !contains(s.Resolved, e.Client) {
			s.Resolved = append(s.Resolved[:len(s.Resolved):len(s.Resolved)], e.Client)
		}
		s.Contacts = unpended(without(s.Contacts, e.Contact), e.Key)
		if e.Pending {
			s.Contacts = append(s.Contacts, PendingContact{Client: e.Client, Contact: e.Contact, Key: e.Key, Since: at, Request: e.Request})
		}
	})
}

func applyFile(m Matter, e Event, at time.Time) Matter {
	switch e := e.(type) {
	case FileCreationStarted:
		m = changeDocument(m, e.Document, func(d *Document) {
			d.Intent, d.Doubted = &Intent{Request: e.Request, At: at}, false
			d.Called = cmp.Or(e.FileName, d.Data.fileName())
		})
	case FileCreationRefused:
		m = changeDocument(m, e.Document, (*Document).dropFile)
	case FileCreationAbandoned:
		m = changeDocument(m, e.Document, (*Document).dropFile)
	case FileMissed:
		m = changeDocument(m, e.Document, func(d *Document) {
			d.Intent, d.File, d.Request, d.Uploaded = &Intent{Request: e.Request, At: at}, "", "", false
			d.Sent, d.Shown = "", false
		})
	case FileAccepted:
		m = changeDocument(m, e.Document, func(d *Document) {
			d.File, d.Request, d.Intent, d.Doubted = e.File, e.Request, nil, false
			d.Sent, d.Shown = "", false
		})
	case DocumentReplacementStarted:
		m = changeDocument(m, e.Document, func(d *Document) { d.Sent, d.Shown = "", false })
	case DocumentUploaded:
		m = changeDocument(m, e.Document, func(d *Document) {
			d.Uploaded, d.Since, d.Size, d.Failure = true, at, e.SizeBytes, nil
			d.Sent, d.Shown = e.SHA256, false
		})
		m = changeSync(m, func(s *Sync) { s.Changed = true })
	case DocumentConfirmed:
		m = changeDocument(m, e.Document, func(d *Document) { d.Confirmed, d.Shown = true, true })
		m = changeSync(m, func(s *Sync) { s.Changed = true })
	case DocumentKept:
		m = changeDocument(m, e.Document, func(d *Document) { d.Uploaded, d.Confirmed, d.Failure = true, d.Shown, nil })
	case FileRenamed:
		m = changeDocument(m, e.Document, func(d *Document) { d.Called = e.FileName })
		m = changeSync(m, func(s *Sync) { s.Changed = true })
	case DocumentRemoved:
		m = changeDocument(m, e.Document, func(d *Document) { d.Removed = removal(e, at) })
	case DocumentRestored:
		m = changeDocument(m, e.Document, func(d *Document) { d.Removed = nil })
	case DocumentFailed:
		m = changeDocument(m, e.Document, func(d *Document) { d.Failure, d.FailedIn = &e.Failure, e.Sync })
	default:
		m = applyFolder(m, e, at)
	}
	return m
}

func applyFolder(m Matter, e Event, at time.Time) Matter {
	switch e := e.(type) {
	case FolderCreationStarted:
		m.Folders = withFolder(m.Folders, e.Path, Folder{Intent: &Intent{Request: e.Request, At: at}})
	case FolderCreationRefused:
		m.Folders = withFolder(m.Folders, e.Path, Folder{})
	case FolderCreationAbandoned:
		m.Folders = withFolder(m.Folders, e.Path, Folder{})
	case FolderResolved:
		m.Folders = withFolder(m.Folders, e.Path, Folder{ID: e.Folder})
	case FolderGone:
		m.Folders = withoutFolder(m.Folders, e)
	}
	return m
}

// dropFile forgets the document's file.
func (d *Document) dropFile() {
	d.Doubted = d.File != ""
	d.Intent, d.File, d.Request, d.Uploaded, d.Called = nil, "", "", false, ""
	d.Sent, d.Shown, d.Filed = "", false, nil
}

// withFolder returns the folders with one of them changed, leaving the old map as it was.
func withFolder(all map[string]Folder, path string, f Folder) map[string]Folder {
	next := map[string]Folder{path: f}
	for k, v := range all {
		if k != path {
			next[k] = v
		}
	}
	return next
}

// withoutFolder returns the folders without one, and without those in it, as far as they are
// the ones that were there when it was missed.
func withoutFolder(all map[string]Folder, gone FolderGone) map[string]Folder {
	if all[gone.Path].ID != gone.Folder {
		return all
	}
	next := map[string]Folder{}
	for path, f := range all {
		if path != gone.Path && !strings.HasPrefix(path, gone.Path+"/") {
			next[path] = f
		}
	}
	return next
}

func changeDocument(m Matter, id DocumentID, f func(*Document)) Matter {
	docs := append([]Document(nil), m.Documents...)
	for i := range docs {
		if docs[i].Data.ID == id {
			f(&docs[i])
		}
	}
	m.Documents = docs
	return m
}

// refuse returns the refused values with one more, leaving the old map as it was.
func refuse(all map[string]string, field, value string) map[string]string {
	if field == "" {
		return all
	}
	next := map[string]string{field: value}
	for k, v := range all {
		if k != field {
			next[k] = v
		}
	}
	return next
}

func warn(list []Warning, w *Warning) []Warning {
	if w == nil || WarnedOf(list, *w) {
		return list
	}
	return append(list[:len(list):len(list)], *w)
}

// unpended drops what was awaited under the key: another contact has taken its place.
func unpended(list []PendingContact, key ContactKey) []PendingContact {
	var rest []PendingContact
	for _, p := range list {
		if p.Key != key {
			rest = append(rest, p)
		}
	}
	return rest
}

func without(list []PendingContact, id SmokeballID) []PendingContact {
	var rest []PendingContact
	for _, p := range list {
		if p.Contact != id {
			rest = append(rest, p)
		}
	}
	return rest
}

// Unsent are the approved documents that Smokeball is not known to have.
func (m Files) Unsent() []Document {
	var list []Document
	for _, d := range m.Documents {
		if !d.Confirmed {
			list = append(list, d)
		}
	}
	return list
}

// LeavesOut reports whether the sync leaves the document out: it failed for good in an earlier
// one, and neither a person nor a new approval asks for another try.
func (s *Sync) LeavesOut(d Document) bool {
	return d.Failure != nil && s != nil && d.FailedIn != s.ID && !s.Wanted
}

// Document is the approved document of that id.
func (m Files) Document(id DocumentID) (Document, bool) {
	for _, d := range m.Documents {
		if d.Data.ID == id {
			return d, true
		}
	}
	return Document{}, false
}
