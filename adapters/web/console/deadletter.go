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
	"github.com/casehug/smokeball-sync/adapters/web/words"
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
	Cut      bool // the content goes on
	Replaced int  // the matter's version that is here and replaces it; 0: none
}

// deadLetterFault is the fault of one field.
type deadLetterFault struct {
	Field  string
	Holds  string // as JSON; empty: nothing
	Reason string
}

// Name is how people call the field: Client’s last name for /matter/client/last_name.
func (f deadLetterFault) Name() string {
	var names []string
	for part := range strings.SplitSeq(strings.TrimPrefix(f.Field, "/"), "/") {
		if part != "data" && part != "matter" && part != "document" || len(names) > 0 {
			names = append(names, strings.ReplaceAll(part, "_", " "))
		}
	}
	if len(names) == 0 {
		names = []string{strings.TrimPrefix(f.Field, "/")}
	}
	return words.Capital(strings.Join(names, "’s "))
}

// deadLetterOf is a row as people read it.
func deadLetterOf(matters ports.Matters, r projections.DeadLetterRow) (deadLetterView, error) {
	whole := jsonObject(r.Body)
	data := deadLettersData(whole)
	l := deadLetterView{DeadLetterRow: r, Heading: deadLetterHeading(r, data), About: deadLetterAbout(data)}
	l.Content, l.Cut = listedContent(r.Body)
	for _, f := range r.Faults {
		l.Faults = append(l.Faults, deadLetterFault{Field: f.Field, Holds: held(whole, data, f.Field), Reason: f.Reason})
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

// jsonObject is a body as an object. Nil: it is no JSON object.
func jsonObject(body []byte) map[string]any {
	var whole map[string]any
	if json.Unmarshal(bytes.TrimPrefix(body, utf8BOM), &whole) != nil {
		return nil
	}
	return whole
}

// deadLettersData is the data of an event: its member data, or the whole body if the envelope
// is in headers.
func deadLettersData(whole map[string]any) map[string]any {
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
func held(whole, data map[string]any, field string) string {
	if field == "" {
		return ""
	}
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

// longestContent is how many characters of an event the list shows.
const longestContent = 1500

// mostIndented is how many bytes an event has at most that the list indents: a longer one is
// shown in its whole length nowhere in the list.
const mostIndented = 8 << 10

// listedContent is what the list shows of an event as it came, and whether more was kept.
func listedContent(body []byte) (string, bool) {
	if len(body) <= mostIndented {
		return beginning(readable(body))
	}
	start := body[:mostIndented]
	for len(start) > mostIndented-utf8.UTFMax && !utf8.Valid(start) { // it may end within a character
		start = start[:len(start)-1]
	}
	if !utf8.Valid(start) {
		return fmt.Sprintf("%d bytes that are not text", len(body)), true
	}
	text, _ := beginning(string(start))
	return text, true
}

// beginning cuts a text that is too long for the list, and reports whether it did.
func beginning(text string) (string, bool) {
	runes := []rune(text)
	if len(runes) <= longestContent {
		return text, false
	}
	return string(runes[:longestContent]) + "…", true
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
