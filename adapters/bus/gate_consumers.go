package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ownerKey is the consumer's metadata that says which tenant made it.
const ownerKey = "engine.guest"

type fields = map[string]json.RawMessage

// consumer answers a request about consumers, on the outbox only and only the tenant's own:
// {verb}.OUTBOX[.{consumer}[.{filter}]].
func (g *gate) consumer(c call, request string) error {
	verb, rest, ok := strings.Cut(request, "."+Outbox)
	if !ok || (rest != "" && rest[0] != '.') {
		return noAccess
	}
	rest = strings.TrimPrefix(rest, ".")
	switch verb {
	case "CREATE", "DURABLE.CREATE":
		return g.createConsumer(c, rest)
	case "MSG.NEXT":
		if !g.owns(c.tenant, rest) {
			return notYours
		}
		return g.forward(c, nil, c.msg.Data)
	case "INFO", "DELETE", "PAUSE", "UNPIN", "RESET":
		return g.ownConsumer(c, verb, rest)
	}
	return noAccess
}

func (g *gate) ownConsumer(c call, verb, name string) error {
	if !g.owns(c.tenant, name) {
		return notYours
	}
	if verb == "DELETE" {
		g.forget(name)
	}
	m, err := g.ask(c.subject, c.msg.Data)
	if err != nil {
		return err
	}
	g.respond(c, nil, c.tenant.disguise(m.Data))
	return nil
}

// createConsumer makes a consumer that delivers only to the tenant and reads only what the
// tenant may read. rest is the part of the subject after the stream: the consumer and its filter.
func (g *gate) createConsumer(c call, rest string) error {
	request, config, err := consumerRequest(c.msg.Data)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(rest, ".")
	if name, err = consumerName(name, config); err != nil {
		return err
	}
	if err := c.tenant.confine(config); err != nil {
		return err
	}
	if err := g.unclaimed(c.tenant, name); err != nil {
		return err
	}
	if err := g.hasRoom(c.tenant, name); err != nil {
		return err
	}
	request["config"] = encoded(config)
	m, err := g.ask(c.subject, encoded(request))
	if err != nil {
		return err
	}
	g.learn(m.Data)
	g.respond(c, nil, c.tenant.disguise(m.Data))
	return nil
}

// consumerRequest decodes a request and refuses fields that the gate does not know: the server
// matches names without regard to case, so an unknown name could set a known field.
func consumerRequest(data []byte) (request, config fields, err error) {
	if json.Unmarshal(data, &request) != nil || json.Unmarshal(request["config"], &config) != nil || config == nil {
		return nil, nil, refusal("the consumer's configuration is not JSON; send what JetStream's API asks for")
	}
	for field := range request {
		if !slices.Contains([]string{"stream_name", "config", "action", "pedantic"}, field) {
			return nil, nil, refusal(fmt.Sprintf("requests of tenants cannot hold %q; leave it out", field))
		}
	}
	return request, config, nil
}

// consumerName returns the name on which subject and configuration agree, or "" for a consumer
// that JetStream names.
func consumerName(name string, config fields) (string, error) {
	for _, field := range []string{"name", "durable_name"} {
		other := text(config[field])
		if name == "" {
			name = other
		}
		if other != "" && other != name {
			return "", refusal("the consumer has two names; give it one")
		}
	}
	return name, nil
}

// harmless are the settings that change neither what a consumer reads nor where it sends.
func harmless() []string {
	return []string{
		"name", "durable_name", "description", "deliver_policy", "opt_start_seq", "opt_start_time", "ack_policy", "ack_wait",
		"max_deliver", "backoff", "replay_policy", "rate_limit_bps", "sample_freq", "max_waiting", "max_ack_pending",
		"flow_control", "headers_only", "max_batch", "max_expires", "max_bytes", "deliver_group", "idle_heartbeat",
		"inactive_threshold", "num_replicas", "mem_storage", "pause_until", "priority_groups", "priority_policy",
		"priority_timeout", "filter_subject", "filter_subjects", "deliver_subject", "metadata",
	}
}

// confine checks a consumer's configuration and restricts it to the tenant.
func (g tenant) confine(config fields) error {
	for field := range config {
		if !slices.Contains(harmless(), field) {
			return refusal(fmt.Sprintf("consumers of tenants cannot set %q; leave it out", field))
		}
	}
	if err := g.confineFilters(config); err != nil {
		return err
	}
	if err := g.confineDelivery(config); err != nil {
		return err
	}
	if err := confineLifetime(config); err != nil {
		return err
	}
	return g.sign(config)
}

// How long an unused consumer of a tenant lives. A durable one outlives holidays; the outbox
// keeps its messages for longer.
const (
	durableLifetime   = 30 * 24 * time.Hour
	ephemeralLifetime = time.Hour
	consumersMost     = 64 // of one tenant
)

// confineLifetime limits how long an unused consumer lives.
func confineLifetime(config fields) error {
	var given time.Duration
	if raw, ok := config["inactive_threshold"]; ok && json.Unmarshal(raw, &given) != nil {
		return refusal("inactive_threshold must be a number of nanoseconds")
	}
	switch durable := text(config["durable_name"]) != ""; {
	case durable && (given <= 0 || given > durableLifetime):
		config["inactive_threshold"] = encoded(durableLifetime)
	case !durable && given > ephemeralLifetime:
		config["inactive_threshold"] = encoded(ephemeralLifetime)
	}
	return nil
}

// hasRoom refuses a tenant more consumers than it may have. Changing one that it has is allowed.
func (g *gate) hasRoom(who tenant, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), gateTimeout)
	defer cancel()
	s, err := g.js.Stream(ctx, Outbox)
	if err != nil {
		return err
	}
	list, own, there := s.ListConsumers(ctx), 0, false
	for info := range list.Info() { // to its end, or the library's goroutine leaks
		if info.Config.Metadata[ownerKey] == who.token() {
			own++
			there = there || info.Name == name
		}
	}
	if own >= consumersMost && !there {
		return refusal(fmt.Sprintf("you have %d consumers, the most that are allowed; delete one first", own))
	}
	return list.Err()
}

// sign records the owner in the consumer's metadata.
func (g tenant) sign(config fields) error {
	var metadata map[string]string
	if raw, ok := config["metadata"]; ok && json.Unmarshal(raw, &metadata) != nil {
		return refusal("metadata must be an object whose values are strings")
	}
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[ownerKey] = g.token()
	config["metadata"] = encoded(metadata)
	return nil
}

func (g tenant) confineFilters(config fields) error {
	if g.firm == "" {
		return nil // all of the outbox
	}
	var filters []string
	if raw, ok := config["filter_subjects"]; ok && json.Unmarshal(raw, &filters) != nil {
		return refusal("filter_subjects must be a list of subjects")
	}
	if filter := text(config["filter_subject"]); filter != "" {
		filters = append(filters, filter)
	}
	space := strings.TrimSuffix(g.scope("sync."), ">")
	if len(filters) == 0 || slices.ContainsFunc(filters, func(f string) bool { return !strings.HasPrefix(f, space) }) {
		return refusal("the consumer reads other firms too; set its filter to " + g.scope("sync."))
	}
	return nil
}

func (g tenant) confineDelivery(config fields) error {
	raw, ok := config["deliver_subject"]
	if !ok {
		return nil
	}
	subject := text(raw)
	if subject == "" && string(raw) == `""` {
		return nil
	}
	if !tenantInbox(subject) {
		return refusal("the consumer delivers outside " + inboxPrefix + "; let it deliver to an inbox of yours, or pull")
	}
	config["deliver_subject"] = encoded(g.inbox(subject))
	return nil
}

// disguise shows the tenant the delivery subject that it named, and hides the owner.
func (g tenant) disguise(answer []byte) []byte {
	var body, config fields
	var metadata map[string]string
	if json.Unmarshal(answer, &body) != nil || json.Unmarshal(body["config"], &config) != nil {
		return answer // an error, or an answer without a configuration
	}
	if subject := text(config["deliver_subject"]); subject != "" {
		config["deliver_subject"] = encoded(g.ownSubject(subject))
	}
	if json.Unmarshal(config["metadata"], &metadata) == nil {
		delete(metadata, ownerKey)
		config["metadata"] = encoded(metadata)
	}
	body["config"] = encoded(config)
	return encoded(body)
}

// text returns the JSON string in raw, or "".
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// encoded returns v in JSON. It cannot fail: the gate encodes only what it has decoded.
func encoded(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}
