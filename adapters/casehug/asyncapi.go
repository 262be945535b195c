package casehug

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// channel is a subject of the bus and the type of the events on it.
type channel struct {
	name, subject, eventType string
	says                     string
	from                     string // who publishes
}

// channels are all subjects of the bus.
func channels() []channel {
	in := func(eventType, says string) channel {
		name := strings.TrimPrefix(eventType, typePrefix)
		return channel{name, "casehug.{firm}." + name, eventType, says, "CaseHug"}
	}
	out := func(t Topic, says string) channel {
		return channel{"sync." + string(t), "sync.{firm}." + string(t), t.Type(), says, "the engine"}
	}
	return []channel{
		in(domain.TypeMatterCreated, "A matter was created."),
		in(domain.TypeMatterUpdated, "A matter changed; the data is the whole matter after the change."),
		in(domain.TypeDocumentApproved, "A document was approved; perhaps with its matter."),
		in(domain.TypeClientUpdated, "A client changed."),
		in(domain.TypeMatterSyncRequested, "Somebody asks for a sync of a matter."),
		out(MatterSynced, "A matter is in Smokeball as CaseHug has it; the data is an entry of the sync history."),
		out(MatterSyncFailed, "A sync failed; the data is an entry of the sync history."),
		out(MatterChangedInSmokeball, "People changed a linked matter in Smokeball."),
		out(ContactChanged, "People changed a client's contact in Smokeball."),
		out(ConnectionChanged, "The firm's connection to Smokeball changed."),
		{"webhook", "smokeball.{firm}.webhook.{type}", domain.TypeWebhookReceived, "Smokeball's webhook as it was received.", "the engine"},
	}
}

// AsyncAPI describes the bus, in AsyncAPI 3.0, from the engine's side: it receives what CaseHug
// publishes and sends the rest. The schemas are those by which events are checked.
func AsyncAPI(version string) []byte {
	messages, schemas, all, operations := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for _, c := range channels() {
		addSchemas(schemas, c.eventType)
		messages[c.eventType] = c.message()
		all[c.name] = c.describe()
		operations[c.name] = c.operation()
	}
	data, err := json.Marshal(map[string]any{
		"asyncapi": "3.0.0",
		"info": map[string]any{"title": "CaseHug Smokeball sync: the bus", "version": version,
			"description": "CloudEvents 1.0 in JSON over NATS JetStream, structured as described here, or binary with the attributes as ce-… headers. " +
				"An event is one event by firm, source and id: the same three twice are one. Publish to JetStream, wait for the acknowledgement, and set Nats-Msg-Id to {source}/{id}. " +
				"The stream INBOX holds casehug.> and smokeball.>, the stream OUTBOX holds sync.>."},
		"servers": map[string]any{"bus": map[string]any{"host": "{address}", "protocol": "nats", "description": "The embedded server, or the cluster of ENGINE_NATS_URL.",
			"variables": map[string]any{"address": map[string]any{"default": "127.0.0.1:4222", "description": "ENGINE_NATS_LISTEN"}}}},
		"defaultContentType": "application/cloudevents+json",
		"channels":           all,
		"operations":         operations,
		"components":         map[string]any{"messages": messages, "schemas": schemas},
	})
	must(err) // of maps and texts
	return data
}

// describe is the channel in AsyncAPI's words.
func (c channel) describe() map[string]any {
	parameters := map[string]any{"firm": map[string]any{"description": "The firm's id in CaseHug: 1 to 64 of A-Z a-z 0-9 _ -"}}
	if strings.Contains(c.subject, "{type}") {
		parameters["type"] = map[string]any{"description": "Smokeball's word for what happened, such as matter.updated"}
	}
	return map[string]any{"address": c.subject, "description": c.says, "parameters": parameters,
		"messages": map[string]any{"event": map[string]any{"$ref": "#/components/messages/" + c.eventType}}}
}

// operation is what the engine does on the channel.
func (c channel) operation() map[string]any {
	action := "send"
	if c.from == "CaseHug" {
		action = "receive"
	}
	return map[string]any{"action": action, "summary": c.says, "channel": map[string]any{"$ref": "#/channels/" + c.name}}
}

// message is the event as it is on the bus, in structured mode.
func (c channel) message() map[string]any {
	text := func(more map[string]any) map[string]any {
		maps.Copy(more, map[string]any{"type": "string"})
		return more
	}
	properties := map[string]any{
		"specversion":     text(map[string]any{"const": "1.0"}),
		"id":              text(map[string]any{"minLength": 1, "description": "Unique for its source."}),
		"source":          text(map[string]any{"minLength": 1}),
		"type":            text(map[string]any{"const": c.eventType}),
		"time":            text(map[string]any{"format": "date-time"}),
		"datacontenttype": text(map[string]any{}),
		"data":            map[string]any{"$ref": "#/components/schemas/" + c.eventType},
	}
	if c.from != "CaseHug" {
		properties["position"] = text(map[string]any{"pattern": "^[0-9]+$", "description": "The ledger position that the data includes."})
	}
	return map[string]any{
		"name": c.eventType, "title": c.says, "contentType": "application/cloudevents+json",
		"headers": map[string]any{"type": "object", "properties": map[string]any{"Nats-Msg-Id": text(map[string]any{"description": "{source}/{id}"})}},
		"payload": map[string]any{"type": "object", "required": []string{"specversion", "id", "source", "type", "data"}, "properties": properties},
	}
}

// addSchemas adds the schema of an event's data, and those that it refers to, with references
// to where they stand in the document.
func addSchemas(schemas map[string]any, eventType string) {
	_, parts := readSchemas()
	doc := readSchema(eventType)
	needs := map[string]any{}
	addDefs(doc, parts, needs)
	needs[eventType] = doc
	for name, schema := range needs {
		walk(schema, func(o map[string]any) {
			delete(o, "$schema")
			if ref, ok := o["$ref"].(string); ok {
				o["$ref"] = strings.Replace(ref, "#/$defs/", "#/components/schemas/", 1)
			}
		})
		schemas[name] = schema
	}
}
