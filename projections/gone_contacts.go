package projections

import (
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// GoneContacts has one row per client whose contact Smokeball no longer has, until the client is
// another contact or it is there again.
var GoneContacts = View[domain.GoneContact]{Name: "gone_contacts", Version: 1, Keys: clientKeys, Fold: foldGoneContact,
	Gone: func(g domain.GoneContact) bool { return g.Firm == "" }}

func foldGoneContact(g domain.GoneContact, env eventstore.Envelope) domain.GoneContact {
	switch e := env.Event.(type) {
	case domain.ClientSeen:
		if !e.Values.Deleted {
			return domain.GoneContact{}
		}
		return domain.GoneContact{Firm: env.Stream.Firm, Client: domain.ClientID(env.Stream.ID), Contact: e.Contact, Since: env.At}
	case domain.ClientLinked:
		if e.Contact != g.Contact {
			return domain.GoneContact{}
		}
	}
	return g
}

// GoneContactRows reads the contacts that are gone from Smokeball.
type GoneContactRows struct{ *file }

// GoneContacts lists the clients whose contacts Smokeball no longer has.
func (v GoneContactRows) GoneContacts() (list []domain.GoneContact, err error) {
	err = v.view(func(tx *snapshot) error {
		list = nil
		return all(tx, GoneContacts, func(_ string, g domain.GoneContact) bool { list = append(list, g); return true })
	})
	return list, err
}

// describeFollowed says in one sentence what became of a client whose contact is gone.
func describeFollowed(e domain.Event) string {
	switch e := e.(type) {
	case domain.ClientFollowed:
		return "The client’s contact was deleted in Smokeball, or merged into another one: the client is the contact “" + e.Name + "” there now"
	case domain.ClientNotFollowed:
		return "The client’s contact was deleted in Smokeball, and “" + e.Name + "” stands in its place on the matter. If that is the client, a firm admin unlinks the matter and links it again, and says so. If not, click “Sync to Smokeball”: the client gets a contact again"
	}
	return ""
}
