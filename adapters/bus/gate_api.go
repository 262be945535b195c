package bus

import (
	"encoding/json"
	"slices"
	"strings"
)

const (
	apiPrefix   = "$JS.API."
	documentsOf = "OBJ_" + Documents // the object store's stream
	chunks      = "$O." + Documents + ".C."
	metas       = "$O." + Documents + ".M."
)

// accountInfo answers the request by which clients check that JetStream is enabled. It does not
// show the engine's figures.
const accountInfo = `{"type":"io.nats.jetstream.api.v1.account_info_response","memory":0,"storage":0,"streams":2,"consumers":0,` +
	`"limits":{"max_memory":-1,"max_storage":-1,"max_streams":-1,"max_consumers":-1},"api":{"total":0,"errors":0}}`

const noAccess = refusal("tenants publish casehug events, put documents and read sync events, nothing else")

// api answers one request of JetStream's API.
func (g *gate) api(c call) error {
	request := strings.TrimPrefix(c.subject, apiPrefix)
	switch {
	case request == "INFO":
		return nil // the import of infoSubject answers it
	case request == "STREAM.NAMES":
		return g.streamNames(c)
	case request == "STREAM.INFO."+Outbox, request == "STREAM.INFO."+documentsOf:
		return g.relay(c, nil) // without the request's body, which can ask for subjects: those name firms and documents
	case strings.HasPrefix(request, "CONSUMER."):
		return g.consumer(c, strings.TrimPrefix(request, "CONSUMER."))
	default:
		return g.documents(c, request)
	}
}

// streamNames answers which of the tenants' streams has a subject.
func (g *gate) streamNames(c call) error {
	var ask struct {
		Subject string `json:"subject"`
	}
	if len(c.msg.Data) > 0 {
		if err := json.Unmarshal(c.msg.Data, &ask); err != nil {
			return refusal("the request is not JSON; send what JetStream's API asks for")
		}
	}
	names := slices.DeleteFunc([]string{Outbox, documentsOf}, func(name string) bool {
		space := map[string]string{Outbox: "sync.", documentsOf: "$O." + Documents + "."}[name]
		return ask.Subject != "" && !strings.HasPrefix(ask.Subject, space)
	})
	body, err := json.Marshal(map[string]any{
		"type": "io.nats.jetstream.api.v1.stream_names_response", "total": len(names), "offset": 0, "limit": 1024, "streams": names,
	})
	if err != nil {
		return err
	}
	g.respond(c, nil, body)
	return nil
}
