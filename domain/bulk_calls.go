package domain

// WritesFor reports whether e says that a call which writes was made, or was about to be, for the
// matter's sync.
func WritesFor(e Event, s SyncID) bool {
	switch e := e.(type) {
	case FolderCreationStarted:
		return e.Sync == s
	case MatterCreationStarted:
		return e.Sync == s
	case MatterChangeAccepted:
		return e.Sync == s
	case FileCreationStarted:
		return e.Sync == s
	}
	return false
}
