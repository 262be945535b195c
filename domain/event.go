package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Event is a fact: a plain struct in the past tense. EventName is the name under which ledgers
// hold it: it never changes, and a new shape gets a new name.
type Event interface{ EventName() string }

// Marshal gives the stored form of an event: its name and its JSON.
func Marshal(e Event) (name string, data []byte, err error) {
	if _, ok := catalogue[e.EventName()]; !ok {
		return "", nil, fmt.Errorf("event %s: not in the catalogue", e.EventName())
	}
	data, err = json.Marshal(e)
	if err != nil {
		return "", nil, fmt.Errorf("event %s: %w", e.EventName(), err)
	}
	return e.EventName(), data, nil
}

// Unmarshal reads what Marshal gave. Unknown fields are ignored; an unknown name is
// an error, because an aggregate folded without it would be wrong.
func Unmarshal(name string, data []byte) (Event, error) {
	decode, ok := catalogue[name]
	if !ok {
		return nil, fmt.Errorf("event %s: unknown name; this binary is older than the ledger", name)
	}
	e, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", name, err)
	}
	return e, nil
}

// EventNames are all names ever stored, in no order.
func EventNames() []string {
	names := make([]string, 0, len(catalogue))
	for n := range catalogue {
		names = append(names, n)
	}
	return names
}

func decode[E Event](data []byte) (Event, error) {
	var e E
	err := json.Unmarshal(data, &e)
	return e, err
}

// catalogue lists every event by its stored name. It is written once, here, and
// only read.
var catalogue = map[string]func([]byte) (Event, error){
	"matter.created.v1":                  decode[MatterCreated],
	"matter.updated.v1":                  decode[MatterUpdated],
	"matter.outdated.v1":                 decode[MatterOutdated],
	"matter.rebased.v1":                  decode[MatterRebased],
	"client.rebased.v1":                  decode[ClientRebased],
	"document.approved.v1":               decode[DocumentApproved],
	"sync.requested.v1":                  decode[SyncRequested],
	"sync.joined.v1":                     decode[SyncJoined],
	"sync.started.v1":                    decode[SyncStarted],
	"sync.deferred.v1":                   decode[SyncDeferred],
	"sync.released.v1":                   decode[SyncReleased],
	"sync.confirming.v1":                 decode[SyncConfirming],
	"sync.succeeded.v1":                  decode[SyncSucceeded],
	"sync.failed.v1":                     decode[SyncFailed],
	"sync.cancelled.v1":                  decode[SyncCancelled],
	"sync.skipped.v1":                    decode[SyncSkipped],
	"sync.matter_type_resolved.v1":       decode[MatterTypeResolved],
	"sync.contact_resolved.v1":           decode[ContactResolved],
	"sync.contact_confirmed.v1":          decode[ContactSeen],
	"sync.warned.v1":                     decode[SyncWarned],
	"smokeball.matter_tagged.v1":         decode[MatterTagged],
	"smokeball.folder_started.v1":        decode[FolderCreationStarted],
	"smokeball.folder_refused.v1":        decode[FolderCreationRefused],
	"smokeball.folder_resolved.v1":       decode[FolderResolved],
	"smokeball.folder_gone.v1":           decode[FolderGone],
	"smokeball.matter_started.v1":        decode[MatterCreationStarted],
	"smokeball.matter_refused.v1":        decode[MatterCreationRefused],
	"smokeball.matter_abandoned.v1":      decode[MatterCreationAbandoned],
	"smokeball.matter_change_missed.v1":  decode[MatterChangeMissed],
	"smokeball.folder_abandoned.v1":      decode[FolderCreationAbandoned],
	"smokeball.file_abandoned.v1":        decode[FileCreationAbandoned],
	"contact.abandoned.v1":               decode[ContactCreationAbandoned],
	"contact.missed.v1":                  decode[ContactMissed],
	"contact.change_missed.v1":           decode[ContactChangeMissed],
	"smokeball.matter_accepted.v1":       decode[MatterAccepted],
	"smokeball.matter_linked.v1":         decode[MatterLinked],
	"smokeball.matter_changed.v1":        decode[MatterChangeAccepted],
	"smokeball.matter_change_refused.v1": decode[MatterChangeRefused],
	"smokeball.matter_unchanged.v1":      decode[MatterUnchanged],
	"smokeball.matter_confirmed.v1":      decode[MatterConfirmed],
	"smokeball.matter_missed.v1":         decode[MatterMissed],
	"smokeball.matter_gone.v1":           decode[MatterGone],
	"smokeball.matter_unlinked.v1":       decode[MatterUnlinked],
	"smokeball.matter_seen.v1":           decode[MatterSeen],
	"smokeball.hints_read.v1":            decode[HintsRead],
	"client.seen.v1":                     decode[ClientSeen],
	"matter.client_followed.v1":          decode[ClientFollowed],
	"matter.client_not_followed.v1":      decode[ClientNotFollowed],
	"matter.difference_accepted.v1":      decode[DifferenceAccepted],
	"client.difference_accepted.v1":      decode[ClientDifferenceAccepted],
	"matter.repair_asked.v1":             decode[RepairAsked],
	"matter.repair_dropped.v1":           decode[RepairDropped],
	"contact.repair_started.v1":          decode[ContactRepairStarted],
	"drift.check_asked.v1":               decode[DriftCheckAsked],
	"drift.check_marked.v1":              decode[DriftCheckMarked],
	"smokeball.read_asked.v1":            decode[ReadAsked],
	"smokeball.file_missed.v1":           decode[FileMissed],
	"smokeball.file_started.v1":          decode[FileCreationStarted],
	"smokeball.file_refused.v1":          decode[FileCreationRefused],
	"smokeball.file_accepted.v1":         decode[FileAccepted],
	"smokeball.document_uploaded.v1":     decode[DocumentUploaded],
	"smokeball.document_confirmed.v1":    decode[DocumentConfirmed],
	"smokeball.document_removed.v1":      decode[DocumentRemoved],
	"smokeball.document_restored.v1":     decode[DocumentRestored],
	"smokeball.document_kept.v1":         decode[DocumentKept],
	"smokeball.content_started.v1":       decode[DocumentReplacementStarted],
	"smokeball.file_renamed.v1":          decode[FileRenamed],
	"smokeball.document_failed.v1":       decode[DocumentFailed],
	"client.updated.v1":                  decode[ClientUpdated],
	"client.outdated.v1":                 decode[ClientOutdated],
	"client.linked.v1":                   decode[ClientLinked],
	"client.registered.v1":               decode[ClientRegistered],
	"contact.matched.v1":                 decode[ContactMatched],
	"contact.started.v1":                 decode[ContactCreationStarted],
	"contact.refused.v1":                 decode[ContactCreationRefused],
	"contact.accepted.v1":                decode[ContactAccepted],
	"contact.changed.v1":                 decode[ContactChangeAccepted],
	"contact.change_refused.v1":          decode[ContactChangeRefused],
	"contact.confirmed.v1":               decode[ContactConfirmed],
	"contact.lost.v1":                    decode[ContactLost],
	"connection.authorization.v1":        decode[AuthorizationStarted],
	"connection.authorization_end.v1":    decode[AuthorizationFailed],
	"connection.authorized.v1":           decode[ConnectionAuthorized],
	"connection.lost.v1":                 decode[ConnectionLost],
	"connection.troubled.v1":             decode[ConnectionTroubled],
	"connection.recovered.v1":            decode[ConnectionRecovered],
	"connection.reauthorize.v1":          decode[ReauthorizationRequired],
	"connection.disconnected.v1":         decode[Disconnected],
	"connection.webhooks.v1":             decode[WebhooksRegistered],
	"connection.webhooks_removed.v1":     decode[WebhooksRemoved],
	"connection.reauthorize_soon.v1":     decode[ReauthorizationSoon],
	"connection.checked.v1":              decode[ConnectionChecked],
	"connection.closed.v1":               decode[ConnectionClosed],
	"connection.account_proposed.v1":     decode[AccountProposed],
	"connection.account_confirmed.v1":    decode[AccountConfirmed],
	"connection.account_dropped.v1":      decode[AccountDropped],
	"connection.webhooks_lost.v1":        decode[WebhooksLost],
	"connection.webhooks_restored.v1":    decode[WebhooksRestored],
	"connection.webhooks_tested.v1":      decode[WebhooksTested],
	"connection.webhooks_heard.v1":       decode[WebhooksHeard],
	"connection.webhooks_rotation.v1":    decode[WebhookRotationStarted],
	"connection.webhooks_rotated.v1":     decode[WebhooksRotated],
	"connection.webhooks_retired.v1":     decode[WebhookKeysRetired],
	"settings.changed.v1":                decode[SettingsChanged],
	"mapping.revised.v1":                 decode[MappingRevised],
	"mapping.removed.v1":                 decode[MappingRemoved],
	"smokeball.webhook.v1":               decode[SmokeballWebhookReceived],
	"account.claimed.v1":                 decode[AccountClaimed],
	"account.freed.v1":                   decode[AccountFreed],
	"deadletter.recorded.v1":             decode[DeadLettered],
	"object.claimed.v1":                  decode[ObjectClaimed],
	"object.proved.v1":                   decode[ObjectProved],
	"activity.noticed.v1":                decode[ActivityNoticed],
	"activity.read.v1":                   decode[ActivityRead],
	"audit.refused.v1":                   decode[RequestRefused],
	"deadletter.retried.v1":              decode[DeadLetterRetried],
	"deadletter.settled.v1":              decode[DeadLetterSettled],
	"bulk.started.v1":                    decode[BulkStarted],
	"bulk.chosen.v1":                     decode[BulkMattersChosen],
	"bulk.estimated.v1":                  decode[BulkEstimated],
	"bulk.advanced.v1":                   decode[BulkAdvanced],
	"bulk.taken_up.v1":                   decode[BulkTakenUp],
	"bulk.paused.v1":                     decode[BulkSyncPaused],
	"bulk.resumed.v1":                    decode[BulkResumed],
	"bulk.cancelled.v1":                  decode[BulkSyncCancelled],
	"bulk.finished.v1":                   decode[BulkFinished],
	"smokeball.change_found.v1":          decode[ChangeFound],
	"sweep.requested.v1":                 decode[SweepRequested],
	"sweep.begun.v1":                     decode[SweepBegun],
	"sweep.page_read.v1":                 decode[SweepPageRead],
	"sweep.ended.v1":                     decode[SweepEnded],
	"ledger.signed.v1":                   decode[LedgerSigned],
	"ledger.backup_started.v1":           decode[LedgerBackupStarted],
	"ledger.restored.v1":                 decode[LedgerRestored],
	"event.taken_in.v1":                  decode[EventTakenIn],
	"link.reserved.v1":                   decode[MatterReserved],
	"link.freed.v1":                      decode[MatterFreed],
	"erase.requested.v1":                 decode[EraseRequested],
	"erase.found.v1":                     decode[EraseFound],
	"erase.step_done.v1":                 decode[EraseStepDone],
	"matter.erased.v1":                   decode[MatterErased],
	"client.erased.v1":                   decode[ClientErased],
	"retention.changed.v1":               decode[RetentionChanged],
	"retention.history_expired.v1":       decode[HistoryExpired],
	"retention.audit_expired.v1":         decode[AuditExpired],
	"deadletter.expired.v1":              decode[DeadLetterExpired],
}

// sameJSON reports whether two plain values would be stored alike.
func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}
