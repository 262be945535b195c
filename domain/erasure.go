package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// An erasure destroys what the engine has of a matter's or a client's persons. The facts stay:
// ids, versions, times and outcomes.

// EraseID names an erasure.
type EraseID string

// EraseIDOf is the id of the erasure of a matter, or of a client: to ask again changes nothing.
func EraseIDOf(f FirmID, s EraseSubject) EraseID {
	return EraseID("er_" + shortHash(string(f), string(s.Matter), string(s.Client)))
}

// EraseSubject is a matter or a client.
type EraseSubject struct {
	Matter MatterID `json:"matter,omitempty"`
	Client ClientID `json:"client,omitempty"`
}

// EraseRequested says that a person asked to forget a matter, or a client with the matters that
// name them.
type EraseRequested struct {
	Subject EraseSubject `json:"subject"`
	By      string       `json:"by"`
	ByName  string       `json:"by_name,omitempty"`
}

// EraseFound says whose data the erasure destroys, by ids alone.
type EraseFound struct {
	Matters   []MatterID    `json:"matters,omitempty"`
	Clients   []ClientID    `json:"clients,omitempty"`   // without those whom other matters name
	Streams   []string      `json:"streams,omitempty"`   // others: dead letters, webhooks, activities
	Resources []SmokeballID `json:"resources,omitempty"` // what of it Smokeball has; that stays there
}

// EraseStepDone says that a step of the erasure is done.
type EraseStepDone struct {
	Step EraseStep `json:"step"`
}

// MatterErased says that the matter's data are erased: nothing of it is synced any more.
type MatterErased struct {
	Erase EraseID `json:"erase"`
}

// ClientErased says that the client's data are erased.
type ClientErased struct {
	Erase EraseID `json:"erase"`
}

func (EraseRequested) EventName() string { return "erase.requested.v1" }
func (EraseFound) EventName() string     { return "erase.found.v1" }
func (EraseStepDone) EventName() string  { return "erase.step_done.v1" }
func (MatterErased) EventName() string   { return "matter.erased.v1" }
func (ClientErased) EventName() string   { return "client.erased.v1" }

func (e EraseRequested) audited() AuditEntry {
	if e.Subject.Client != "" {
		return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionEraseClient, Target: string(e.Subject.Client)}
	}
	return AuditEntry{Actor: e.By, Name: e.ByName, Action: ActionEraseMatter, Target: string(e.Subject.Matter)}
}

// EraseStep is a step of an erasure.
type EraseStep string

// The steps, in their order. Each is repeated until it is done, also by another engine.
const (
	EraseSyncs     EraseStep = "syncs"     // open syncs are ended, and none begins any more
	EraseDocuments EraseStep = "documents" // in CaseHug's object store
	EraseMessages  EraseStep = "messages"  // of the bus, in and out
	EraseKeys      EraseStep = "keys"      // of what the ledger says
	EraseViews     EraseStep = "views"     // are folded again, into a new file
	EraseTraces    EraseStep = "traces"    // messages that came or went meanwhile
)

// EraseSteps are all steps, in their order.
func EraseSteps() []EraseStep {
	return []EraseStep{EraseSyncs, EraseDocuments, EraseMessages, EraseKeys, EraseViews, EraseTraces}
}

// Erasure is one erasure.
type Erasure struct {
	Subject EraseSubject
	By      string
	ByName  string
	At      time.Time   // when it was asked for
	Found   *EraseFound // nil: not yet
	Done    map[EraseStep]time.Time
	// Backups are kept, and hold what is erased. They are not told by the erasure's own events.
	Backups []BackupTime
}

// ErasureEntry is an erasure as a list of erasures has it, by ids alone. A ledger that is restored from
// an older backup takes it over.
type ErasureEntry struct {
	Firm FirmID
	ID   EraseID
	Erasure
}

// Valid reports whether the entry is one that a list can have.
func (e ErasureEntry) Valid() bool {
	return ValidID(string(e.Firm)) && e.Known() && e.ID == EraseIDOf(e.Firm, e.Subject) && e.Found != nil && len(e.Found.Matters)+len(e.Found.Clients) > 0
}

// In returns the erasure with what backups still hold of it.
func (s Erasure) In(b Backups, now time.Time) Erasure {
	before, done := s.Done[EraseKeys]
	if !done {
		before = now
	}
	s.Backups = b.Holding(before, now)
	return s
}

// Apply returns the erasure after e.
func (s Erasure) Apply(e Event, at time.Time) Erasure {
	switch e := e.(type) {
	case EraseRequested:
		s.Subject, s.By, s.ByName, s.At = e.Subject, e.By, e.ByName, at
	case EraseFound:
		s.Found = &e
	case EraseStepDone:
		done := map[EraseStep]time.Time{e.Step: at}
		for step, when := range s.Done {
			done[step] = when
		}
		s.Done = done
	}
	return s
}

// Asked is who asked for the erasure: what it ends, they have ended.
func (s Erasure) Asked() User { return User{Subject: s.By, Name: s.ByName} }

// Known reports whether anybody asked for the erasure.
func (s Erasure) Known() bool { return s.Subject != EraseSubject{} }

// Next is the step that is to be done; "": the erasure is done.
func (s Erasure) Next() EraseStep {
	for _, step := range EraseSteps() {
		if s.Done[step].IsZero() {
			return step
		}
	}
	return ""
}

// Request decides to erase, once.
func (s Erasure) Request(e EraseRequested) []Event {
	if s.Known() {
		return nil
	}
	return []Event{e}
}

// Find decides whose data are erased, once.
func (s Erasure) Find(e EraseFound) []Event {
	if s.Found != nil {
		return nil
	}
	return []Event{e}
}

// Finish decides that a step is done, once.
func (s Erasure) Finish(step EraseStep) []Event {
	if s.Next() != step {
		return nil
	}
	return []Event{EraseStepDone{Step: step}}
}

// With returns what either says.
func (e EraseFound) With(other EraseFound) EraseFound {
	return EraseFound{Matters: union(e.Matters, other.Matters), Clients: union(e.Clients, other.Clients), Streams: union(e.Streams, other.Streams), Resources: union(e.Resources, other.Resources)}
}

func union[T cmp.Ordered](a, b []T) []T {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// Keys are the streams whose data keys the erasure destroys, by their names.
func (e EraseFound) Keys(f FirmID) []string {
	list := slices.Clone(e.Streams)
	for _, m := range e.Matters {
		list = append(list, MatterStream(f, m).String())
	}
	for _, c := range e.Clients {
		list = append(list, ClientStream(f, c).String())
	}
	return list
}

// IDs are the ids that messages about the erased matters and clients contain.
func (e EraseFound) IDs() []string {
	var list []string
	for _, m := range e.Matters {
		list = append(list, string(m))
	}
	for _, c := range e.Clients {
		list = append(list, string(c))
	}
	for _, r := range e.Resources {
		list = append(list, string(r))
	}
	return list
}

// Erase decides that the matter's data are erased and ends its syncs.
func (m Matter) Erase(id EraseID, by string) []Event {
	if m.Erased {
		return nil
	}
	return append(m.endSyncs(by), MatterErased{Erase: id})
}

// endSyncs ends the open syncs of a matter that is erased: one that is at work fails.
func (m Matter) endSyncs(by string) (facts []Event) {
	for _, s := range []*Sync{m.Current, m.Next} {
		if s == nil {
			continue
		}
		var end Event = SyncCancelled{Sync: s.ID, By: by}
		if !m.allows(end) {
			end = SyncFailed{Sync: s.ID, Failure: Failure{Code: CodeErased, Fault: FaultErased}}
		}
		facts = append(facts, end)
	}
	return facts
}

// Erase decides that the client's data are erased.
func (c Client) Erase(id EraseID) []Event {
	if c.Erased {
		return nil
	}
	return []Event{ClientErased{Erase: id}}
}

// ErasedMatter is the answer to what can't be done with a matter whose data were erased.
func ErasedMatter() error {
	return &Rejection{Reason: Conflict, Failure: Failure{Code: CodeErased, Message: "The data of this matter were erased, so nothing of it is synced any more",
		Remedy: "CaseHug sends the matter under another id, if it is to be synced after all."}}
}

// ErasedPerson is the failure of a sync whose matter names a client whose data were erased.
func ErasedPerson(id ClientID) Failure {
	return Failure{Code: CodeErased, Fault: FaultErased, About: &About{Client: id}}
}

// Tells reports whether a text has one of the words as a word of its own: letters, digits, _
// and - continue a word.
func Tells(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return hasWord(text, w) })
}

func hasWord(text, word string) bool {
	for at := 0; word != ""; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(word)
		if (from == 0 || !inWord(text[from-1])) && (to == len(text) || !inWord(text[to])) {
			return true
		}
		at = from + 1
	}
	return false
}

func inWord(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// Words are words for which many texts are searched.
type Words struct {
	whole map[string]bool // of characters that continue a word
	other []string
}

// WordsOf prepares the search for words.
func WordsOf(list []string) Words {
	w := Words{whole: map[string]bool{}}
	for _, word := range list {
		if strings.ContainsFunc(word, func(c rune) bool { return c > unicode.MaxASCII || !inWord(byte(c)) }) {
			w.other = append(w.other, word)
		} else if word != "" {
			w.whole[word] = true
		}
	}
	return w
}

// In reports whether a text has one of the words, as [Tells] does, in a time that does not grow with them.
func (w Words) In(text string) bool {
	for at := 0; at < len(text) && len(w.whole) > 0; at++ {
		from := at
		for at < len(text) && inWord(text[at]) {
			at++
		}
		if w.whole[text[from:at]] {
			return true
		}
	}
	return Tells(text, w.other)
}
