package projections

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

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
	Asked    time.Time          `json:"asked,omitzero"`    // when a person had it read again, until it is; zero: nobody has
	Writing  bool               `json:"writing,omitempty"` // a change of ours waits to be seen
	Crossed  bool               `json:"crossed,omitempty"` // it was read while that waited
}

// Unread reports whether the resource is linked and is to be read.
func (r ResourceRow) Unread() bool { return r.Linked() && (r.Doubtful() || !r.Asked.IsZero()) }

// Doubtful reports whether the resource may have changed since it was read.
func (r ResourceRow) Doubtful() bool { return r.Linked() && (r.Unseen || r.Hints.Pending()) }

// Linked reports whether the resource is a matter or a client of CaseHug's.
func (r ResourceRow) Linked() bool { return r.Matter != "" || len(r.Clients) > 0 }

// Resources has one row per matter and contact of Smokeball that is linked or that a webhook
// told of.
var Resources = View[ResourceRow]{Name: "resources", Version: 4, Keys: resourceKeys, Fold: foldResource,
	Kept: ResourceRow.keep}

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
	case domain.HintsRead, domain.ReadAsked:
		return domain.SmokeballID(env.Stream.ID)
	case domain.ChangeFound:
		return e.Resource
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
	case domain.ReadAsked:
		r.Asked = env.At
	case domain.HintsRead:
		r.Unseen, r.Since, r.Crossed, r.Asked = false, time.Time{}, r.Writing, time.Time{}
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

// ResourceRows reads what is known of the matters and contacts that Smokeball has.
type ResourceRows struct {
	*file
	unread *unread
}

// Resource is what is known of a matter or a contact of Smokeball.
func (v ResourceRows) Resource(f domain.FirmID, id domain.SmokeballID) (r ResourceRow, err error) {
	err = v.view(func(tx *snapshot) (err error) {
		r, _, err = get(tx, Resources, resourceKey(f, id))
		return err
	})
	return r, err
}

// SweptResources lists the matters and contacts of Smokeball that are linked in a firm.
func (v ResourceRows) SweptResources(f domain.FirmID) (list []domain.LinkedResource, err error) {
	err = v.view(func(tx *snapshot) error {
		list = nil
		return eachWith(tx, Resources, rowKey(string(f), ""), func(r ResourceRow) {
			if r.Linked() {
				list = append(list, domain.LinkedResource{Resource: r.Resource, Matter: r.Matter, Clients: r.Clients})
			}
		})
	})
	return list, err
}

// unread has in memory which resources are to be read, so that nobody decodes rows to find them.
type unread struct {
	mu   sync.Mutex
	rows map[string]ResourceRow
}

// keep returns what is kept of a resource that is to be read.
func (r ResourceRow) keep() []byte {
	if !r.Unread() {
		return nil
	}
	data, _ := json.Marshal(r) // which the row's own writing reports
	return data
}

func (u *unread) load(tx *snapshot) error { return eachKept(tx, Resources, u.keep) }

// keep takes over what was committed.
func (u *unread) keep(key string, kept []byte) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if kept == nil {
		delete(u.rows, key)
		return nil
	}
	var r ResourceRow
	if err := json.Unmarshal(kept, &r); err != nil {
		return err
	}
	u.rows[key] = r
	return nil
}

// changing reports whether the matter or its first client's contact may have changed in Smokeball
// since it was read.
func (u *unread) changing(r MatterRow) bool {
	l := r.Matter.Smokeball
	if l.ID == "" {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	matter := u.rows[resourceKey(r.Firm, l.ID)]
	contact := u.rows[resourceKey(r.Firm, r.Matter.Contacts[r.Matter.Data.Client.ID])]
	return matter.Hints.Pending() || contact.Hints.Pending() || matter.Unseen && l.There.Values != nil
}

// hinted are the firm's linked resources that may have changed since they were read.
func (u *unread) hinted(firm domain.FirmID) (list []ResourceRow) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range u.rows {
		if r.Firm == firm && r.Hints.Pending() {
			list = append(list, r)
		}
	}
	return list
}

// replace takes over what another file's rows say.
func (u *unread) replace(other *unread) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.rows = other.rows
}

// UnreadResources lists the linked matters and contacts that may have changed since they were
// read, by firm.
func (v ResourceRows) UnreadResources() map[domain.FirmID][]domain.UnreadResource {
	v.unread.mu.Lock()
	defer v.unread.mu.Unlock()
	list := map[domain.FirmID][]domain.UnreadResource{}
	for _, r := range v.unread.rows {
		list[r.Firm] = append(list[r.Firm], r.asUnread())
	}
	return list
}

func (r ResourceRow) asUnread() domain.UnreadResource {
	since := r.Since
	if since.IsZero() {
		since = r.Asked
	}
	u := domain.UnreadResource{Resource: r.Resource, Matter: r.Matter, Clients: r.Clients, Since: since, Last: since}
	if r.Hints.Pending() {
		u.Hinted = !r.Hints.Found
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
		case domain.FieldClients:
			list = append(list, seenWords[field])
		case domain.FieldResponsible:
			list = append(list, seenWords[field]+" “"+cmp.Or(e.Values.ResponsibleName, e.Values.ResponsibleEmail, "nobody")+"”")
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

// describeClientSeen says in one sentence what people changed of a client's contact in Smokeball.
func describeClientSeen(e domain.ClientSeen) string {
	var list []string
	for _, field := range e.Changed {
		switch field {
		case domain.FieldDeleted:
			return "The client’s contact was deleted in Smokeball, or merged into another one"
		case domain.FieldRestored:
			list = append(list, "it is there again")
		default:
			list = append(list, clientWords[field])
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "The client’s contact was changed in Smokeball: " + strings.Join(list, ", ")
}

// clientWords are the fields of a client as people call them.
var clientWords = map[string]string{
	domain.FieldFirstName: "first name", domain.FieldLastName: "last name", domain.FieldCompanyName: "company name", domain.FieldEmail: "e-mail address", domain.FieldPhone: "phone number",
}
