package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// utf8BOM is what some senders begin with and encoding/json refuses.
var utf8BOM = []byte("\ufeff")

// deadLetterView is a dead letter as people read it.
type deadLetterView struct {
	projections.DeadLetterRow
	Heading  string // such as Matter changed, m_1003
	About    string // the matter's title or the client's name
	Faults   []deadLetterFault
	Content  string
	Replaced int // the matter's version that is here and replaces it; 0: none
}

// deadLetterFault is the fault of one field.
type deadLetterFault struct {
	Field  string
	Holds  string // as JSON; empty: nothing
	Reason string
}

// deadLetterOf is a row as people read it.
func deadLetterOf(matters ports.Matters, r projections.DeadLetterRow) (deadLetterView, error) {
	data := deadLettersData(r.Body)
	l := deadLetterView{DeadLetterRow: r, Heading: deadLetterHeading(r, data), About: deadLetterAbout(data), Content: readable(r.Body)}
	for _, f := range r.Faults {
		l.Faults = append(l.Faults, deadLetterFault{Field: f.Field, Holds: held(r.Body, data, f.Field), Reason: f.Reason})
	}
	if r.Type != domain.TypeMatterCreated && r.Type != domain.TypeMatterUpdated {
		return l, nil
	}
	row, ok, err := matters.Matter(r.Firm, domain.MatterID(textAt(part(data, "matter"), "matter_id")))
	if version, counts := part(data, "matter")["version"].(float64); ok && counts && version > 0 && row.Matter.Data.Version >= int(version) {
		l.Replaced = row.Matter.Data.Version
	}
	return l, err
}

// deadLettersData is the data of an event: its member data, or the whole body if the envelope
// is in headers. Nil: it is no JSON object.
func deadLettersData(body []byte) map[string]any {
	var whole map[string]any
	if json.Unmarshal(bytes.TrimPrefix(body, utf8BOM), &whole) != nil {
		return nil
	}
	if data, ok := whole["data"].(map[string]any); ok {
		return data
	}
	return whole
}

// part is a member of the data, or the data itself: senders use both forms.
func part(data map[string]any, name string) map[string]any {
	if inner, ok := data[name].(map[string]any); ok {
		return inner
	}
	return data
}

func textAt(data map[string]any, name string) string {
	text, _ := data[name].(string)
	return text
}

// deadLetterHeading is what the event is, with the id of what it is about.
func deadLetterHeading(r projections.DeadLetterRow, data map[string]any) string {
	what, id := "An event of no known type", ""
	switch r.Type {
	case domain.TypeMatterCreated:
		what, id = "Matter created", textAt(part(data, "matter"), "matter_id")
	case domain.TypeMatterUpdated:
		what, id = "Matter changed", textAt(part(data, "matter"), "matter_id")
	case domain.TypeMatterSyncRequested:
		what, id = "Sync asked for", textAt(part(data, "matter"), "matter_id")
	case domain.TypeDocumentApproved:
		what, id = "Document approved", textAt(part(data, "document"), "document_id")
	case domain.TypeClientUpdated:
		what, id = "Client changed", textAt(part(data, "client"), "client_id")
	case domain.TypeWebhookReceived:
		what = "Webhook of Smokeball"
	case "":
	default:
		what = r.Type
	}
	if !domain.ValidID(id) {
		return what
	}
	return what + ", " + id
}

// deadLetterAbout is the person or thing that the event is about.
func deadLetterAbout(data map[string]any) string {
	if title := textAt(part(data, "matter"), "title"); title != "" {
		return title
	}
	if name := textAt(part(data, "document"), "file_name"); name != "" {
		return name
	}
	client := part(data, "client")
	return strings.TrimSpace(cmp.Or(strings.TrimSpace(textAt(client, "first_name")+" "+textAt(client, "last_name")), textAt(client, "company_name")))
}

// longestHeldBody is how many characters of a value the table of faults shows.
const longestHeldBody = 120

// held is the value of a field as JSON: of the data, else of the envelope. Empty: none.
func held(body []byte, data map[string]any, field string) string {
	if field == "" {
		return ""
	}
	var whole map[string]any
	_ = json.Unmarshal(bytes.TrimPrefix(body, utf8BOM), &whole) // what is no JSON holds nothing
	for _, within := range []map[string]any{data, whole} {
		if v, ok := at(within, strings.Split(field, "/")[1:]); ok {
			text, _ := json.Marshal(v)
			if runes := []rune(string(text)); len(runes) > longestHeldBody {
				return string(runes[:longestHeldBody]) + "…"
			}
			return string(text)
		}
	}
	return ""
}

// at follows a JSON pointer.
func at(v any, path []string) (any, bool) {
	if len(path) == 0 {
		return v, true
	}
	switch v := v.(type) {
	case map[string]any:
		inner, ok := v[path[0]]
		if !ok {
			return nil, false
		}
		return at(inner, path[1:])
	case []any:
		n, err := strconv.Atoi(path[0])
		if err != nil || n < 0 || n >= len(v) {
			return nil, false
		}
		return at(v[n], path[1:])
	}
	return nil, false
}

// readable is a body as text: indented if it is JSON.
func readable(body []byte) string {
	var b bytes.Buffer
	switch {
	case json.Indent(&b, body, "", "  ") == nil:
		return b.String()
	case utf8.Valid(body):
		return string(body)
	}
	return fmt.Sprintf("%d bytes that are not text", len(body))
}
