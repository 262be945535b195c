package casehug

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/cloudevents/sdk-go/v2/event"
)

// MaxEventBytes is the largest body of an event that is read.
const MaxEventBytes = 1 << 20

// Bounds of an envelope's attributes, in bytes.
const (
	maxIDBytes     = 256
	maxSourceBytes = 512
	maxTypeBytes   = 128
)

// mode is how a CloudEvent travels.
type mode int

const (
	structured mode = iota // all in the body
	binary                 // attributes in ce- headers, data in the body
	unknown                // as something else, such as a batch
)

// modeOf tells the mode by the headers. Without any hint the body must tell.
func modeOf(header map[string]string) mode {
	media, _, _ := mime.ParseMediaType(headerValue(header, "content-type"))
	switch {
	case media == "application/cloudevents+json":
		return structured
	case strings.HasPrefix(media, "application/cloudevents"):
		return unknown
	case slices.ContainsFunc([]string{"ce-specversion", "ce-id", "ce-type", "ce-source"},
		func(name string) bool { return headerValue(header, name) != "" }):
		return binary
	}
	return structured
}

// headerValue finds a header whatever the case of its name.
func headerValue(header map[string]string, name string) string {
	if v, ok := header[name]; ok {
		return v
	}
	for k, v := range header {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// envelope is a CloudEvent taken out of its transport: the attributes that are used,
// by name, and the data. Extensions are tolerated and left behind.
type envelope struct {
	attributes map[string]string
	data       []byte
}

// attributeNames are the attributes of CloudEvents 1.0.
func attributeNames() []string {
	return []string{"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}
}

// unwrap takes an event out of its transport. Faults mean that there is nothing
// further to look at.
func unwrap(header map[string]string, body []byte) (envelope, []domain.FieldFault) {
	switch {
	case len(body) > MaxEventBytes:
		return envelope{}, oneFault("", "has %d bytes; at most %d are taken", len(body), MaxEventBytes)
	case !utf8.Valid(body):
		return envelope{}, oneFault("", "is not written in UTF-8")
	}
	body = withoutBOM(body)
	switch modeOf(header) {
	case binary:
		return fromHeaders(header, body), nil
	case structured:
		return fromBody(body)
	}
	return envelope{}, oneFault("", "has a content-type that is not taken; send application/cloudevents+json, or ce- headers with application/json")
}

// withoutBOM is foreign JSON without the byte order mark that some writers put in front of
// it, which encoding/json refuses.
func withoutBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }

func oneFault(field, format string, args ...any) []domain.FieldFault {
	return []domain.FieldFault{{Field: field, Reason: fmt.Sprintf(format, args...)}}
}

// fromHeaders reads binary mode. CloudEvents' bindings percent-encode header values.
func fromHeaders(header map[string]string, body []byte) envelope {
	env := envelope{attributes: map[string]string{}, data: body}
	for _, name := range attributeNames() {
		value := headerValue(header, "ce-"+name)
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		env.set(name, value)
	}
	env.set("datacontenttype", headerValue(header, "content-type"))
	return env
}

// set keeps an attribute that says something.
func (e envelope) set(name, value string) {
	if v := strings.TrimSpace(value); v != "" {
		e.attributes[name] = v
	}
}

// fromBody reads structured mode.
func fromBody(body []byte) (envelope, []domain.FieldFault) {
	env := envelope{attributes: map[string]string{}}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return env, oneFault("", "is not a JSON object; send a CloudEvent as JSON")
	}
	var faults []domain.FieldFault
	for _, name := range attributeNames() {
		var value *string
		if raw, ok := members[name]; ok && json.Unmarshal(raw, &value) != nil {
			faults = append(faults, oneFault("/"+name, "must be a text")...)
		}
		if value != nil {
			env.set(name, *value)
		}
	}
	var err error
	if env.data, err = dataOf(members); err != nil {
		faults = append(faults, oneFault("/data_base64", "is not base64")...)
	}
	return env, faults
}

// dataOf is the data of a structured event, given as JSON or in base64.
func dataOf(members map[string]json.RawMessage) ([]byte, error) {
	encoded, ok := members["data_base64"]
	if !ok {
		return members["data"], nil
	}
	var text string
	if err := json.Unmarshal(encoded, &text); err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	return withoutBOM(data), err
}

// faults is what CloudEvents 1.0 and this engine find wrong with the attributes.
func (e envelope) faults() []domain.FieldFault {
	if e.attributes["specversion"] != event.CloudEventsVersionV1 {
		return oneFault("/specversion", "must be 1.0; send a CloudEvent of that version")
	}
	var invalid event.ValidationError
	errors.As(e.cloudEvent().Validate(), &invalid)
	var faults []domain.FieldFault
	for _, name := range attributeNames() {
		if invalid[name] != nil {
			faults = append(faults, oneFault("/"+name, "%s", attributeReason(name))...)
		}
	}
	return append(faults, e.ownFaults()...)
}

// cloudEvent hands the attributes to the CloudEvents library, which knows their rules.
func (e envelope) cloudEvent() event.Event {
	ce := event.New(event.CloudEventsVersionV1)
	ce.SetID(e.attributes["id"])
	ce.SetSource(e.attributes["source"])
	ce.SetType(e.attributes["type"])
	ce.SetSubject(e.attributes["subject"])
	ce.SetDataContentType(e.attributes["datacontenttype"])
	ce.SetDataSchema(e.attributes["dataschema"])
	return ce
}

// attributeReason says what an attribute must be.
func attributeReason(name string) string {
	switch name {
	case "id":
		return "is missing; give each event of a source its own id"
	case "source":
		return "is missing or no URI reference; name the service that sends the event"
	case "type":
		return "is missing; see the bus's table of types"
	case "datacontenttype":
		return "is no media type; send application/json or leave it out"
	case "dataschema":
		return "must be an absolute URI, or left out"
	}
	return "is not as CloudEvents 1.0 asks"
}

// ownFaults are the rules that go beyond the library's.
func (e envelope) ownFaults() []domain.FieldFault {
	var faults []domain.FieldFault
	for name, most := range map[string]int{"id": maxIDBytes, "source": maxSourceBytes} {
		switch value := e.attributes[name]; {
		case len(value) > most:
			faults = append(faults, oneFault("/"+name, "has %d bytes; at most %d are taken", len(value), most)...)
		case strings.ContainsFunc(value, unicode.IsControl):
			faults = append(faults, oneFault("/"+name, "must not hold control characters")...)
		}
	}
	if _, err := e.time(); err != nil {
		faults = append(faults, oneFault("/time", "must be a time as in RFC 3339, such as 2026-11-02T15:04:05Z")...)
	}
	if !isJSON(e.attributes["datacontenttype"]) {
		faults = append(faults, oneFault("/datacontenttype", "must be application/json")...)
	}
	return faults
}

// isJSON reports whether a content type promises JSON; none at all does, and one
// that cannot be read is the library's to refuse.
func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err != nil || media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}
