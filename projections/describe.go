package projections

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// describeEvent says an event in one sentence for people, but for what a failure adds; "" for
// those that only engines need.
func describeEvent(e domain.Event) string {
	switch e := e.(type) {
	case domain.MatterCreated:
		return "Matter created in CaseHug"
	case domain.MatterUpdated:
		return "CaseHug changed the matter"
	case domain.MatterOutdated:
		return "An older version arrived late; it changes nothing"
	case domain.MatterRebased:
		return fmt.Sprintf("%s set the version back: what CaseHug sends above version %d counts", cmp.Or(e.ByName, "A firm admin"), e.Version)
	case domain.MatterErased:
		return "A firm admin erased the data of the matter; nothing of it is synced any more"
	case domain.MatterTypeResolved:
		if e.How == domain.HowCustom {
			return "Matter type: " + e.TypeName + ", by the firm’s own mapping"
		}
		return "Matter type: " + e.TypeName
	case domain.ContactResolved:
		return "Contact " + string(e.Outcome)
	case domain.MatterAccepted:
		return "Smokeball accepted the matter"
	case domain.MatterLinked:
		if e.How == domain.LinkedRestored {
			return "The matter was restored in Smokeball"
		}
		if e.How == domain.LinkedByHand {
			return describeLinkByHand(e)
		}
		return "Linked to a matter that Smokeball already had"
	case domain.MatterGone:
		return "The matter was deleted or cancelled in Smokeball"
	case domain.MatterUnlinked:
		switch e.Reason {
		case domain.UnlinkedByPerson:
			return cmp.Or(e.ByName, "A firm admin") + " unlinked the matter from Smokeball’s matter " + string(e.Matter) + ". What is there stays there"
		case domain.UnlinkedAccount:
			return "The firm is connected to another Smokeball account; the matter is looked for there"
		}
		return "A new matter is made for the one that is gone"
	case domain.MatterChangeAccepted:
		return "Smokeball accepted changes: " + strings.Join(changed(e.Change), ", ")
	case domain.MatterConfirmed:
		return "Smokeball confirmed the matter (" + proofWord(e.By) + ")"
	case domain.MatterSeen:
		return describeSeen(e)
	case domain.DifferenceAccepted, domain.RepairAsked, domain.RepairDropped:
		return describeDecision(e)
	case domain.ClientSeen:
		return describeClientSeen(e)
	case domain.ClientFollowed, domain.ClientNotFollowed:
		return describeFollowed(e)
	case domain.ActivityRead:
		return describeActivity(e)
	}
	return cmp.Or(describeSync(e), describeAbandoned(e), describeDocument(e))
}

// proofWord says what showed that something is in Smokeball.
func proofWord(p domain.Proof) string {
	if p == domain.ByRead {
		return "checked"
	}
	return string(p)
}

// describeSync says how a sync moved in one sentence for people.
func describeSync(e domain.Event) string {
	switch e := e.(type) {
	case domain.SyncRequested:
		if e.ByName != "" {
			return "Sync requested by " + e.ByName
		}
		return "Sync requested"
	case domain.SyncDeferred:
		return "The sync waits"
	case domain.SyncSucceeded:
		return "The sync succeeded"
	case domain.SyncFailed:
		return "The sync failed"
	case domain.SyncCancelled:
		if e.ByName != "" {
			return "The sync was cancelled by " + e.ByName
		}
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
		return "Smokeball confirmed the file (" + proofWord(e.By) + ")"
	case domain.DocumentRemoved:
		return "“" + e.FileName + "” was removed in Smokeball. CaseHug does not upload it again by itself"
	case domain.DocumentRestored:
		return "“" + e.FileName + "” is in Smokeball again"
	case domain.DocumentKept:
		return "The content of a document that was approved again is the same as before"
	case domain.FileRenamed:
		return "“" + e.Was + "” is “" + e.FileName + "” in Smokeball now"
	case domain.DocumentFailed:
		return "“" + e.FileName + "” was not sent"
	}
	return ""
}
