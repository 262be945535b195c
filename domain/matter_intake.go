package domain

// TakeIn decides what an event of CaseHug means for the matter: what becomes known,
// and whether a sync is asked for. An event already seen yields nothing; an older
// version is recorded and changes nothing.
func (m Matter) TakeIn(e CaseHugEvent, s Settings) []Event {
	if m.seen.has(e.Origin) {
		return nil
	}
	var facts []Event
	if e.Matter != nil {
		facts = observe(m, e)
	}
	news := len(facts) > 0 && !isOutdated(facts[0])
	for _, d := range e.Documents {
		if f, ok := approvalOf(m, e, d); ok {
			facts = append(facts, f)
		}
	}
	after := m
	for _, f := range facts {
		after = after.Apply(f, e.Time)
	}
	if m.Erased {
		return facts
	}
	return append(facts, syncsAfter(after, e, s, news)...)
}

// TakeInPart decides what is recorded of some documents of an event ahead of the event itself,
// which brings more than one append holds. Decided again it yields nothing.
func (m Matter) TakeInPart(e CaseHugEvent) []Event {
	if m.seen.has(e.Origin) {
		return nil
	}
	var facts []Event
	for _, d := range e.Documents {
		if known, ok := m.Document(d.ID); !ok || !sameJSON(known.Data, d) || e.Vouched && !known.Vouched {
			facts = append(facts, DocumentApproved{Origin: e.Origin, Document: d, Vouched: e.Vouched, Part: true})
		}
	}
	return facts
}

func isOutdated(e Event) bool {
	_, ok := e.(MatterOutdated)
	return ok
}

// observe records what the event says of the matter itself. Only an event about the
// matter records an outdated version; one that merely mentions it does not.
func observe(m Matter, e CaseHugEvent) []Event {
	switch {
	case !m.Known && (e.Type == TypeMatterCreated || e.Type == TypeDocumentApproved || e.Type == TypeMatterSyncRequested):
		return []Event{MatterCreated{Origin: e.Origin, Matter: *e.Matter}}
	case !m.Known || e.Matter.Version > m.Data.Version:
		return []Event{MatterUpdated{Origin: e.Origin, Matter: *e.Matter}}
	case e.Matter.Version == 0 && unversioned(m, *e.Matter) != nil:
		return []Event{MatterUpdated{Origin: e.Origin, Matter: *unversioned(m, *e.Matter)}}
	case e.Type == TypeMatterCreated || e.Type == TypeMatterUpdated:
		return []Event{MatterOutdated{Origin: e.Origin, Version: e.Matter.Version, Current: m.Data.Version}}
	}
	return nil
}

// unversioned is what a sender that does not count versions says, as the version that
// is known, or nil where it says nothing new.
func unversioned(m Matter, d MatterData) *MatterData {
	d.Version = m.Data.Version
	if sameJSON(d, m.Data) {
		return nil
	}
	return &d
}

// approvalOf records the document. An event that merely brings it along does so only
// where the very same approval is not known, was not vouched for, or does not tell which bytes
// it is about; the document's own event is always recorded, so that its redelivery cannot undo
// a newer approval.
func approvalOf(m Matter, e CaseHugEvent, d DocumentData) (Event, bool) {
	known, ok := m.Document(d.ID)
	if ok && e.Type != TypeDocumentApproved && d.SHA256 != "" && sameJSON(known.Data, d) && (known.Vouched || !e.Vouched) {
		return nil, false
	}
	return DocumentApproved{Origin: e.Origin, Document: d, Vouched: e.Vouched}, true
}

// syncsAfter decides whether the event, whose own facts m has already, asks for a sync.
func syncsAfter(m Matter, e CaseHugEvent, s Settings, news bool) []Event {
	switch e.Type {
	case TypeMatterCreated:
		if s.OnMatterCreated && m.Smokeball.ID == "" && !m.asked {
			return m.RequestFor(e, TriggerMatterCreated)
		}
		if news && s.OnMatterUpdated && m.Smokeball.ID != "" { // a newer version, whatever its event is called
			return m.RequestFor(e, TriggerMatterUpdated)
		}
	case TypeMatterUpdated:
		if news && s.OnMatterUpdated && isLinked(m) {
			return m.RequestFor(e, TriggerMatterUpdated)
		}
	case TypeDocumentApproved:
		if s.OnDocumentApproved && (len(m.Unsent()) > 0 || renames(m) || misfiled(m, s)) {
			return m.RequestFor(e, TriggerDocumentApproved)
		}
	case TypeMatterSyncRequested:
		return m.RequestFor(e, TriggerManual)
	}
	if news {
		return m.release(ReleasedByNews)
	}
	return nil
}

// isLinked reports whether Smokeball has the matter or is about to.
func isLinked(m Matter) bool {
	return m.Smokeball.ID != "" || m.Smokeball.Intent != nil || (m.Current != nil && m.Current.Status != Waiting)
}

// RequestFor decides the sync that an event of CaseHug asks for.
func (m Matter) RequestFor(e CaseHugEvent, t Trigger) []Event {
	_, facts := m.Request(SyncRequested{
		Sync: SyncIDFor(e.Firm, matterOr(m, e), e.Origin), Trigger: t, By: e.RequestedBy, ByName: e.RequestedName, Proof: e.Proof, Origin: e.Origin,
	})
	return facts
}

func matterOr(m Matter, e CaseHugEvent) MatterID {
	switch {
	case m.Known:
		return m.Data.ID
	case len(e.Documents) > 0:
		return e.Documents[0].Matter
	}
	return ""
}

// Request decides that a sync is wanted and names it: the one that is queued
// already, the waiting one (which goes on now), or a new one, after the current one
// if that runs.
func (m Matter) Request(r SyncRequested) (SyncID, []Event) {
	r.Title, r.CaseNumber, r.Client = m.Data.Title, m.Data.CaseNumber, m.Data.Client.Name()
	switch {
	case m.Erased:
		return "", nil
	case m.syncs.has(r.Sync):
		return r.Sync, nil
	case m.Current == nil:
		return r.Sync, []Event{r}
	case m.Current.Status == Queued:
		return m.Current.ID, join(m, m.Current.ID, r)
	case m.Current.Status == Waiting:
		return m.Current.ID, append(join(m, m.Current.ID, r), m.release(ReleasedByRequest)...)
	case m.Next != nil:
		return m.Next.ID, join(m, m.Next.ID, r)
	}
	return r.Sync, []Event{r}
}

// join records that an event was answered by an existing sync, unless another of its
// facts tells already that it came.
func join(m Matter, id SyncID, r SyncRequested) []Event {
	answersPart := r.Trigger == TriggerManual && m.Parted.From != "" && !m.Parted.Again
	if r.Origin == (EventRef{}) || (m.seen.has(r.Origin) && !answersPart) {
		return nil
	}
	return []Event{SyncJoined{Sync: id, Origin: r.Origin, By: r.By, ByName: r.ByName, Proof: r.Proof, Trigger: r.Trigger}}
}

// IsCurrent reports whether the sync is the current or the next one.
func (m Syncs) IsCurrent(id SyncID) bool {
	return (m.Current != nil && m.Current.ID == id) || (m.Next != nil && m.Next.ID == id)
}

// Resume decides that a person requires the unfinished sync tried now; only one that waits
// has anything to gain.
func (m Syncs) Resume(id SyncID, by User) []Event {
	if m.Current == nil || m.Current.ID != id {
		return nil
	}
	goesOn := SyncReleased{Sync: id, Reason: ReleasedByPerson, By: by.Subject, ByName: by.Name}
	if !m.allows(goesOn) {
		return nil
	}
	return []Event{goesOn}
}

// release lets a waiting sync look again whether it can go on.
func (m Syncs) release(why ReleaseReason) []Event {
	if m.Current == nil {
		return nil
	}
	goesOn := SyncReleased{Sync: m.Current.ID, Reason: why}
	if !m.allows(goesOn) {
		return nil
	}
	return []Event{goesOn}
}

// Cancel decides that a person no longer requires a sync which is queued or waits. What an
// event brings later asks for a new one.
func (m Syncs) Cancel(id SyncID, by string) ([]Event, error) {
	off := SyncCancelled{Sync: id, By: by}
	switch {
	case m.allows(off):
		return []Event{off}, nil
	case m.IsCurrent(id):
		return nil, notCancellable(id, "is at work", "Wait until it ends: what it has begun can't be called off.")
	}
	return nil, notCancellable(id, "has ended", "There is nothing left to cancel. Reload the page to see how it ended.")
}

// Standing is how a sync stands, as far as a retry depends on it.
type Standing struct {
	Status Status
	Warned bool // something was left out
}

// CheckRetry rejects a retry of a sync that ended well and left nothing out: there is nothing
// to try again.
func (s Standing) CheckRetry(id SyncID) error {
	if s.Warned || s.Status != Succeeded && s.Status != Skipped {
		return nil
	}
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeNotRetryable,
		Message: "Sync " + string(id) + " ended well, so there is nothing to retry", Remedy: "To send the matter again, use “Sync to Smokeball” on the matter."}}
}

func notCancellable(id SyncID, why, remedy string) error {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeNotCancellable,
		Message: "Sync " + string(id) + " " + why + ", so it can't be cancelled", Remedy: remedy}}
}

// RequestWith takes in what a person's request says of the matter and names the sync
// that answers it.
func (m Matter) RequestWith(e CaseHugEvent) (SyncID, []Event) {
	facts := m.TakeIn(e, Settings{})
	for _, f := range facts {
		m = m.Apply(f, e.Time)
	}
	return m.Awaited(), facts
}

// Awaited is the sync that will see the newest news; "": none is wanted.
func (m Matter) Awaited() SyncID {
	switch {
	case m.Current == nil:
		return ""
	case m.Next != nil && m.Current.Status != Queued:
		return m.Next.ID // the current one is too far to see the news
	}
	return m.Current.ID
}

// Saw reports whether the event is on record.
func (m Matter) Saw(origin EventRef) bool { return m.seen.has(origin) }

// FollowClient decides the sync that a newer version of one of the matter's clients
// asks for. A matter that Smokeball neither has nor is about to get waits for its own
// occasion.
func (m Matter) FollowClient(e CaseHugEvent) []Event {
	if m.Erased || !isLinked(m) || m.seen.has(e.Origin) {
		return nil
	}
	return m.RequestFor(e, TriggerClientUpdated)
}
