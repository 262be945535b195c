package projections

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// MatterRow is a matter as both sides have it, and what happened to it.
type MatterRow struct {
	Firm      domain.FirmID     `json:"firm"`
	ID        domain.MatterID   `json:"id"`
	Matter    domain.Matter     `json:"matter"`
	TypeName  string            `json:"type_name,omitempty"` // in Smokeball
	LastSync  domain.SyncID     `json:"last_sync,omitempty"`
	Status    domain.Status     `json:"status,omitempty"` // of the last sync
	Failure   *domain.Failure   `json:"failure,omitempty"`
	Confirmed time.Time         `json:"confirmed,omitzero"` // when Smokeball last showed it
	Proof     domain.Proof      `json:"proof,omitempty"`
	Fields    map[string]Origin `json:"fields,omitempty"` // where CaseHug's value of a field came from
	Timeline  []Moment          `json:"timeline"`         // newest last, the last 100
	Position  uint64            `json:"position"`         // of its first event
}

// Origin says which event gave a value, and when.
type Origin struct {
	Event   string          `json:"event"` // its name
	Ref     domain.EventRef `json:"ref,omitzero"`
	Version int             `json:"version,omitempty"` // of CaseHug's matter
	At      time.Time       `json:"at"`
}

// Moment is something that happened to a matter.
type Moment struct {
	At       time.Time     `json:"at"`
	Event    string        `json:"event"` // its name
	Sync     domain.SyncID `json:"sync,omitempty"`
	Text     string        `json:"text"`
	Position uint64        `json:"position"`
}

// Matters has one row per matter that CaseHug ever mentioned.
var Matters = View[MatterRow]{Name: "matters", Version: 9, Keys: matterKeys, Fold: foldMatter,
	Order: func(r MatterRow) (string, uint64) { return string(r.Firm), r.Position }}

func matterKeys(env eventstore.Envelope) []string {
	if a, ok := env.Event.(domain.ActivityRead); ok && a.Matter != "" && a.Change != "" {
		return []string{rowKey(string(env.Stream.Firm), string(a.Matter))}
	}
	if env.Stream.Kind != domain.KindMatter {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

func foldMatter(r MatterRow, env eventstore.Envelope) MatterRow {
	if env.Stream.Kind == domain.KindActivity {
		return moment(r, env)
	}
	if r.ID == "" {
		r.Firm, r.ID, r.Position = env.Stream.Firm, domain.MatterID(env.Stream.ID), uint64(env.Seq)
	}
	was := r.Matter
	r.Matter = r.Matter.Apply(env.Event, env.At)
	switch e := env.Event.(type) {
	case domain.MatterCreated:
		r.Fields = origins(r.Fields, was, e.Matter, Origin{Event: e.EventName(), Ref: e.Origin, Version: e.Matter.Version, At: env.At})
	case domain.MatterUpdated:
		r.Fields = origins(r.Fields, was, e.Matter, Origin{Event: e.EventName(), Ref: e.Origin, Version: e.Matter.Version, At: env.At})
	case domain.MatterTypeResolved:
		r.TypeName = e.TypeName
	case domain.MatterLinked:
		r.Confirmed, r.Proof = env.At, domain.ByRead
	case domain.MatterConfirmed:
		r.Confirmed, r.Proof = env.At, e.By
	}
	r = foldLastSync(r, was, env)
	return moment(r, env)
}

// foldLastSync notes how the matter's last sync stands; was is the matter before the event.
func foldLastSync(r MatterRow, was domain.Matter, env eventstore.Envelope) MatterRow {
	id, _ := domain.SyncMoved(env.Event)
	if s := was.Current; s != nil && s.ID == id {
		if to, ok := s.Status.After(env.Event); ok && to.Ended() {
			r.LastSync, r.Status, r.Failure = id, to, nil
		}
		if e, failed := env.Event.(domain.SyncFailed); failed {
			r.Failure = &e.Failure
		}
	}
	if s := r.Matter.Current; s != nil {
		r.LastSync, r.Status, r.Failure = s.ID, s.Status, s.Failure
	}
	return r
}

// origins notes the event as the source of every field that it changed.
func origins(fields map[string]Origin, was domain.Matter, now domain.MatterData, o Origin) map[string]Origin {
	if fields == nil {
		fields = map[string]Origin{}
	}
	before, after := FieldValues(was.Data), FieldValues(now)
	for name, value := range after {
		if !was.Known || before[name] != value {
			fields[name] = o
		}
	}
	return fields
}

// FieldValues are the synced fields of a matter in CaseHug, by their stable names.
func FieldValues(d domain.MatterData) map[string]string {
	return map[string]string{
		"title": d.Title, "case_number": d.CaseNumber, "case_type": d.CaseType, "status": d.Status,
		"responsible": d.ResponsibleEmail, "opened_at": dayText(d.OpenedAt), "closed_at": dayText(d.ClosedAt),
		"client.name": d.Client.Name(), "client.email": d.Client.Email, "client.phone": d.Client.Phone,
	}
}

// dayText is the firm's day of a time.
func dayText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return domain.FirmsDay(t).Format(time.DateOnly)
}

// moments is the most that a matter's timeline keeps.
const moments = 100

func moment(r MatterRow, env eventstore.Envelope) MatterRow {
	text := describeEvent(env.Event)
	if text == "" {
		return r
	}
	r.Timeline = append(r.Timeline, Moment{At: env.At, Event: env.Event.EventName(), Sync: syncOf(env.Event), Text: text, Position: uint64(env.Seq)})
	if len(r.Timeline) > moments {
		r.Timeline = r.Timeline[len(r.Timeline)-moments:]
	}
	return r
}

// describeEvent says an event in one sentence for people; "" for those that only engines need.
func describeEvent(e domain.Event) string {
	switch e := e.(type) {
	case domain.MatterCreated:
		return "CaseHug announced the matter"
	case domain.MatterUpdated:
		return "CaseHug changed the matter"
	case domain.MatterOutdated:
		return "An older version arrived late; it changes nothing"
	case domain.MatterRebased:
		return fmt.Sprintf("A firm admin set the version back: what CaseHug sends above version %d counts", e.Version)
	case domain.MatterTypeResolved:
		if e.How == domain.HowCustom {
			return "Matter type " + e.TypeName + " chosen by the firm's own mapping"
		}
		return "Matter type " + e.TypeName + " chosen"
	case domain.ContactResolved:
		return "Contact " + string(e.Outcome)
	case domain.MatterAccepted:
		return "Smokeball accepted the matter"
	case domain.MatterLinked:
		if e.How == domain.LinkedRestored {
			return "The matter was restored in Smokeball"
		}
		return "Linked to a matter that Smokeball already had"
	case domain.MatterGone:
		return "The matter was deleted or cancelled in Smokeball"
	case domain.MatterUnlinked:
		if e.Reason == domain.UnlinkedAccount {
			return "The firm is connected to another Smokeball account; the matter is looked for there"
		}
		return "A new matter is made for the one that is gone"
	case domain.MatterChangeAccepted:
		return "Smokeball accepted changes: " + strings.Join(changed(e.Change), ", ")
	case domain.MatterConfirmed:
		return "The matter is there, shown by a " + string(e.By)
	case domain.MatterSeen:
		return describeSeen(e)
	case domain.ActivityRead:
		return describeActivity(e)
	}
	return cmp.Or(describeSync(e), describeAbandoned(e), describeDocument(e))
}

// describeSync says how a sync moved in one sentence for people.
func describeSync(e domain.Event) string {
	switch e := e.(type) {
	case domain.SyncRequested:
		return "A sync was asked for"
	case domain.SyncDeferred:
		return "The sync waits: " + e.Failure.Message
	case domain.SyncSucceeded:
		return "The sync succeeded"
	case domain.SyncFailed:
		return "The sync failed: " + e.Failure.Message
	case domain.SyncSkipped:
		return wording.Skipped(e.Reason)
	case domain.SyncCancelled:
		return "The sync was cancelled"
	}
	return ""
}

// describeDocument says what became of a document in one sentence for people.
func describeDocument(e domain.Event) string {
	switch e := e.(type) {
	case domain.DocumentApproved:
		return "“" + e.Document.FileName + "” was approved"
	case domain.DocumentUploaded:
		return "“" + e.FileName + "” was uploaded"
	case domain.DocumentConfirmed:
		return "Smokeball shows the file, by " + string(e.By)
	case domain.DocumentKept:
		return "The content of a document that was approved again is the same as before"
	case domain.FileRenamed:
		return "“" + e.Was + "” is “" + e.FileName + "” in Smokeball now"
	case domain.DocumentFailed:
		return "“" + e.FileName + "” was not sent: " + e.Failure.Message
	}
	return ""
}

// MatterQuery narrows the list of matters. Zero fields do not narrow.
type MatterQuery struct {
	Text   string // in id, title, case number, client name; without regard to case
	Status domain.Status
	Before uint64
	Limit  int // 0: 50
}

// Matters lists a firm's matters, newest first; next is the cursor of the rest.
func (v *Views) Matters(firm domain.FirmID, q MatterQuery) (list []MatterRow, next uint64, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	err = v.db.View(func(tx *bbolt.Tx) error {
		return newest(tx, Matters, string(firm), q.Before, func(r MatterRow) bool {
			if !q.matches(r) {
				return true
			}
			if len(list) == q.Limit {
				next = list[len(list)-1].Position
				return false
			}
			list = append(list, r)
			return true
		})
	})
	return list, next, err
}

func (q MatterQuery) matches(r MatterRow) bool {
	if q.Status != "" && r.Status != q.Status {
		return false
	}
	d := r.Matter.Data
	text := strings.ToLower(strings.Join([]string{string(r.ID), d.Title, d.CaseNumber, d.Client.Name()}, "\n"))
	return strings.Contains(text, strings.ToLower(q.Text))
}

// EachMatter visits a firm's matters, newest first, as they were at one moment, until
// fn returns false.
func (v *Views) EachMatter(firm domain.FirmID, fn func(MatterRow) bool) error {
	return v.db.View(func(tx *bbolt.Tx) error { return newest(tx, Matters, string(firm), 0, fn) })
}

// Matter is one matter of a firm.
func (v *Views) Matter(firm domain.FirmID, id domain.MatterID) (r MatterRow, ok bool, err error) {
	err = v.db.View(func(tx *bbolt.Tx) (err error) {
		r, ok, err = get(tx, Matters, rowKey(string(firm), string(id)))
		return err
	})
	return r, ok, err
}

// Clients has one row per client that CaseHug sent events about.
var Clients = View[domain.Client]{Name: "clients", Version: 5, Keys: clientKeys, Fold: func(c domain.Client, env eventstore.Envelope) domain.Client {
	return c.Apply(env.Event, env.At)
}}

func clientKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindClient {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

// Client is what is known of a client beside its matters.
func (v *Views) Client(firm domain.FirmID, id domain.ClientID) (c domain.Client, err error) {
	err = v.db.View(func(tx *bbolt.Tx) (err error) {
		c, _, err = get(tx, Clients, rowKey(string(firm), string(id)))
		return err
	})
	return c, err
}
