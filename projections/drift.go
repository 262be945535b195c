package projections

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Changer is who changed a value last.
type Changer string

// The changers; "" where it is not known.
const (
	ChangedByCaseHug   Changer = "casehug"
	ChangedBySmokeball Changer = "smokeball"
)

// Drifted says since when a field differs, and who changed it last.
type Drifted struct {
	Since time.Time `json:"since"`
	By    Changer   `json:"by,omitempty"`
	At    time.Time `json:"at,omitzero"` // of that change; zero: not known
}

// drifts are the fields that differ after an event. news is what the event changed of them.
func drifts(was map[string]Drifted, now []domain.Difference, at time.Time, news func(field string) (Changer, time.Time, bool)) map[string]Drifted {
	var next map[string]Drifted
	for _, d := range now {
		if next == nil {
			next = map[string]Drifted{}
		}
		entry, known := was[d.Field]
		if !known {
			entry = Drifted{Since: at}
		}
		if by, when, ok := news(d.Field); ok {
			entry.By, entry.At = by, when
		}
		next[d.Field] = entry
	}
	return next
}

// foldDrift notes which fields of the matter differ; was is the matter before the event.
func foldDrift(r MatterRow, was domain.Matter, env eventstore.Envelope) MatterRow {
	r.Differs = drifts(r.Differs, r.Matter.Differences(), env.At, func(field string) (Changer, time.Time, bool) {
		switch e := env.Event.(type) {
		case domain.MatterSeen:
			if slices.Contains(e.Changed, field) {
				return ChangedBySmokeball, e.ChangedAt, true
			}
		case domain.MatterCreated, domain.MatterUpdated:
			return ChangedByCaseHug, env.At, was.Known && was.Data.Value(field) != r.Matter.Data.Value(field)
		}
		return "", time.Time{}, false
	})
	return r
}

// ClientRow is a client that CaseHug sent events about.
type ClientRow struct {
	domain.Client
	Firm     domain.FirmID      `json:"firm"`
	ID       domain.ClientID    `json:"id"`
	Differs  map[string]Drifted `json:"differs,omitempty"` // fields that differ, since when
	Position uint64             `json:"position"`          // of its first event

	Told *domain.ContactDraft `json:"told,omitempty"` // the values that Smokeball was told, or matched with; nil: not known
}

func foldClient(r ClientRow, env eventstore.Envelope) ClientRow {
	id, told := domain.ToldOf(env.Event)
	if id == "" {
		id = domain.ClientID(env.Stream.ID)
	} else {
		r.Told = &told
	}
	if r.ID == "" {
		r.Firm, r.ID, r.Position = env.Stream.Firm, id, uint64(env.Seq)
	}
	was := r.Client
	r.Client = r.Client.Apply(env.Event, env.At)
	r.Differs = drifts(r.Differs, r.Client.Differences(r.Client.Data), env.At, func(field string) (Changer, time.Time, bool) {
		switch e := env.Event.(type) {
		case domain.ClientSeen:
			if was.Sight.Values != nil && len(e.Changed) > 0 && !domain.SameClientValue(field, was.Sight.Values.Value(field), e.Values.Value(field)) {
				return ChangedBySmokeball, e.ChangedAt, true
			}
		case domain.ClientUpdated:
			return ChangedByCaseHug, env.At, was.Known && was.Data.Value(field) != e.Client.Value(field)
		}
		return "", time.Time{}, false
	})
	return r
}

// Drift is a field of a linked matter, or of its first client, that both sides have otherwise.
type Drift struct {
	Field
	Drifted
	Firm   domain.FirmID
	Matter domain.MatterID
	Title  string // of the matter
}

// DriftQuery narrows the list of differences. Zero fields do not narrow.
type DriftQuery struct {
	Matter domain.MatterID
	Before uint64 // the cursor of the part before
	Limit  int    // 0: 50
}

// perRow is how many differences one matter or client can have at most: places in the list are
// made of its position and the field's.
const perRow = 16

// DriftRows reads what differs between CaseHug and Smokeball.
type DriftRows struct{ *file }

// Drift lists a firm's differences, those of the newest matters and clients first; next is the
// cursor of the rest. It reads only rows that differ.
func (v DriftRows) Drift(firm domain.FirmID, q DriftQuery) (list []Drift, next uint64, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	err = v.view(func(tx *snapshot) error {
		places := driftPlaces(tx, firm, q.Before/perRow+1)
		if q.Matter != "" {
			of, err := driftPlacesOf(tx, firm, q.Matter)
			if err != nil {
				return err
			}
			places = slices.Values(of)
		}
		list, next, err = driftFrom(tx, places, q)
		return err
	})
	return list, next, err
}

// driftFrom reads a part of the list; next is the place of its last difference, 0 where nothing
// follows.
func driftFrom(tx *snapshot, places iter.Seq[driftPlace], q DriftQuery) (list []Drift, next uint64, err error) {
	for p := range places {
		part, err := p.read(tx)
		if err != nil {
			return nil, 0, err
		}
		for _, d := range part {
			place := p.position*perRow + perRow - 1 - uint64(slices.Index(domain.ComparedFieldNames(), d.Name))
			if q.Before != 0 && place >= q.Before {
				continue
			}
			if len(list) == q.Limit {
				return list, next, nil
			}
			list, next = append(list, d), place
		}
	}
	return list, 0, nil
}

// driftPlacesOf are the places of a matter and of its first client, the newer one first.
func driftPlacesOf(tx *snapshot, firm domain.FirmID, id domain.MatterID) ([]driftPlace, error) {
	key := rowKey(string(firm), string(id))
	r, ok, err := get(tx, Matters, key)
	if err != nil || !ok {
		return nil, err
	}
	of := rowKey(string(firm), string(r.Matter.Data.Client.ID))
	c, _, err := get(tx, Clients, of)
	list := []driftPlace{{position: r.Position, key: key}, {position: c.Position, key: of, client: true, on: id}}
	slices.SortFunc(list, func(a, b driftPlace) int { return cmp.Compare(b.position, a.position) })
	return list, err
}

// driftPlace is a row that differs, in the firm's list of those.
type driftPlace struct {
	position uint64
	key      string
	client   bool
	on       domain.MatterID // on whose page the client's are shown; "": that of its newest matter
}

// driftPlaces yields the firm's rows that differ, newest first, from those before a position on.
func driftPlaces(tx *snapshot, firm domain.FirmID, before uint64) iter.Seq[driftPlace] {
	return func(yield func(driftPlace) bool) {
		matters, clients := newDriftCursor(tx, Matters, firm, before), newDriftCursor(tx, Clients, firm, before)
		m, moreM := matters.next()
		c, moreC := clients.next()
		for moreM || moreC {
			p := m
			if moreM && (!moreC || m.position > c.position) {
				m, moreM = matters.next()
			} else {
				p = c
				p.client = true
				c, moreC = clients.next()
			}
			if !yield(p) {
				return
			}
		}
	}
}

// differs is the list of rows of which a field differs.
const differs = "differs=yes"

// differing names the list in which a row with these differences stands.
func differing(fields map[string]Drifted) []string {
	if len(fields) == 0 {
		return nil
	}
	return []string{differs}
}

// driftCursor walks a firm's rows of a view that differ, newest first.
type driftCursor struct {
	order  *bbolt.Bucket
	firm   string
	prefix string
	c      *bbolt.Cursor
	before []byte // of the next one; nil: the walk has begun
}

func newDriftCursor[R any](tx *snapshot, v View[R], firm domain.FirmID, before uint64) *driftCursor {
	if before == 1 { // there is no cursor
		before = ^uint64(0)
	}
	b := v.in(tx)
	list := listOf(string(firm), differs)
	return &driftCursor{order: b.Bucket(orderBucket), firm: string(firm), prefix: list + "\x00", c: b.Bucket(listsBucket).Cursor(), before: orderKey(list, before)}
}

func (d *driftCursor) next() (driftPlace, bool) {
	k := d.step()
	if len(k) != len(d.prefix)+8 || string(k[:len(d.prefix)]) != d.prefix {
		return driftPlace{}, false
	}
	position := binary.BigEndian.Uint64(k[len(d.prefix):])
	_, key := splitOrderValue(d.order.Get(orderKey(d.firm, position)))
	return driftPlace{position: position, key: string(key)}, true
}

func (d *driftCursor) step() (k []byte) {
	if d.before == nil {
		k, _ = d.c.Prev()
		return k
	}
	k, _ = d.c.Seek(d.before)
	d.before = nil
	if k == nil {
		k, _ = d.c.Last()
	} else {
		k, _ = d.c.Prev()
	}
	return k
}

func (p driftPlace) read(tx *snapshot) ([]Drift, error) {
	if p.client {
		return driftOfClient(tx, p.key, p.on)
	}
	r, _, err := get(tx, Matters, p.key)
	if err != nil {
		return nil, fmt.Errorf("view %s, row %s: %w", Matters.Name, p.key, err)
	}
	s, err := sidesOf(tx, r)
	return s.drift(s.matterFields(), r.Differs), err
}

// driftOfClient are the differences of a client, on the page of a matter that has it as the first
// client; on "": of its newest one.
func driftOfClient(tx *snapshot, key string, on domain.MatterID) (list []Drift, err error) {
	c, _, err := get(tx, Clients, key)
	if err != nil {
		return nil, err
	}
	var shown bool
	repairs := map[string]domain.SyncID{}
	for _, id := range slices.Backward(c.Matters) {
		r, ok, err := get(tx, Matters, rowKey(string(c.Firm), string(id)))
		if err != nil {
			return nil, err
		}
		if !ok || r.Matter.Data.Client.ID != c.ID || r.Matter.Smokeball.ID == "" {
			continue
		}
		for _, name := range domain.ClientFieldNames() {
			if sync, ok := r.Matter.Repairing(name); ok {
				repairs[name] = sync
			}
		}
		if !shown && (on == "" || on == id) {
			s, err := sidesOf(tx, r)
			if err != nil {
				return nil, err
			}
			list, shown = s.drift(s.clientFields(), c.Differs), true
		}
	}
	for i, d := range list {
		list[i].Repairing = cmp.Or(d.Repairing, repairs[d.Name])
	}
	return list, nil
}

// drift are those of the fields that differ, as far as that was read.
func (s sides) drift(fields []Field, since map[string]Drifted) (list []Drift) {
	for _, f := range fields {
		entry, differs := since[f.Name]
		if !differs || f.Smokeball == nil || !s.lists(f) {
			continue
		}
		list = append(list, Drift{Field: f, Drifted: entry, Firm: s.row.Firm, Matter: s.row.ID, Title: s.row.Matter.Data.Title})
	}
	return list
}

// lists reports whether a field is listed among the differences. One that is being repaired is
// until Smokeball has taken CaseHug's value in, also while it is read before that.
func (s sides) lists(f Field) bool {
	switch f.State {
	case FieldDiffers:
		return true
	case FieldNotSent:
		return f.Repairing != "" || s.row.Matter.Current == nil // else it is being sent
	case FieldChanging:
		return f.Repairing != ""
	}
	return false
}

// DriftCount is how many matters and clients of a firm have fields that differ.
type DriftCount struct {
	_       struct{} `nullable:"true"`
	Matters int      `json:"matters" doc:"Linked matters of which a field differs."`
	Clients int      `json:"clients" doc:"Clients of whom a field differs."`
}

// Total is how many matters and clients differ; nil: it is not known, and counts as none.
func (n *DriftCount) Total() int {
	if n == nil {
		return 0
	}
	return n.Matters + n.Clients
}

// DriftCount counts the firm's matters and clients that differ, without reading them.
func (v DriftRows) DriftCount(firm domain.FirmID) (n DriftCount, err error) {
	err = v.view(func(tx *snapshot) error {
		n.Matters = countMatters(countsIn(tx, Matters, string(firm))).Differ
		n.Clients = countOf(Clients.in(tx).Bucket(countsBucket), listOf(string(firm), differs))
		return nil
	})
	return n, err
}

// describeDecision says in one sentence what was decided about a difference.
func describeDecision(e domain.Event) string {
	switch e := e.(type) {
	case domain.DifferenceAccepted:
		return "Smokeball’s " + seenWords[e.Field] + " was accepted" + decidedBy(e.By, e.ByName)
	case domain.RepairAsked:
		return "CaseHug’s " + fieldWord(e.Field) + " is to be written to Smokeball" + decidedBy(e.By, e.ByName)
	case domain.RepairDropped:
		return "CaseHug’s " + fieldWord(e.Field) + " was not written: " + dropped[e.Reason]
	}
	return ""
}

// decidedBy says who decided, where that is known, or that no person did.
func decidedBy(by, name string) string {
	switch {
	case name != "":
		return ", by " + name
	case by != domain.BySetting:
		return ""
	}
	return ", because the firm has differences settled by the owner of the field"
}

// dropped says why a field was not written.
var dropped = map[domain.RepairRefuse]string{
	domain.RepairChanged:  "it was changed in Smokeball meanwhile",
	domain.RepairAccepted: "Smokeball’s value was accepted meanwhile",
	domain.RepairShared:   "the contact is other clients’, too",
	domain.RepairKept:     "the contact in Smokeball is another person, or of another kind, by now",
}

// fieldWord is a field as people call it.
func fieldWord(name string) string {
	switch name {
	case domain.FieldClientName:
		return "client’s name"
	case domain.FieldClientEmail:
		return "client’s e-mail address"
	case domain.FieldClientPhone:
		return "client’s phone number"
	}
	return seenWords[name]
}
