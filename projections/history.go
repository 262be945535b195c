package projections

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// Entry is one sync in the history, as the outside contract shows it.
type Entry struct {
	ID            domain.SyncID    `json:"id"`
	Firm          domain.FirmID    `json:"firm_id"`
	Matter        domain.MatterID  `json:"matter_id"`
	CaseNumber    string           `json:"case_number"`
	Title         string           `json:"title"`
	Client        string           `json:"client_name" doc:"The matter's client, by name; empty: not known."`
	Trigger       domain.Trigger   `json:"trigger"`
	RequestedBy   string           `json:"requested_by"`
	Status        domain.Status    `json:"status"`
	Warnings      []Warning        `json:"warnings"`
	Error         *Failure         `json:"error"`
	QueuedAt      time.Time        `json:"queued_at"`
	StartedAt     *time.Time       `json:"started_at"`
	FinishedAt    *time.Time       `json:"finished_at"`
	Attempts      int              `json:"attempts"`
	NextAttemptAt *time.Time       `json:"next_attempt_at"`
	Smokeball     EntryResources   `json:"smokeball"`
	Steps         []EntryStep      `json:"steps"`
	Position      uint64           `json:"position"` // ledger position of the request: newer syncs have higher ones
	Origin        *domain.EventRef `json:"origin,omitempty"`
	CancelledBy   string           `json:"cancelled_by,omitempty"`
}

// Warning is something that a person should look at.
type Warning struct {
	Code    domain.WarningCode `json:"code"`
	Message string             `json:"message"`
	Link    string             `json:"link,omitempty"` // where Smokeball has what it is about
}

// EntryResources are what a sync made or met in Smokeball.
type EntryResources struct {
	Matter   domain.SmokeballID   `json:"matter_id"`
	Contacts []domain.SmokeballID `json:"contact_ids"`
	Files    []EntryFile          `json:"files"`
}

// EntryFile is a document's file in Smokeball.
type EntryFile struct {
	ID       domain.SmokeballID `json:"id"`
	Document domain.DocumentID  `json:"document_id"`
	Name     string             `json:"file_name,omitempty"`
}

// EntryStep is one step of a sync.
type EntryStep struct {
	Name       domain.Step        `json:"name"`
	Outcome    domain.Outcome     `json:"outcome"`
	At         time.Time          `json:"at"`
	DurationMS int64              `json:"duration_ms"`
	Smokeball  domain.SmokeballID `json:"smokeball_id"`
	Request    domain.RequestID   `json:"request_id"`
	Detail     string             `json:"detail"`
}

// History is the sync log that admins read: one row per sync.
var History = View[HistoryRow]{Name: "history", Version: 10, Keys: syncKeys, Fold: foldHistory,
	Order: func(r HistoryRow) (string, uint64) { return string(r.Firm), r.Position },
	When:  func(r HistoryRow) time.Time { return r.QueuedAt },
	Lists: func(r HistoryRow) []string {
		return append(subsets(named("status", string(r.Status)), named("trigger", string(r.Trigger))), named("matter", string(r.Matter)))
	},
	Text:    func(r HistoryRow) string { return r.Worded().searchText() },
	Counted: func(r HistoryRow) string { return string(r.Status) },
	Gone:    func(r HistoryRow) bool { return r.ID == "" },
	Changed: func(r HistoryRow) uint64 { return r.Changed }}

// HistoryRow is an entry as it is kept: its warnings, its failure and its failed steps get their
// sentences when they are read, so that a better sentence reaches old entries too.
type HistoryRow struct {
	Entry
	Warned  []domain.Warning `json:"warned,omitempty"`
	Failure *domain.Failure  `json:"failure,omitempty"`
	// Failures are why steps failed, by their places in Steps.
	Failures map[int]domain.Failure `json:"failures,omitempty"`
	Changed  uint64                 `json:"changed"` // ledger position of its last change
}

func foldHistory(r HistoryRow, env eventstore.Envelope) HistoryRow {
	if _, expired := env.Event.(domain.HistoryExpired); expired {
		return HistoryRow{}
	}
	next := HistoryRow{Entry: foldEntry(r.Entry, env), Warned: foldWarnings(r.Warned, env.Event), Failure: foldFailure(r, env.Event), Failures: r.Failures, Changed: uint64(env.Seq)}
	if f, ok := failureIn(env.Event); ok && len(next.Steps) > len(r.Steps) {
		next.Failures = maps.Clone(r.Failures)
		if next.Failures == nil {
			next.Failures = map[int]domain.Failure{}
		}
		next.Failures[len(next.Steps)-1] = f
	}
	return next
}

// failureIn is the failure that ended a step; ok is false for an event that ended none so.
func failureIn(e domain.Event) (f domain.Failure, ok bool) {
	switch e := e.(type) {
	case domain.SyncFailed:
		return e.Failure, true
	case domain.DocumentFailed:
		return e.Failure, true
	}
	return f, false
}

// foldFailure is why the sync waits or failed.
func foldFailure(r HistoryRow, e domain.Event) *domain.Failure {
	if _, moves := domain.SyncMoved(e); !moves {
		return r.Failure
	}
	if _, ok := r.Status.After(e); !ok {
		return r.Failure
	}
	switch e := e.(type) {
	case domain.SyncDeferred:
		return &e.Failure
	case domain.SyncConfirming:
		return r.Failure
	case domain.SyncFailed:
		return &e.Failure
	}
	return nil
}

func foldWarnings(list []domain.Warning, e domain.Event) []domain.Warning {
	switch e := e.(type) {
	case domain.SyncRequested:
		return nil
	case domain.SyncSucceeded:
		return e.Warnings
	case domain.MatterTypeResolved:
		return addWarning(list, e.Warning)
	case domain.ContactResolved:
		return addWarning(list, e.Warning)
	case domain.SyncWarned:
		return addWarning(list, &e.Warning)
	}
	return list
}

func syncKeys(env eventstore.Envelope) []string {
	if e, ok := env.Event.(domain.HistoryExpired); ok {
		keys := make([]string, len(e.Syncs))
		for i, s := range e.Syncs {
			keys[i] = rowKey(string(env.Stream.Firm), string(s.Sync))
		}
		return keys
	}
	if env.Stream.Kind != domain.KindMatter {
		return nil
	}
	if id := syncOf(env.Event); id != "" {
		return []string{rowKey(string(env.Stream.Firm), string(id))}
	}
	return nil
}

// syncOf is the sync that an event belongs to, "" where it belongs to none.
func syncOf(e domain.Event) domain.SyncID {
	if s, ok := e.(domain.OfSync); ok {
		return s.OfSync()
	}
	return ""
}

func foldEntry(e Entry, env eventstore.Envelope) Entry {
	if r, ok := env.Event.(domain.SyncRequested); ok {
		return filled(newEntry(r, env))
	}
	if _, moves := domain.SyncMoved(env.Event); !moves {
		return filled(foldStep(e, env))
	}
	to, ok := e.Status.After(env.Event)
	if !ok {
		return filled(e)
	}
	if e.Status = to; to.Ended() {
		e.FinishedAt = &env.At
	}
	return filled(foldMove(e, env))
}

// foldMove notes what comes with a move, beside the status.
func foldMove(e Entry, env eventstore.Envelope) Entry {
	switch ev := env.Event.(type) {
	case domain.SyncStarted:
		e.Attempts, e.NextAttemptAt, e.Title, e.CaseNumber, e.Client = ev.Attempt, nil, ev.Title, ev.CaseNumber, ev.Client
		if e.StartedAt == nil {
			e.StartedAt = &env.At
		}
	case domain.SyncDeferred:
		e.NextAttemptAt = timeOrNil(ev.Until)
	case domain.SyncReleased:
		e.NextAttemptAt = nil
	case domain.SyncSkipped:
		e = skippedStep(e, ev.Reason, env.At)
	case domain.SyncCancelled:
		e.CancelledBy, e.NextAttemptAt = ev.By, nil
	case domain.SyncFailed:
		e = failedStep(e, ev, env.At)
	}
	return e
}

func newEntry(r domain.SyncRequested, env eventstore.Envelope) Entry {
	e := Entry{ID: r.Sync, Firm: env.Stream.Firm, Matter: domain.MatterID(env.Stream.ID), Title: r.Title, CaseNumber: r.CaseNumber, Client: r.Client,
		Trigger: r.Trigger, RequestedBy: r.By, Status: domain.Queued, QueuedAt: env.At, Position: uint64(env.Seq)}
	if r.Origin != (domain.EventRef{}) {
		e.Origin = &r.Origin
	}
	return e
}

// failedStep adds the step that ended the sync, unless a document's own step shows it.
func failedStep(e Entry, ev domain.SyncFailed, at time.Time) Entry {
	if ev.Step == "" || ev.Step == domain.StepDocument {
		return e
	}
	e.Steps = append(e.Steps, EntryStep{Name: ev.Step, Outcome: domain.OutcomeFailed, At: at, Request: requestOf(ev.Failure)})
	return e
}

// requestOf is the call that Smokeball refused, or "".
func requestOf(f domain.Failure) domain.RequestID {
	if f.Smokeball == nil {
		return ""
	}
	return f.Smokeball.RequestID
}

// skippedStep says in the matter's step why nothing was done.
func skippedStep(e Entry, why domain.SkipReason, at time.Time) Entry {
	reason := string(why)
	for i := range e.Steps {
		if s := &e.Steps[i]; s.Name == domain.StepMatter && s.Outcome == domain.OutcomeUnchanged {
			s.Detail = reason
			return e
		}
	}
	e.Steps = append(e.Steps, EntryStep{Name: domain.StepMatter, Outcome: domain.OutcomeUnchanged, At: at, Detail: reason})
	return e
}

// filled gives empty lists instead of none, as the contract shows them.
func filled(e Entry) Entry {
	if e.Warnings == nil {
		e.Warnings = []Warning{}
	}
	if e.Smokeball.Contacts == nil {
		e.Smokeball.Contacts = []domain.SmokeballID{}
	}
	if e.Smokeball.Files == nil {
		e.Smokeball.Files = []EntryFile{}
	}
	if e.Steps == nil {
		e.Steps = []EntryStep{}
	}
	return e
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func foldStep(e Entry, env eventstore.Envelope) Entry {
	step := EntryStep{At: env.At}
	switch ev := env.Event.(type) {
	case domain.MatterTypeResolved:
		step.Name, step.Outcome, step.DurationMS = domain.StepMatterType, domain.OutcomeMatched, ev.DurationMS
		step.Detail = ev.CaseType + " → " + ev.TypeName
		if ev.How == domain.HowCustom {
			step.Detail += ", by the firm's own mapping"
		}
	case domain.ContactResolved:
		step.Name, step.Outcome, step.DurationMS = domain.StepContact, ev.Outcome, ev.DurationMS
		step.Smokeball, step.Request, step.Detail = ev.Contact, ev.Request, "client "+string(ev.Client)
		if !slices.Contains(e.Smokeball.Contacts, ev.Contact) {
			e.Smokeball.Contacts = append(e.Smokeball.Contacts, ev.Contact)
		}
	case domain.ContactSeen:
		step.Name, step.Outcome, step.DurationMS = domain.StepConfirm, domain.OutcomeConfirmed, ev.DurationMS
		step.Smokeball, step.Request, step.Detail = ev.Contact, ev.Request, "contact, by "+string(ev.By)
		e.Steps = created(e.Steps, ev.Contact)
	case domain.MatterAccepted:
		step.Name, step.Outcome, step.DurationMS = domain.StepMatter, domain.OutcomeAccepted, ev.DurationMS
		step.Smokeball, step.Request = ev.Matter, ev.Request
		e.Smokeball.Matter = ev.Matter
	case domain.MatterLinked:
		step.Name, step.Outcome, step.DurationMS = domain.StepMatter, domain.OutcomeMatched, ev.DurationMS
		step.Smokeball, step.Detail = ev.Matter, found(ev.How)
		e.Smokeball.Matter = ev.Matter
	case domain.MatterChangeAccepted:
		step.Name, step.Outcome, step.DurationMS = domain.StepMatter, domain.OutcomeUpdated, ev.DurationMS
		step.Smokeball, step.Request, step.Detail = ev.Matter, ev.Request, strings.Join(changed(ev.Change), ", ")
		e.Smokeball.Matter = ev.Matter
	case domain.MatterConfirmed:
		step.Name, step.Outcome, step.DurationMS = domain.StepConfirm, domain.OutcomeConfirmed, ev.DurationMS
		step.Smokeball, step.Request, step.Detail = ev.Matter, ev.Request, "matter, by "+string(ev.By)
		e.Smokeball.Matter = ev.Matter
	default:
		return foldFile(e, env)
	}
	if step.Name == "" {
		return e
	}
	return addStep(e, step)
}

// found says how a matter was found in Smokeball.
func found(how domain.Linking) string {
	switch how {
	case domain.LinkedRestored:
		return "it was restored in Smokeball"
	case domain.LinkedEarlier:
		return "it was linked in this account before"
	}
	return "found in Smokeball by " + strings.ReplaceAll(string(how), "_", " ")
}

// created says of an accepted contact that it was created, now that it is there.
func created(steps []EntryStep, contact domain.SmokeballID) []EntryStep {
	for i, s := range steps {
		if s.Name == domain.StepContact && s.Smokeball == contact && s.Outcome == domain.OutcomeAccepted {
			steps[i].Outcome = domain.OutcomeCreated
		}
	}
	return steps
}

func foldFile(e Entry, env eventstore.Envelope) Entry {
	step := EntryStep{At: env.At}
	switch ev := env.Event.(type) {
	case domain.DocumentUploaded:
		step.Name, step.Outcome, step.DurationMS = domain.StepDocument, domain.OutcomeUploaded, ev.DurationMS
		step.Smokeball, step.Request, step.Detail = ev.File, ev.Request, ev.FileName
		e.Smokeball.Files = addFile(e.Smokeball.Files, EntryFile{ID: ev.File, Document: ev.Document, Name: ev.FileName})
	case domain.DocumentConfirmed:
		step.Name, step.Outcome, step.DurationMS = domain.StepConfirm, domain.OutcomeConfirmed, ev.DurationMS
		step.Smokeball, step.Request, step.Detail = ev.File, ev.Request, "file, by "+string(ev.By)
	case domain.DocumentKept:
		step.Name, step.Outcome, step.Smokeball = domain.StepDocument, domain.OutcomeUnchanged, ev.File
		if step.Detail = "the same content as before"; !ev.Compared {
			step.Detail = "not compared: its object is gone"
		}
	case domain.FileRenamed:
		step.Name, step.Outcome, step.DurationMS = domain.StepDocument, domain.OutcomeUpdated, ev.DurationMS
		step.Smokeball, step.Request, step.Detail = ev.File, ev.Request, "renamed “"+ev.Was+"” to “"+ev.FileName+"”"
		e.Smokeball.Files = addFile(e.Smokeball.Files, EntryFile{ID: ev.File, Document: ev.Document, Name: ev.FileName})
	case domain.DocumentFailed:
		step.Name, step.Outcome, step.Detail = domain.StepDocument, domain.OutcomeFailed, ev.FileName
		step.Request = requestOf(ev.Failure)
	case domain.MatterTagged:
		step.Name, step.Outcome, step.Smokeball = domain.StepMatter, domain.OutcomeUpdated, ev.Matter
		step.Detail = "tags " + strings.Join(ev.Tags, ", ")
	case domain.MatterUnchanged:
		step.Name, step.Outcome = domain.StepMatter, domain.OutcomeUnchanged
		step.Smokeball, e.Smokeball.Matter = ev.Matter, ev.Matter
	default:
		return foldAbandoned(e, env)
	}
	return addStep(e, step)
}

// foldAbandoned adds what the engine asked for and no longer expects.
func foldAbandoned(e Entry, env eventstore.Envelope) Entry {
	step := EntryStep{Name: domain.StepMatter, Outcome: domain.OutcomeUnchanged, At: env.At, Detail: describeAbandoned(env.Event)}
	switch ev := env.Event.(type) {
	case domain.MatterCreationAbandoned:
		step.Request = ev.Request
	case domain.MatterChangeMissed:
		step.Request = ev.Request
	case domain.FolderCreationAbandoned:
		step.Name, step.Request = domain.StepDocument, ev.Request
	case domain.FileCreationAbandoned:
		step.Name, step.Request, step.Smokeball = domain.StepDocument, ev.Request, ev.File
	default:
		return e
	}
	return addStep(e, step)
}

// describeAbandoned says in one sentence what the engine does not expect any more, and what it
// does instead; "" for other events.
func describeAbandoned(e domain.Event) string {
	switch e := e.(type) {
	case domain.MatterCreationAbandoned:
		return abandoned("the matter", e.Reason)
	case domain.MatterChangeMissed:
		return "Smokeball accepted a change of the matter and did not show it in time; it is written again"
	case domain.FolderCreationAbandoned:
		return abandoned("the folder “"+e.Path+"”", e.Reason)
	case domain.FileCreationAbandoned:
		return abandoned("the file of a document", e.Reason)
	}
	return ""
}

func abandoned(what string, why domain.Abandonment) string {
	switch why {
	case domain.AbandonedNotSent:
		return "The request for " + what + " did not reach Smokeball; it is sent again"
	case domain.AbandonedNotSeen:
		return "The answer to the request for " + what + " was lost, and Smokeball did not show it in time; it is looked for and sent again"
	case domain.AbandonedDeleted:
		return "Somebody deleted " + what + " in Smokeball; it is sent again"
	case domain.AbandonedNoUploadURL:
		return "Smokeball offered no place for " + what + " in time; it is announced again"
	}
	return "The engine no longer expects " + what
}

// addStep adds a step, in the place of the same step of an earlier attempt unless it failed.
func addStep(e Entry, s EntryStep) Entry {
	for i, old := range e.Steps {
		if old.Name == s.Name && old.Smokeball == s.Smokeball && old.Outcome == s.Outcome && old.Detail == s.Detail && s.Outcome != domain.OutcomeFailed {
			e.Steps[i] = s
			return e
		}
	}
	e.Steps = append(e.Steps, s)
	return e
}

func addWarning(list []domain.Warning, w *domain.Warning) []domain.Warning {
	if w == nil || domain.WarnedOf(list, *w) {
		return list
	}
	return append(list[:len(list):len(list)], *w)
}

func addFile(list []EntryFile, f EntryFile) []EntryFile {
	for _, old := range list {
		if old.ID == f.ID {
			return list
		}
	}
	return append(list, f)
}

// changed names the fields of a change in people's words.
func changed(c domain.MatterChange) []string {
	var names []string
	for _, f := range []struct {
		name string
		is   bool
	}{{"name", c.Description != nil}, {"number", c.Number != nil}, {"status", c.Status != nil},
		{"opened date", c.OpenedDate != nil}, {"closed date", c.ClosedDate != nil || c.Reopened}, {"clients", c.ClientIDs != nil}, {"responsible person", c.ResponsibleStaffID != nil}} {
		if f.is {
			names = append(names, f.name)
		}
	}
	return names
}

// Worded is the entry as people read it.
func (r HistoryRow) Worded() Entry {
	e := r.Entry
	e.Warnings = make([]Warning, len(r.Warned))
	for i, w := range r.Warned {
		e.Warnings[i] = Warning{Code: w.Code, Message: wording.Warning(w), Link: w.Link}
	}
	e.Steps = slices.Clone(e.Steps)
	for i, s := range e.Steps {
		e.Steps[i].Detail = r.detail(i, s)
	}
	e.Error = FailureOf(r.Failure)
	return e
}

// detail is what people read of a step.
func (r HistoryRow) detail(i int, s EntryStep) string {
	f, failed := r.Failures[i]
	switch {
	case failed:
		message, _ := wording.Failure(f)
		return strings.TrimPrefix(s.Detail+": "+message, ": ")
	case s.Outcome == domain.OutcomeUnchanged:
		return wording.Skipped(domain.SkipReason(s.Detail))
	}
	return s.Detail
}

// HistoryQuery narrows the history of a firm. Zero fields do not narrow.
type HistoryQuery struct {
	Matter  domain.MatterID
	Status  []domain.Status
	Trigger domain.Trigger
	From    time.Time // queued at or after
	To      time.Time // queued before
	Text    string    // in id, matter, title, case number, client, error; without regard to case
	Before  uint64    // entries before this position: the cursor
	Limit   int       // at most so many; 0: 50
}

// Page is a part of a firm's history, newest first. Next is the cursor of the rest,
// 0 at the end. Partial says that the search stopped at Next before the page was full.
type Page struct {
	Entries []Entry
	Next    uint64
	Partial bool
}

// SyncRows reads the sync history.
type SyncRows struct{ *file }

// History lists a firm's syncs, newest first.
func (v SyncRows) History(firm domain.FirmID, q HistoryQuery) (Page, error) {
	var page Page
	err := v.view(func(tx *snapshot) error {
		h := &hold{tx: tx, firm: firm}
		f, err := find(tx, History, string(firm), q.choice())
		for _, r := range f.rows {
			page.Entries = append(page.Entries, r.held(h).Worded())
		}
		page.Next, page.Partial = f.next, f.partial
		return cmp.Or(err, h.err)
	})
	return page, err
}

func (q HistoryQuery) choice() choice {
	c := choice{text: q.Text, from: q.From, to: q.To, before: q.Before, limit: q.Limit}
	if q.Limit <= 0 {
		c.limit = 50
	}
	if q.Matter != "" {
		c.lists = append(c.lists, []string{named("matter", string(q.Matter))})
	}
	if lists := q.moved(); len(lists) > 0 {
		c.lists = append(c.lists, lists)
	}
	return c
}

// moved names the lists of the statuses and the trigger.
func (q HistoryQuery) moved() (lists []string) {
	trigger := ""
	if q.Trigger != "" {
		trigger = named("trigger", string(q.Trigger))
	}
	for _, s := range q.Status {
		lists = append(lists, subset(named("status", string(s)), trigger))
	}
	if len(lists) == 0 && trigger != "" {
		lists = []string{trigger}
	}
	return lists
}

// searchText is what a search looks through.
func (e Entry) searchText() string {
	fields := []string{string(e.ID), string(e.Matter), e.Title, e.CaseNumber, e.Client}
	if e.Error != nil {
		fields = append(fields, string(e.Error.Code), e.Error.Message)
	}
	return strings.Join(fields, "\n")
}

// Sync is one entry of a firm's history.
func (v SyncRows) Sync(firm domain.FirmID, id domain.SyncID) (e Entry, ok bool, err error) {
	err = v.view(func(tx *snapshot) (err error) {
		var r HistoryRow
		r, ok, err = get(tx, History, rowKey(string(firm), string(id)))
		if err != nil || !ok {
			return err
		}
		h := &hold{tx: tx, firm: firm}
		e = r.held(h).Worded()
		return h.err
	})
	return e, ok, err
}

// LastStep is when the newest step of a sync was recorded; zero: it has none.
func (v SyncRows) LastStep(firm domain.FirmID, id domain.SyncID) (at time.Time, err error) {
	e, _, err := v.Sync(firm, id)
	for _, s := range e.Steps {
		if s.At.After(at) {
			at = s.At
		}
	}
	return at, err
}

// Counts are the numbers of a firm's syncs by status.
func (v SyncRows) Counts(firm domain.FirmID) (map[domain.Status]int, error) {
	counts := map[domain.Status]int{}
	err := v.view(func(tx *snapshot) error {
		for status, n := range countsIn(tx, History, string(firm)) {
			counts[domain.Status(status)] = n
		}
		return nil
	})
	return counts, err
}

// MatterOfSync is the matter of a sync and how the sync stands; ok is false
// where the firm has no such sync.
func (v SyncRows) MatterOfSync(firm domain.FirmID, id domain.SyncID) (m domain.MatterID, s domain.Standing, ok bool, err error) {
	e, ok, err := v.Sync(firm, id)
	return e.Matter, domain.Standing{Status: e.Status, Warned: len(e.Warnings) > 0}, ok, err
}
