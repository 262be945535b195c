package projections

import (
	"cmp"

	"github.com/casehug/smokeball-sync/domain"
)

// describeLinkByHand says in one sentence what a person linked, and what they decided of the client.
func describeLinkByHand(e domain.MatterLinked) string {
	text := cmp.Or(e.ByName, "A firm admin") + " linked the matter to Smokeball’s matter " + string(e.Matter)
	switch e.Choice {
	case domain.ClientKept:
		return text + "; its clients stay as they are there"
	case domain.ClientAdded:
		return text + "; CaseHug’s client is put on it beside those that are there"
	case domain.ClientSame:
		return text + ", and said that contact " + string(e.Contact) + " is CaseHug’s client"
	}
	return text
}
