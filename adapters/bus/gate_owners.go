package bus

import (
	"encoding/json"
	"strings"
)

// consumerInfo is what the gate reads of JetStream's answers about a consumer.
type consumerInfo struct {
	Name   string `json:"name"`
	Config struct {
		Metadata map[string]string `json:"metadata"`
	} `json:"config"`
	Error *struct {
		Code int `json:"code"`
	} `json:"error"`
}

// ack forwards an acknowledgement: $JS.ACK.OUTBOX.{consumer}.{five numbers}.
func (g *gate) ack(c call) error {
	tokens := strings.Split(c.subject, ".")
	if len(tokens) != 9 || tokens[2] != Outbox || !g.owns(c.tenant, tokens[3]) {
		return notYours
	}
	return g.forward(c, nil, c.msg.Data)
}

// flowControl forwards a push consumer's flow-control answer: $JS.FC.OUTBOX.{consumer}.{id}.
func (g *gate) flowControl(c call) error {
	tokens := strings.Split(c.subject, ".")
	if len(tokens) != 5 || tokens[2] != Outbox || !g.owns(c.tenant, tokens[3]) {
		return notYours
	}
	return g.forward(c, nil, c.msg.Data)
}

// owns reports whether the tenant made the consumer.
func (g *gate) owns(who tenant, name string) bool {
	g.mu.Lock()
	owner, ok := g.owners[name]
	g.mu.Unlock()
	if !ok {
		owner = g.owner(name)
	}
	return owner == who.token()
}

// unclaimed refuses the name of another tenant's consumer.
func (g *gate) unclaimed(who tenant, name string) error {
	if name == "" {
		return nil
	}
	g.forget(name)
	if owner := g.owner(name); owner != "" && owner != who.token() {
		return refusal("the consumer's name is taken; choose another")
	}
	return nil
}

// owner returns the tenant that made the consumer, from memory or from JetStream; "": there is
// no such consumer.
func (g *gate) owner(name string) string {
	if name == "" || strings.ContainsAny(name, ".*> \t\r\n") {
		return ""
	}
	m, err := g.ask(apiPrefix+"CONSUMER.INFO."+Outbox+"."+name, nil)
	if err != nil {
		g.log.Error("the gate can't look up a consumer", "err", err)
		return "unknown"
	}
	return g.learn(m.Data)
}

// learn remembers the owner of the consumer in the answer.
func (g *gate) learn(answer []byte) string {
	var info consumerInfo
	if err := json.Unmarshal(answer, &info); err != nil {
		return "unknown"
	}
	if info.Error != nil {
		if info.Error.Code == 404 {
			return ""
		}
		return "unknown"
	}
	owner := info.Config.Metadata[ownerKey]
	if owner == "" {
		owner = "engine"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.owners) >= ownersMax {
		clear(g.owners) // what is still in use is looked up again
	}
	g.owners[info.Name] = owner
	return owner
}

func (g *gate) forget(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.owners, name)
}
