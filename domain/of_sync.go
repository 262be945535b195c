package domain

// OfSync is an event that is part of a sync: it moves the sync, or shows in its history.
type OfSync interface {
	Event
	OfSync() SyncID
}

func (e SyncRequested) OfSync() SyncID  { return e.Sync }
func (e SyncStarted) OfSync() SyncID    { return e.Sync }
func (e SyncDeferred) OfSync() SyncID   { return e.Sync }
func (e SyncReleased) OfSync() SyncID   { return e.Sync }
func (e SyncConfirming) OfSync() SyncID { return e.Sync }
func (e SyncSucceeded) OfSync() SyncID  { return e.Sync }
func (e SyncFailed) OfSync() SyncID     { return e.Sync }
func (e SyncSkipped) OfSync() SyncID    { return e.Sync }
func (e SyncCancelled) OfSync() SyncID  { return e.Sync }

func (e MatterCreationAbandoned) OfSync() SyncID { return e.Sync }
func (e FolderCreationAbandoned) OfSync() SyncID { return e.Sync }
func (e FileCreationAbandoned) OfSync() SyncID   { return e.Sync }
func (e MatterChangeMissed) OfSync() SyncID      { return e.Sync }
func (e MatterTypeResolved) OfSync() SyncID      { return e.Sync }
func (e ContactResolved) OfSync() SyncID         { return e.Sync }
func (e ContactSeen) OfSync() SyncID             { return e.Sync }
func (e SyncWarned) OfSync() SyncID              { return e.Sync }
func (e MatterTagged) OfSync() SyncID            { return e.Sync }
func (e MatterAccepted) OfSync() SyncID          { return e.Sync }
func (e MatterLinked) OfSync() SyncID            { return e.Sync }
func (e MatterChangeAccepted) OfSync() SyncID    { return e.Sync }
func (e MatterUnchanged) OfSync() SyncID         { return e.Sync }
func (e MatterConfirmed) OfSync() SyncID         { return e.Sync }
func (e MatterGone) OfSync() SyncID              { return e.Sync }
func (e MatterUnlinked) OfSync() SyncID          { return e.Sync }
func (e FileAccepted) OfSync() SyncID            { return e.Sync }
func (e DocumentUploaded) OfSync() SyncID        { return e.Sync }
func (e DocumentConfirmed) OfSync() SyncID       { return e.Sync }
func (e DocumentKept) OfSync() SyncID            { return e.Sync }
func (e FileRenamed) OfSync() SyncID             { return e.Sync }
func (e DocumentFailed) OfSync() SyncID          { return e.Sync }
