package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

var writeExamples = flag.Bool("examples", false, "write the examples of the API's description from this run")

const examplesFile = "../../adapters/web/api/examples.json"

// contractCall is a call of the outside contract: who may make it and what is answered.
type contractCall struct {
	call  string      // method and path below the firm, with names of things in braces
	by    domain.User // who makes it; a user may where a user does
	body  string
	want  int
	shape string // of the answer; "": none is looked at
	kind  string // of the body; "": JSON
}

// contract is a running engine with a firm that has one of each thing.
type contract struct {
	*running
	things   map[string]string // by their names in braces
	document map[string]any    // OpenAPI
	schemas  *jsonschema.Compiler
	samples  map[string]any // by operation id
}

// TestTheContractCallByCall makes every call of the outside contract at an engine that runs beside
// a simulated Smokeball: nobody, another firm's admin and a service are refused, a user is where a
// firm admin is required, and the answer has the members and types that the contract names. It is
// valid by the schema that the engine describes, and has the members of its example.
func TestTheContractCallByCall(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	for _, row := range contractCalls() {
		c.make(t, row)
	}
	c.operatorCalls(t)
	c.plain(t)
	if *writeExamples {
		c.write(t)
	}
}

func newContract(t *testing.T) *contract {
	t.Helper()
	c := &contract{running: newWorld(t, smokeballsim.Config{}).serve(t), things: map[string]string{}, samples: map[string]any{}}
	text := c.visit(t, c.url+"/openapi.json").want(200).body
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c.document = tree.(map[string]any)
	c.schemas = jsonschema.NewCompiler()
	c.schemas.UseLoader(jsonschema.SchemeURLLoader{}) // loads nothing
	if err := c.schemas.AddResource("https://else.example/openapi.json", tree); err != nil {
		t.Fatal(err)
	}
	return c
}

// fill replaces the names of things.
func (c *contract) fill(s string) string {
	var pairs []string
	for name, thing := range c.things {
		pairs = append(pairs, "{"+name+"}", thing)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// make makes a call as everybody who may not, and then as the one who may.
func (c *contract) make(t *testing.T, row contractCall) {
	t.Helper()
	if step := steps[row.call]; step != nil {
		step(t, c)
		return
	}
	method, path, _ := strings.Cut(c.fill(row.call), " ")
	body, kind := []byte(c.fill(row.body)), row.kind
	if kind == "" {
		kind = "application/json"
	}
	ask := func(who domain.User) answer {
		if len(body) == 0 {
			return c.send(t, who, method, path, nil)
		}
		return c.send(t, who, method, path, body, "Content-Type", kind)
	}
	refused := map[string]int{"": 401, "u_other": 404, "svc_intake": 403, "u_clerk": 403}
	if row.by.Role == domain.StandardUser {
		delete(refused, "u_clerk")
	}
	if row.by.Role == domain.Service {
		delete(refused, "svc_intake")
	}
	for _, who := range []domain.User{{}, stranger(), service(), clerk()} {
		if status, ok := refused[who.Subject]; ok {
			if a := ask(who); a.status != status || a.code() == "" {
				t.Errorf("%s by %q is answered %d, want %d: %s", row.call, who.Subject, a.status, status, a.body)
			}
		}
	}
	a := ask(row.by)
	if a.status != row.want {
		t.Errorf("%s is answered %d, want %d: %s", row.call, a.status, row.want, a.body)
		return
	}
	c.check(t, row, a)
	if method == http.MethodGet && row.by.Role == domain.StandardUser {
		if a := ask(admin()); a.status != row.want {
			t.Errorf("%s by a firm admin is answered %d", row.call, a.status)
		}
	}
}

// check compares an answer with the contract and with the engine's own description.
func (c *contract) check(t *testing.T, row contractCall, a answer) {
	t.Helper()
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Errorf("%s: %v: %s", row.call, err, a.body)
		return
	}
	if row.shape != "" {
		var shape any
		if err := json.Unmarshal([]byte(row.shape), &shape); err != nil {
			t.Fatalf("%s: its shape: %v", row.call, err)
		}
		for _, fault := range mismatches(shape, v, "") {
			t.Errorf("%s: %s", row.call, fault)
		}
	}
	c.learn(row.call, v)
	c.compare(t, row, a, v)
}

// compare compares an answer with the engine's own description.
func (c *contract) compare(t *testing.T, row contractCall, a answer, v any) {
	t.Helper()
	op, at := c.operation(row.call)
	if op == nil {
		t.Errorf("%s is not described", row.call)
		return
	}
	kind := "application~1json"
	if row.want >= 400 {
		kind = "application~1problem+json"
	}
	schema, err := c.schemas.Compile(fmt.Sprintf("https://else.example/openapi.json#%s/responses/%d/content/%s/schema", at, row.want, kind))
	if err != nil {
		t.Errorf("%s: %v", row.call, err)
		return
	}
	real, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err == nil {
		err = schema.Validate(real)
	}
	if err != nil {
		t.Errorf("%s: the answer is not what is described: %v", row.call, err)
	}
	if row.want >= 400 {
		return
	}
	request := any(nil)
	if row.body != "" {
		_ = json.Unmarshal([]byte(c.fill(row.body)), &request)
	}
	if !*writeExamples {
		c.checkExample(t, row, op, schema, v)
	}
	if id := op["operationId"].(string); c.samples[id] == nil {
		c.samples[id] = map[string]any{"request": request, "answer": shortened(v)}
	}
}

// checkExample compares the example of an operation with its schema and with a real answer.
func (c *contract) checkExample(t *testing.T, row contractCall, op map[string]any, schema *jsonschema.Schema, real any) {
	t.Helper()
	example := dig(op, "responses", fmt.Sprint(row.want), "content", "application/json", "example")
	if example == nil {
		t.Errorf("%s has no example: run go test ./internal/cli -run TestTheContract -examples", row.call)
		return
	}
	if err := schema.Validate(example); err != nil {
		t.Errorf("%s: its example is not what is described (-examples writes it again): %v", row.call, err)
	}
	if a, b := members(example), members(real); !slices.Equal(a, b) {
		t.Errorf("%s: its example has the members %v, and the answer %v; -examples writes it again", row.call, a, b)
	}
}

// members are the names of an object's members.
func members(v any) []string {
	object, _ := v.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

func dig(v any, path ...string) any {
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}

// operation is the description of a call and where it stands.
func (c *contract) operation(call string) (op map[string]any, at string) {
	method, path, _ := strings.Cut(call, " ")
	path, _, _ = strings.Cut(path, "?")
	if !strings.HasPrefix(path, "/v1/") {
		path = "/v1/firms/{firm}" + path
	}
	given := strings.Split(path, "/")
	for known, of := range c.document["paths"].(map[string]any) {
		parts := strings.Split(known, "/")
		fits := len(parts) == len(given)
		for i := range parts {
			fits = fits && (parts[i] == given[i] || strings.HasPrefix(parts[i], "{") && (strings.HasPrefix(given[i], "{") || !c.literal(given[i])))
		}
		op, _ := dig(of, strings.ToLower(method)).(map[string]any)
		if fits && op != nil {
			return op, "/paths/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(known) + "/" + strings.ToLower(method)
		}
	}
	return nil, ""
}

// literal reports whether the part of a path is a word of the API and no id.
func (c *contract) literal(part string) bool {
	return !strings.HasPrefix(part, "m_") && part != "status" && part != "title" && !strings.HasPrefix(part, "c_") && part != "map_1"
}

// learn keeps the ids of what was made.
func (c *contract) learn(call string, v any) {
	if id, ok := dig(v, "bulk_sync_id").(string); ok {
		c.things["bulk"] = id
	}
	if id, ok := dig(v, "erase_id").(string); ok {
		c.things["erasure"] = id
	}
	if list, ok := dig(v, "items").([]any); ok && strings.HasPrefix(call, "GET /dead-letters") && len(list) > 1 {
		c.things["dead"], c.things["other"] = dig(list[0], "id").(string), dig(list[1], "id").(string)
	}
}

// shortened is an answer with short lists.
func shortened(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = shortened(v[i])
		}
		return v[:min(len(v), 2)]
	case map[string]any:
		for name := range v {
			v[name] = shortened(v[name])
		}
	}
	return v
}

func (c *contract) write(t *testing.T) {
	t.Helper()
	answerOf := func(id string) any { return c.samples[id].(map[string]any)["answer"] }
	c.samples["post-connection-confirm"] = map[string]any{"request": map[string]any{"account_id": testAccount}, "answer": answerOf("get-connection")}
	taken := maps.Clone(answerOf("delete-dead-letters-id").(map[string]any))
	taken["status"] = "taken_in"
	c.samples["post-dead-letters-id-retry"] = map[string]any{"answer": taken}
	c.samples["post-webhooks-smokeball-secret"] = map[string]any{"request": map[string]any{"accountId": testAccount, "subscriptionId": "5d20e7b4-18c3-4f0a-b6f9-7e41a2c90d38", "type": "matter.updated", "source": "api",
		"payload": map[string]any{"id": c.things["there"], "href": "https://api.smokeball.com/matters/" + c.things["there"]}, "timestamp": 639000000000000000}}
	c.samples["post-operator-backups"] = map[string]any{"request": map[string]any{"dir": "/backups/monday", "until": "2027-02-28T00:00:00Z"}, "answer": map[string]any{"running": true, "dir": "/backups/monday"}}
	c.samples["delete-operator-keys-id"] = map[string]any{"answer": answerOf("get-operator-keys")}
	text, err := json.MarshalIndent(c.samples, "", " ")
	if err == nil {
		err = os.WriteFile(examplesFile, append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// operatorCalls are the calls of operators, who are known by the token of this start.
func (c *contract) operatorCalls(t *testing.T) {
	t.Helper()
	var access struct{ Token string }
	text, err := os.ReadFile(filepath.Join(c.settings["ENGINE_DATA_DIR"], "operator.json"))
	if err == nil {
		err = json.Unmarshal(text, &access)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []contractCall{
		{call: "GET /v1/operator/firms", want: 200, shape: listOfShape(connectionShape)},
		{call: "GET /v1/operator/health", want: 200},
		{call: "GET /v1/operator/views", want: 200, shape: `{"position":"int"}`},
		{call: "POST /v1/operator/views/rebuild", want: 202, shape: `{"rebuilding":"bool"}`},
		{call: "GET /v1/operator/erasures", want: 200, shape: `{"items":[{"firm_id":"text","erase_id":"text","requested_by":"text","requested_at":"time","done_at":"time?","matters":["text"]}]}`},
		{call: "GET /v1/operator/backups", want: 200, shape: `{"running":"bool"}`},
		{call: "POST /v1/operator/keys", want: 200, shape: `{"id":"text"}`},
		{call: "POST /v1/operator/keys/rewrap", want: 200, shape: `{"secrets":"int"}`},
		{call: "GET /v1/operator/keys", want: 200, shape: listOfShape(`{"id":"text","primary":"bool"}`)},
	} {
		method, path, _ := strings.Cut(row.call, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, c.url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Operator "+access.Token)
		c.check(t, row, c.do(t, req).want(row.want))
	}
}

// plain makes the calls that need no firm.
func (c *contract) plain(t *testing.T) {
	t.Helper()
	for path, want := range map[string]string{
		"/healthz": `"status":"ok"`, "/readyz": `"status":"ready"`, "/metrics": "go_goroutines", "/openapi.json": `"openapi":"3.1`, "/asyncapi.json": `"asyncapi":"3.0.0"`,
		"/schemas/com.casehug.matter.created.json": "$schema", "/api": "post-matters-matter-sync",
	} {
		if a := c.visit(t, c.url+path); a.status != 200 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s is answered %d without %s", path, a.status, want)
		}
	}
	for path, of := range c.document["paths"].(map[string]any) {
		for method, op := range of.(map[string]any) {
			for _, part := range []string{"summary", "description", "tags", "operationId", "responses"} {
				if v := dig(op, part); v == nil || v == "" {
					t.Errorf("%s %s has no %s", method, path, part)
				}
			}
		}
	}
}
