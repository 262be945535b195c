package domain

import "time"

// ClientRegistered says that a client goes by an e-mail address, or is a Smokeball contact,
// and under which key the client's contact is kept.
type ClientRegistered struct {
	Client ClientID   `json:"client"`
	Key    ContactKey `json:"key"`
}

func (ClientRegistered) EventName() string { return "client.registered.v1" }

// Register lists the clients of a firm that go by one e-mail address, or are one Smokeball
// contact, oldest first: what Smokeball does not show yet, or does not tell, stands here.
type Register struct{ Clients []ClientRegistered }

// Apply returns the register after e.
func (r Register) Apply(e Event, _ time.Time) Register {
	n, ok := e.(ClientRegistered)
	if !ok {
		return r
	}
	clients := append([]ClientRegistered(nil), r.Clients...)
	for i := range clients {
		if clients[i].Client == n.Client {
			clients[i] = n
			return Register{clients}
		}
	}
	return Register{append(clients, n)}
}

// Enter decides that the client belongs into the register.
func (r Register) Enter(c ClientID, key ContactKey) []Event {
	next := ClientRegistered{Client: c, Key: key}
	if contains(r.Clients, next) {
		return nil
	}
	return []Event{next}
}
