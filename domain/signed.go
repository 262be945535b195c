package domain

// SignedBy are the facts of what a user did, with their name as their token has it, so that people
// read a name where somebody did nothing else that tells it. What the engine did by itself has no name.
func SignedBy(facts []Event, u User) []Event {
	for i, f := range facts {
		facts[i] = signed(f, u)
	}
	return facts
}

func signed(f Event, u User) Event {
	if u.Subject == "" || u.Name == "" {
		return f
	}
	switch e := f.(type) {
	case MappingRevised:
		e.ByName = nameIf(e.By, u)
		return e
	case MappingRemoved:
		e.ByName = nameIf(e.By, u)
		return e
	case SettingsChanged:
		e.ByName = nameIf(e.By, u)
		return e
	case Disconnected:
		e.ByName = nameIf(e.By, u)
		return e
	case WebhooksRegistered:
		e.ByName = nameIf(e.By, u)
		return e
	case WebhooksRestored:
		e.ByName = nameIf(e.By, u)
		return e
	case WebhooksRemoved:
		e.ByName = nameIf(e.By, u)
		return e
	case WebhookRotationStarted:
		e.ByName = nameIf(e.By, u)
		return e
	case WebhooksTested:
		e.ByName = nameIf(e.By, u)
		return e
	case AccountConfirmed:
		e.ByName = nameIf(e.By, u)
		return e
	case AccountDropped:
		e.ByName = nameIf(e.By, u)
		return e
	case SyncCancelled:
		e.ByName = nameIf(e.By, u)
		return e
	case DeadLetterSettled:
		e.ByName = nameIf(e.By, u)
		return e
	case MatterUnlinked:
		e.ByName = nameIf(e.By, u)
		return e
	case MatterRebased:
		e.ByName = nameIf(e.By, u)
		return e
	case ClientRebased:
		e.ByName = nameIf(e.By, u)
		return e
	}
	return f
}

// nameIf is the name of the user if they are who did it.
func nameIf(by string, u User) string {
	if by != u.Subject {
		return ""
	}
	return u.Name
}
