package projections

import (
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// ResourceRow is a matter or a contact of Smokeball: what it is in CaseHug, and whether it may
// have changed since it was read.
type ResourceRow struct {
	Firm     domain.FirmID      `json:"firm,omitempty"`
	Resource domain.SmokeballID `json:"resource,omitempty"`
	Matter   domain.MatterID    `json:"matter,omitempty"`  // that is linked to it
	Clients  []domain.ClientID  `json:"clients,omitempty"` // that are, or were, the contact
	Hints    domain.Hints       `json:"hints,omitzero"`    // webhooks about it
	Unseen   bool               `json:"unseen,omitempty"`  // it was linked or written, and not read since
	Since    time.Time          `json:"since,omitzero"`    // when that was
	Writing  bool               `json:"writing,omitempty"` // a change of ours waits to be seen
	Crossed  bool               `json:"crossed,omitempty"` // it was read while that waited
}

// Unread reports whether the resource is linked and may have changed since it was read.
func (r ResourceRow) Unread() bool {
	return (r.Matter != "" || len(r.Clients) > 0) && (r.Unseen || r.Hints.Pending())
}

// Resources has one row per matter and contact of Smokeball that is linked or that a webhook
// told of.
var Resources = View[ResourceRow]{Name: "resources", Version: 1, Keys: resourceKeys, Fold: foldResource,
	Told: func(c *changes, env eventstore.Envelope, r ResourceRow) { c.resources[resourceKeys(env)[0]] = r }}

func resourceKeys(env eventstore.Envelope) []string {
	if id := resourceOf(env); id != "" {
		return []string{resourceKey(env.Stream.Firm, id)}
	}
	return nil
}

func resourceKey(f domain.FirmID, id domain.SmokeballID) string {
	return rowKey(string(f), domain.HintStream(f, id).ID)
}

// resourceOf is the resource that an event is about, "" where the view does not follow it.
func resourceOf(env eventstore.Envelope) domain.SmokeballID {
	switch e := env.Event.(type) {
	case domain.SmokeballWebhookReceived:
		if kind, _, _ := strings.Cut(e.Type, "."); kind == "matter" || kind == "contact" {
			return e.Resource
		}
	case domain.HintsRead:
		return domain.SmokeballID(env.Stream.ID)
	case domain.MatterAccepted:
		return e.Matter
	case domain.MatterLinked:
		return e.Matter
	case domain.MatterUnlinked:
		return e.Matter
	case domain.MatterChangeAccepted:
		return e.Matter
	case domain.MatterConfirmed:
		return e.Matter
	case domain.ClientLinked:
		return e.Contact
	case domain.ContactSeen:
		return e.Contact
	}
	return ""
}

func foldResource(r ResourceRow, env eventstore.Envelope) ResourceRow {
	r.Firm = env.Stream.Firm
	r.Hints = r.Hints.Apply(env.Event, env.At)
	switch e := env.Event.(type) {
	case domain.SmokeballWebhookReceived:
		r.Resource = e.Resource
	case domain.HintsRead:
		r.Unseen, r.Since, r.Crossed = false, time.Time{}, r.Writing
	case domain.MatterAccepted:
		r.Resource, r.Matter, r.Writing, r.Crossed = e.Matter, domain.MatterID(env.Stream.ID), true, false
	case domain.MatterLinked:
		r.Resource, r.Matter = e.Matter, domain.MatterID(env.Stream.ID)
		r = r.unseen(env.At)
	case domain.MatterUnlinked:
		r.Matter, r.Unseen = "", false
	case domain.MatterChangeAccepted:
		r.Writing, r.Crossed = true, false
	case domain.MatterConfirmed:
		if r.Crossed && e.By == domain.ByWebhook { // what was read may be from before the change or after it
			r = r.unseen(env.At)
		}
		r.Writing, r.Crossed = false, false
	case domain.ClientLinked:
		if c := domain.ClientID(env.Stream.ID); !slices.Contains(r.Clients, c) {
			r.Clients = append(slices.Clone(r.Clients), c)
			r = r.unseen(env.At)
		}
		r.Resource = e.Contact
	case domain.ContactSeen:
		r.Resource = e.Contact
		r = r.unseen(env.At)
	}
	return r
}

func (r ResourceRow) unseen(at time.Time) ResourceRow {
	if !r.Unseen {
		r.Unseen, r.Since = true, at
	}
	return r
}

// Resource is what is known of a matter or a contact of Smokeball.
func (v *Views) Resource(f domain.FirmID, id domain.SmokeballID) (r ResourceRow, err error) {
	err = v.db.View(func(tx *bbolt.Tx) (err error) {
		r, _, err = get(tx, Resources, resourceKey(f, id))
		return err
	})
	return r, err
}

// unread has in memory which resources are to be read, so that nobody decodes rows to find them.
type unread struct {
	mu   sync.Mutex
	rows map[string]ResourceRow
}

func (u *unread) load(tx *bbolt.Tx) error {
	changed := map[string]ResourceRow{}
	err := all(tx, Resources, func(key string, r ResourceRow) bool { changed[key] = r; return true })
	u.apply(changed)
	return err
}

func (u *unread) apply(changed map[string]ResourceRow) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for key, r := range changed {
		if r.Unread() {
			u.rows[key] = r
		} else {
			delete(u.rows, key)
		}
	}
}

// UnreadResources lists the linked matters and contacts that may have changed since they were
// read, by firm.
func (v *Views) UnreadResources() map[domain.FirmID][]domain.UnreadResource {
	v.unread.mu.Lock()
	defer v.unread.mu.Unlock()
	list := map[domain.FirmID][]domain.UnreadResource{}
	for _, r := range v.unread.rows {
		list[r.Firm] = append(list[r.Firm], r.asUnread())
	}
	return list
}

func (r ResourceRow) asUnread() domain.UnreadResource {
	u := domain.UnreadResource{Resource: r.Resource, Matter: r.Matter, Clients: r.Clients, Since: r.Since, Last: r.Since}
	if r.Hints.Pending() {
		u.Hinted = true
		if u.Since.IsZero() || r.Hints.Since.Before(u.Since) {
			u.Since = r.Hints.Since
		}
		if r.Hints.Last.After(u.Last) {
			u.Last = r.Hints.Last
		}
	}
	return u
}

// describeSeen says in one sentence what people changed of a matter in Smokeball.
func describeSeen(e domain.MatterSeen) string {
	var list []string
	for _, field := range e.Changed {
		switch field {
		case domain.FieldDeleted:
			return "The matter was deleted or cancelled in Smokeball"
		case domain.FieldRestored:
			list = append(list, "it is there again")
		case domain.FieldClients, domain.FieldResponsible:
			list = append(list, seenWords[field])
		case domain.FieldCaseType:
			list = append(list, seenWords[field]+" “"+e.Values.TypeName+"”")
		default:
			list = append(list, seenWords[field]+" “"+e.Values.Field(field)+"”")
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "Changed in Smokeball: " + strings.Join(list, ", ")
}

// seenWords are the fields as people call them.
var seenWords = map[string]string{
	domain.FieldStatus: "status", domain.FieldTitle: "name", domain.FieldNumber: "number", domain.FieldCaseType: "matter type",
	domain.FieldResponsible: "responsible person", domain.FieldClients: "clients", domain.FieldOpened: "opened date", domain.FieldClosed: "closed date",
}
