package cli

import (
	"bytes"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// TestRealMessagesAreAsTheBusIsDescribed reads what an engine publishes while a matter is synced, is
// changed in Smokeball and the firm is disconnected, and what the test itself publishes: each message is valid by
// the engine's asyncapi.json.
func TestRealMessagesAreAsTheBusIsDescribed(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	p := r.publisher(t)
	heard := map[string]int{}
	bus := describedBus(t, r)
	got := make(chan *nats.Msg, 100)
	if _, err := p.conn.ChanSubscribe("sync.>", got); err != nil {
		t.Fatal(err)
	}
	r.connect(t)
	r.call(t, admin(), http.MethodPost, "/webhooks", nil).want(200)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	p.approve(t, "d_1", "m_1")
	r.latest(t, "m_1", domain.Succeeded)
	r.edit(t, `{"status":"Closed"}`, 1)
	r.call(t, admin(), http.MethodDelete, "/connection", nil).want(200)
	wanted := []string{"matter.synced", "matter.changed_in_smokeball", "connection.changed"}
	for within := time.After(time.Minute); heard[wanted[0]] == 0 || heard[wanted[1]] == 0 || heard[wanted[2]] < 2; {
		select {
		case m := <-got:
			heard[strings.TrimPrefix(m.Subject, "sync."+string(testFirm)+".")]++
			bus.check(t, m.Subject, m.Data)
		case <-within:
			t.Fatalf("heard %v", heard)
		}
	}
	for what, data := range map[string]any{"matter.created": matter("m_2", 1, "Auto Accident"), "document.approved": document("d_1", "m_1")} {
		body, err := cloudEvent(what, "e9", data)
		if err != nil {
			t.Fatal(err)
		}
		bus.check(t, "casehug."+string(testFirm)+"."+what, body)
	}
}

// busDescription is an engine's asyncapi.json.
type busDescription struct {
	channels map[string]any
	schemas  *jsonschema.Compiler
}

const busAddress = "https://else.example/asyncapi.json"

func describedBus(t *testing.T, r *running) busDescription {
	t.Helper()
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.visit(t, r.url+"/asyncapi.json").want(200).body))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // loads nothing
	c.AssertFormat()
	if err := c.AddResource(busAddress, tree); err != nil {
		t.Fatal(err)
	}
	return busDescription{dig(tree, "channels").(map[string]any), c}
}

// check validates a message by the channel whose address fits its subject.
func (d busDescription) check(t *testing.T, subject string, body []byte) {
	t.Helper()
	for _, c := range d.channels {
		address, _ := dig(c, "address").(string)
		if fits, _ := path.Match(strings.NewReplacer("{firm}", "*", "{type}", "*").Replace(address), subject); !fits {
			continue
		}
		schema, err := d.schemas.Compile(busAddress + dig(c, "messages", "event", "$ref").(string) + "/payload")
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			t.Errorf("%s: %v: %s", subject, err, body)
		}
		return
	}
	t.Errorf("no channel has the subject %s", subject)
}
