package projections

import (
	"cmp"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// dueRow is a matter's current and next sync.
type dueRow struct {
	Due     domain.Due   `json:"due"`
	Current *domain.Sync `json:"current"`
	Next    *domain.Sync `json:"next"`
	Began   uint64       `json:"began,omitempty"` // ledger position of the current one's last start
	Known   bool         `json:"known,omitempty"` // CaseHug announced the matter while a sync of it was unfinished
}

// DueWork lists the matters that have a sync which has not ended.
var DueWork = View[dueRow]{Name: "due", Version: 10, Keys: dueKeys, Fold: foldDue,
	Gone: func(r dueRow) bool { return r.Current == nil }, Kept: dueRow.keep}

func dueKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindMatter {
		return nil
	}
	_, counts := domain.SyncMoved(env.Event)
	switch env.Event.(type) {
	case domain.MatterCreated, domain.MatterUpdated:
		counts = true
	}
	if !counts {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

func foldDue(r dueRow, env eventstore.Envelope) dueRow {
	m := domain.Matter{Sending: domain.Sending{Syncs: domain.Syncs{Current: r.Current, Next: r.Next}}}.Apply(env.Event, env.At)
	r.Current, r.Next = m.Current, m.Next
	switch env.Event.(type) {
	case domain.SyncStarted:
		r.Began = uint64(env.Seq)
	case domain.MatterCreated, domain.MatterUpdated:
		r.Known = true
	}
	if s := m.Current; s != nil {
		r.Due = s.Due(env.Stream.Firm, domain.MatterID(env.Stream.ID))
		r.Due.Moved = env.At
		switch r.Due.WaitsOn {
		case domain.CodeMatterTypeUnmapped:
			r.Due.TypesSeen = cmp.Or(r.Due.TypesSeen, r.Began)
		case domain.CodeMatterUnknown:
			r.Due.Announced = r.Known
		}
	}
	return r
}

// Route leads from a Smokeball resource or request to what the engine has of it.
type Route struct {
	Firm   domain.FirmID   `json:"firm"`
	Matter domain.MatterID `json:"matter"`
	At     time.Time       `json:"at"`
}

// Routes find the matter that a request id or a Smokeball resource belongs to.
var Routes = View[Route]{Name: "routes", Version: 3, Keys: routeKeys, Fold: foldRoute}

func foldRoute(r Route, env eventstore.Envelope) Route {
	if e, ok := env.Event.(domain.MatterUnlinked); ok {
		if e.Reason == domain.UnlinkedByPerson && r.Matter == domain.MatterID(env.Stream.ID) {
			r.Matter = ""
		}
		return r
	}
	return Route{Firm: env.Stream.Firm, Matter: domain.MatterID(env.Stream.ID), At: env.At}
}

func routeKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindMatter {
		return nil
	}
	firm := string(env.Stream.Firm)
	var keys []string
	add := func(kind, id string) {
		if id != "" {
			keys = append(keys, rowKey(firm, kind, id))
		}
	}
	switch e := env.Event.(type) {
	case domain.ContactResolved:
		add("contact", string(e.Contact))
		add("request", string(e.Request))
	case domain.MatterCreationStarted:
		add("request", string(e.Request))
	case domain.MatterAccepted:
		add("matter", string(e.Matter))
		add("request", string(e.Request))
	case domain.MatterLinked:
		add("matter", string(e.Matter))
	case domain.MatterUnlinked:
		add("matter", string(e.Matter))
	case domain.MatterChangeAccepted:
		add("request", string(e.Request))
	case domain.FileCreationStarted:
		add("request", string(e.Request))
	case domain.ClientFollowed:
		add("contact", string(e.To))
	case domain.FileAccepted:
		add("file", string(e.File))
	}
	return keys
}

// RouteRows finds the matter that an id of Smokeball's belongs to.
type RouteRows struct{ *file }

// MatterFor is the matter that a request id or, failing that, a Smokeball resource
// belongs to, or "".
func (v RouteRows) MatterFor(firm domain.FirmID, request domain.RequestID, resource domain.SmokeballID) (m domain.MatterID, err error) {
	err = v.view(func(tx *snapshot) error {
		for _, k := range [][2]string{{"request", string(request)}, {"matter", string(resource)}, {"contact", string(resource)}, {"file", string(resource)}} {
			if k[1] == "" {
				continue
			}
			r, ok, err := get(tx, Routes, rowKey(string(firm), k[0], k[1]))
			if ok || err != nil {
				m = r.Matter
				return err
			}
		}
		return nil
	})
	return m, err
}

// TypesAt is the ledger position at which the matter types of the firm's account changed last.
func (v RouteRows) TypesAt(firm domain.FirmID) (at uint64, err error) {
	err = v.view(func(tx *snapshot) error {
		r, _, err := get(tx, Connections, string(firm))
		at = r.TypesAt
		return err
	})
	return at, err
}

// MatterOf is the CaseHug matter that a Smokeball matter is linked to, or "".
func (v RouteRows) MatterOf(firm domain.FirmID, id domain.SmokeballID) (m domain.MatterID, err error) {
	err = v.view(func(tx *snapshot) error {
		r, _, err := get(tx, Routes, rowKey(string(firm), "matter", string(id)))
		m = r.Matter
		return err
	})
	return m, err
}
