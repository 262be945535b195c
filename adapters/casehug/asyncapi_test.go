package casehug_test

import (
	"bytes"
	"encoding/json"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// asyncAPI is the document, and what a reader needs to check messages by it.
type asyncAPI struct {
	AsyncAPI string
	Info     struct{ Title, Version, Description string }
	Channels map[string]struct {
		Address  string
		Messages map[string]struct {
			Ref string `json:"$ref"`
		}
		Parameters map[string]any
	}
	Operations map[string]struct {
		Action  string
		Channel struct {
			Ref string `json:"$ref"`
		}
	}
	tree     any
	compiler *jsonschema.Compiler
}

func readAsyncAPI(t *testing.T) asyncAPI {
	t.Helper()
	text := casehug.AsyncAPI("1.2.3")
	var d asyncAPI
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.tree, err = jsonschema.UnmarshalJSON(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	d.compiler = jsonschema.NewCompiler()
	d.compiler.UseLoader(jsonschema.SchemeURLLoader{}) // loads nothing
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("https://else.example/asyncapi.json", d.tree); err != nil {
		t.Fatal(err)
	}
	return d
}

// check validates a message by the channel whose address fits its subject.
func (d asyncAPI) check(t *testing.T, subject string, body []byte) error {
	t.Helper()
	for name, c := range d.Channels {
		pattern := strings.NewReplacer("{firm}", "*", "{type}", "*").Replace(c.Address)
		if fits, _ := path.Match(pattern, subject); !fits {
			continue
		}
		schema, err := d.compiler.Compile("https://else.example/asyncapi.json" + c.Messages["event"].Ref + "/payload")
		if err != nil {
			t.Fatalf("the payload of %s: %v", name, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	t.Fatalf("no channel has the subject %s", subject)
	return nil
}

// TestTheBusIsDescribed: the engine's own messages, and those that it takes from CaseHug, are
// valid by asyncapi.json, and what it refuses is not.
func TestTheBusIsDescribed(t *testing.T) {
	d := readAsyncAPI(t)
	if d.AsyncAPI != "3.0.0" || d.Info.Title == "" || d.Info.Version != "1.2.3" {
		t.Errorf("the document is AsyncAPI %s of %+v", d.AsyncAPI, d.Info)
	}
	const entry = `{"id":"s_1","firm_id":"f_1","matter_id":"m_1","trigger":"manual","status":"succeeded","error":null,"steps":[{"name":"matter","outcome":"created"}]}`
	for topic, data := range map[casehug.Topic]string{
		casehug.MatterSynced: entry, casehug.MatterSyncFailed: strings.Replace(entry, `"error":null`, `"error":{"code":"smokeball_refused","message":"m","remedy":"r"}`, 1),
		casehug.MatterChangedInSmokeball: `{"matter_id":"m_1","smokeball_id":"sb","changed":{"status":"closed"}}`,
		casehug.ContactChanged:           `{"client_id":"c_1","smokeball_id":"sb","changed":{"email":"a@b.example"}}`,
		casehug.ConnectionChanged:        `{"firm_id":"f_1","status":"revoked"}`,
	} {
		m, err := casehug.Encode(casehug.Outgoing{ID: "e1", Firm: "f_1", Topic: topic, Time: time.Unix(1_790_000_000, 0), Position: 42, Data: json.RawMessage(data)})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.check(t, m.Subject, m.Body); err != nil {
			t.Errorf("%s: %v", m.Subject, err)
		}
		if d.check(t, m.Subject, bytes.Replace(m.Body, []byte(`"1.0"`), []byte(`"0.3"`), 1)) == nil {
			t.Errorf("%s of another CloudEvents is valid by the document", m.Subject)
		}
	}
	envelope := func(eventType, data string) []byte {
		return []byte(`{"specversion":"1.0","id":"e1","source":"casehug/matters","type":"` + eventType + `","time":"2026-11-02T15:04:05Z","datacontenttype":"application/json","data":` + data + `}`)
	}
	for eventType, data := range map[string]string{domain.TypeMatterCreated: matterJSON, domain.TypeMatterUpdated: matterJSON, domain.TypeMatterSyncRequested: matterJSON,
		domain.TypeDocumentApproved: documentJSON, domain.TypeClientUpdated: clientJSON} {
		subject := "casehug.f_1." + strings.TrimPrefix(eventType, "com.casehug.")
		body := envelope(eventType, data)
		if _, err := casehug.Decode(subject, map[string]string{"content-type": "application/cloudevents+json"}, body); err != nil {
			t.Fatalf("the engine refuses the event that is to be described: %v", err)
		}
		if err := d.check(t, subject, body); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
		if d.check(t, subject, envelope(eventType, `{}`)) == nil {
			t.Errorf("%s without data is valid by the document", subject)
		}
	}
	if err := d.check(t, "smokeball.f_1.webhook.matter", envelope(domain.TypeWebhookReceived, `{"type":"matter.updated"}`)); err != nil {
		t.Errorf("a webhook: %v", err)
	}
}

// TestEveryEventTypeHasAChannel, every operation one too, and all references lead somewhere.
func TestEveryEventTypeHasAChannel(t *testing.T) {
	d := readAsyncAPI(t)
	text := string(casehug.AsyncAPI("1"))
	files, err := filepath.Glob("schemas/com.*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); !strings.Contains(text, `"#/components/messages/`+name+`"`) {
			t.Errorf("no channel has events of the type %s", name)
		}
	}
	if len(d.Operations) != len(d.Channels) {
		t.Errorf("%d operations on %d channels", len(d.Operations), len(d.Channels))
	}
	var follow func(node any)
	follow = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			if ref, ok := n["$ref"].(string); ok && !leads(d.tree, ref) {
				t.Errorf("%s leads nowhere", ref)
			}
			for _, v := range n {
				follow(v)
			}
		case []any:
			for _, v := range n {
				follow(v)
			}
		}
	}
	follow(d.tree)
}

// leads reports whether a reference within the document leads somewhere.
func leads(tree any, ref string) bool {
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		o, ok := tree.(map[string]any)
		if !ok || o[part] == nil {
			return false
		}
		tree = o[part]
	}
	return true
}
