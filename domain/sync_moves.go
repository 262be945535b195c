package domain

import "slices"

// Move is one way in which a sync goes from one status to another.
type Move struct {
	From  Status // "": there is no sync yet
	Event string // the stored name of the event that moves it
	To    Status
}

// moves is the one table of the statuses of a sync and of the events that move it. What it
// does not list is not decided, and folding leaves the sync as it is. It is only read.
var moves = []Move{
	{"", SyncRequested{}.EventName(), Queued},

	{Queued, SyncStarted{}.EventName(), Running},
	{Queued, SyncFailed{}.EventName(), Failed}, // Smokeball refused what an earlier attempt had asked for
	{Queued, SyncCancelled{}.EventName(), Cancelled},

	{Running, SyncStarted{}.EventName(), Running}, // its engine is gone
	{Running, SyncDeferred{}.EventName(), Waiting},
	{Running, SyncConfirming{}.EventName(), Confirming},
	{Running, SyncSucceeded{}.EventName(), Succeeded},
	{Running, SyncFailed{}.EventName(), Failed},
	{Running, SyncSkipped{}.EventName(), Skipped},

	{Waiting, SyncStarted{}.EventName(), Running},
	{Waiting, SyncReleased{}.EventName(), Queued},
	{Waiting, SyncFailed{}.EventName(), Failed},
	{Waiting, SyncCancelled{}.EventName(), Cancelled},

	{Confirming, SyncStarted{}.EventName(), Running},
	{Confirming, SyncDeferred{}.EventName(), Waiting},
	{Confirming, SyncSucceeded{}.EventName(), Succeeded},
	{Confirming, SyncFailed{}.EventName(), Failed},
	{Confirming, SyncSkipped{}.EventName(), Skipped},
}

// Moves are all moves of a sync, by the status that they start from.
func Moves() []Move { return append([]Move(nil), moves...) }

// After is the status after the event; ok is false where the event does not move a sync of
// this status.
func (s Status) After(e Event) (to Status, ok bool) {
	for _, m := range moves {
		if m.From == s && m.Event == e.EventName() {
			return m.To, true
		}
	}
	return s, false
}

// SyncMoved is the sync that an event moves; ok is false for an event that moves none.
func SyncMoved(e Event) (id SyncID, ok bool) {
	s, ok := e.(OfSync)
	if !ok || !slices.ContainsFunc(moves, func(m Move) bool { return m.Event == e.EventName() }) {
		return "", false
	}
	return s.OfSync(), true
}

// allows reports whether the event may follow: it moves no sync, or one of the matter's as
// the table says.
func (m Syncs) allows(e Event) bool {
	id, moving := SyncMoved(e)
	if !moving {
		return true
	}
	for _, s := range []*Sync{m.Current, m.Next} {
		if s != nil && s.ID == id {
			_, ok := s.Status.After(e)
			return ok
		}
	}
	_, ok := Status("").After(e)
	return ok
}
