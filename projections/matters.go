package projections

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// MatterRow is a matter as both sides have it, and what happened to it.
type MatterRow struct {
	Firm      domain.FirmID   `json:"firm"`
	ID        domain.MatterID `json:"id"`
	Matter    domain.Matter   `json:"matter"`
	TypeName  string          `json:"type_name,omitempty"` // in Smokeball
	LastSync  domain.SyncID   `json:"last_sync,omitempty"`
	Status    domain.Status   `json:"status,omitempty"` // of the last sync
	SyncAt    time.Time       `json:"sync_at,omitzero"` // when the last sync moved last
	Failure   *domain.Failure `json:"failure,omitempty"`
	Confirmed time.Time       `json:"confirmed,omitzero"` // when Smokeball last showed it
	Proof     domain.Proof    `json:"proof,omitempty"`
	Told      time.Time       `json:"told,omitzero"` // when CaseHug last changed a value that both sides have
	Position  uint64          `json:"position"`      // of its first event
	Changed   uint64          `json:"changed"`       // ledger position of its last change

	Differs map[string]Drifted `json:"differs,omitempty"` // fields that differ, since when

	// Timeline is what happened to it, newest last. It is not folded: whoever reads one matter adds
	// it. Rows of versions before 27 have it in them, and answer while these are rebuilt.
	Timeline []Moment `json:"timeline,omitempty"`
	// Changing says that the matter, or its first client's contact, may have changed in Smokeball
	// since it was read. It is not folded: whoever reads the row adds it.
	Changing bool `json:"-"`
	// Undecided is the bulk sync that left it to a person to say which of Smokeball's matters it is.
	Undecided domain.BulkID `json:"undecided,omitempty"`
}

// Matters has one row per matter that CaseHug ever mentioned.
var Matters = View[MatterRow]{Name: "matters", Version: 29, Keys: matterKeys, Fold: foldMatter,
	Order:   func(r MatterRow) (string, uint64) { return string(r.Firm), r.Position },
	Lists:   MatterRow.lists,
	Text:    MatterRow.searchText,
	Counted: MatterRow.counted,
	Changed: func(r MatterRow) uint64 { return r.Changed }}

func matterKeys(env eventstore.Envelope) []string {
	if a, ok := env.Event.(domain.ActivityRead); ok && a.Matter != "" && a.Change != "" {
		return []string{rowKey(string(env.Stream.Firm), string(a.Matter))}
	}
	if c, ok := env.Event.(domain.ClientSeen); ok {
		var keys []string
		for _, m := range c.Matters {
			keys = append(keys, rowKey(string(env.Stream.Firm), string(m)))
		}
		return keys
	}
	if b, ok := env.Event.(domain.BulkAdvanced); ok {
		return bulkKeysOf(env.Stream.Firm, b)
	}
	if env.Stream.Kind != domain.KindMatter {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

// bulkKeysOf are the matters whose decision an outcome of a bulk sync leaves to a person, or ends.
func bulkKeysOf(firm domain.FirmID, b domain.BulkAdvanced) (keys []string) {
	for _, o := range b.Outcomes {
		if o.ID != "" {
			keys = append(keys, rowKey(string(firm), string(o.ID)))
		}
	}
	return keys
}

// foldUndecided notes what a bulk sync left to a person.
func foldUndecided(r MatterRow, env eventstore.Envelope, b domain.BulkAdvanced) MatterRow {
	for _, o := range b.Outcomes {
		if r.ID == "" || o.ID != r.ID {
			continue
		}
		if r.Undecided, r.Changed = "", uint64(env.Seq); o.Outcome == domain.BulkUndecided {
			r.Undecided = domain.BulkID(env.Stream.ID)
		}
	}
	return r
}

func foldMatter(r MatterRow, env eventstore.Envelope) MatterRow {
	if b, ok := env.Event.(domain.BulkAdvanced); ok {
		return foldUndecided(r, env, b)
	}
	r.Changed = uint64(env.Seq)
	if env.Stream.Kind == domain.KindActivity || env.Stream.Kind == domain.KindClient {
		return r
	}
	if r.ID == "" {
		r.Firm, r.ID, r.Position = env.Stream.Firm, domain.MatterID(env.Stream.ID), uint64(env.Seq)
	}
	was := r.Matter
	r.Matter = r.Matter.Apply(env.Event, env.At)
	switch e := env.Event.(type) {
	case domain.MatterCreated:
		r.Told = toldAt(r.Told, was, e.Matter, env.At)
	case domain.MatterUpdated:
		r.Told = toldAt(r.Told, was, e.Matter, env.At)
	case domain.MatterTypeResolved:
		r.TypeName = e.TypeName
	case domain.MatterLinked:
		r.Confirmed, r.Proof = env.At, domain.ByRead
	case domain.MatterConfirmed:
		r.Confirmed, r.Proof = env.At, e.By
	}
	if r.Matter.Smokeball.ID != "" {
		r.Undecided = ""
	}
	r = foldLastSync(r, was, env)
	return foldDrift(r, was, env)
}

// foldLastSync notes how the matter's last sync stands; was is the matter before the event.
func foldLastSync(r MatterRow, was domain.Matter, env eventstore.Envelope) MatterRow {
	id, moved := domain.SyncMoved(env.Event)
	if moved {
		r.SyncAt = env.At
	}
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

// toldAt is when CaseHug last changed a value that both sides have: at, if this event did.
func toldAt(before time.Time, was domain.Matter, now domain.MatterData, at time.Time) time.Time {
	if !was.Known || slices.ContainsFunc(domain.ComparedFieldNames(), func(name string) bool { return was.Data.Value(name) != now.Value(name) }) {
		return at
	}
	return before
}

// MatterQuery narrows the list of matters. Zero fields do not narrow.
type MatterQuery struct {
	Text   string // in id, title, case number, clients' names; without regard to case
	Status domain.Status
	State  MatterState
	Before uint64
	Limit  int // 0: 50
}

// MatterRows reads matters and their clients.
type MatterRows struct {
	*file
	unread *unread
}

// Matters lists a firm's matters, newest first; next is the cursor of the rest. There may be
// a rest though the list has fewer than limit: no more rows are searched for one answer.
func (v MatterRows) Matters(firm domain.FirmID, q MatterQuery) (list []MatterRow, next uint64, err error) {
	c := choice{text: q.Text, before: q.Before, limit: q.Limit}
	if q.Limit <= 0 {
		c.limit = 50
	}
	if q.Status != "" {
		c.lists = append(c.lists, []string{named("status", string(q.Status))})
	}
	if q.State != "" {
		c.lists = append(c.lists, []string{named("state", string(q.State))})
	}
	err = v.view(func(tx *snapshot) error {
		h := &hold{tx: tx, firm: firm}
		f, err := find(tx, Matters, string(firm), c)
		for _, r := range f.rows {
			list = append(list, r.held(h))
		}
		next = f.next
		return cmp.Or(err, h.err)
	})
	for i := range list {
		list[i].Changing = v.unread.changing(list[i])
	}
	return list, next, err
}

// searchText is what a search looks through.
func (r MatterRow) searchText() string {
	d := r.Matter.Data
	words := []string{string(r.ID), d.Title, d.CaseNumber}
	for _, c := range d.Clients() {
		words = append(words, c.Name())
	}
	return strings.Join(words, "\n")
}

// EachMatter visits a firm's matters, newest first, as they were at one moment, until
// fn returns false.
func (v MatterRows) EachMatter(firm domain.FirmID, fn func(MatterRow) bool) error {
	return v.view(func(tx *snapshot) error { return newest(tx, Matters, string(firm), 0, fn) })
}

// Matter is one matter of a firm, with its timeline.
func (v MatterRows) Matter(firm domain.FirmID, id domain.MatterID) (r MatterRow, ok bool, err error) {
	err = v.view(func(tx *snapshot) (err error) {
		key := rowKey(string(firm), string(id))
		if r, ok, err = get(tx, Matters, key); err != nil || !ok {
			return err
		}
		h := &hold{tx: tx, firm: firm}
		if r = r.held(h); h.err != nil {
			return h.err
		}
		if r.Timeline == nil {
			r.Timeline, err = timelineOf(tx, key)
		}
		return err
	})
	r.Changing = v.unread.changing(r)
	return r, ok, err
}

// Clients has one row per client that CaseHug sent events about.
var Clients = View[ClientRow]{Name: "clients", Version: 9, Keys: clientKeys, Fold: foldClient,
	Order:   func(r ClientRow) (string, uint64) { return string(r.Firm), r.Position },
	Lists:   func(r ClientRow) []string { return differing(r.Differs) },
	Counted: func(r ClientRow) string { return strings.Join(differing(r.Differs), "") }}

func clientKeys(env eventstore.Envelope) []string {
	id, _ := domain.ToldOf(env.Event)
	if env.Stream.Kind == domain.KindClient {
		id = domain.ClientID(env.Stream.ID)
	}
	if id == "" {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), string(id))}
}

// Client is what is known of a client beside its matters.
func (v MatterRows) Client(firm domain.FirmID, id domain.ClientID) (c domain.Client, err error) {
	err = v.view(func(tx *snapshot) error {
		row, _, err := get(tx, Clients, rowKey(string(firm), string(id)))
		c = row.Client
		return err
	})
	return c, err
}
