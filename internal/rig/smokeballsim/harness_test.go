package smokeballsim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const (
	host = "http://smokeball.test"
	firm = "11111111-1111-4111-8111-111111111111"
	rest = "22222222-2222-4222-8222-222222222222"
)

// desk is a client of one simulated firm, on a faked clock.
type desk struct {
	*testing.T
	sim    *smokeballsim.Server
	token  string
	header http.Header
	client *http.Client
	config smokeballsim.Config // that the simulator was started with
}

// config is a simulator without a rate limit and with two firms.
func config() smokeballsim.Config {
	return smokeballsim.Config{
		Seed: 7, Rate: -1,
		Accounts: []smokeballsim.Account{{ID: firm, Name: "Brown LLC"}, {ID: rest, Name: "Other LLC"}},
	}
}

// office runs test against a fresh simulator, in memory and on a faked clock. Afterwards
// its state file must hold all that it shows.
func office(t *testing.T, c smokeballsim.Config, test func(*desk)) {
	t.Helper()
	c.StateFile = filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, c)
		d := (&desk{T: t, sim: s, client: newClient(s), config: c}).as(firm)
		defer func() { d.sim.Close() }()
		test(d)
		synctest.Wait()
		shown := stateOf(t, d.sim)
		d.restart()
		if kept := stateOf(t, d.sim); kept != shown {
			t.Errorf("the state file holds\n%s\nbut what was shown is\n%s", kept, shown)
		}
	})
}

func open(t *testing.T, c smokeballsim.Config) *smokeballsim.Server {
	t.Helper()
	s, err := smokeballsim.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// restart puts another simulator with the same state file in the place of this one, as
// after a kill: closing writes nothing.
func (d *desk) restart() {
	d.Helper()
	if err := d.sim.Close(); err != nil {
		d.Fatal(err)
	}
	d.sim = open(d.T, d.config)
	d.client.Transport = d.sim.Transport()
}

func stateOf(t *testing.T, s *smokeballsim.Server) string {
	t.Helper()
	b, err := json.MarshalIndent(s.State(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func newClient(s *smokeballsim.Server) *http.Client {
	return &http.Client{Transport: s.Transport(), CheckRedirect: noRedirect}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// as is the same desk with a fresh token of an account.
func (d *desk) as(account string, scopes ...string) *desk {
	d.Helper()
	tokens, err := d.sim.Grant(account, scopes...)
	if err != nil {
		d.Fatal(err)
	}
	return &desk{d.T, d.sim, tokens.Access, http.Header{}, d.client, d.config}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

// call sends a request with all credentials; body is a JSON text, or "".
func (d *desk) call(method, path, body string) answer {
	d.Helper()
	r := d.request(method, path, body)
	r.Header.Set("x-api-key", "sim-key")
	r.Header.Set("Authorization", "Bearer "+d.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range d.header {
		r.Header[name] = values
	}
	return d.send(r)
}

func (d *desk) request(method, path, body string) *http.Request {
	d.Helper()
	if strings.HasPrefix(path, "/") {
		path = host + path
	}
	r, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	return r
}

func (d *desk) send(r *http.Request) answer {
	d.Helper()
	got, err := d.client.Do(r)
	if err != nil {
		d.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		d.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	a := answer{status: got.StatusCode, header: got.Header, text: string(b)}
	if strings.Contains(got.Header.Get("Content-Type"), "json") && bytes.HasPrefix(b, []byte("{")) {
		numbers := json.NewDecoder(bytes.NewReader(b))
		numbers.UseNumber()
		if err := numbers.Decode(&a.json); err != nil {
			d.Fatalf("%s %s answers broken JSON: %v", r.Method, r.URL, err)
		}
	}
	return a
}

// want calls and fails the test where the status differs.
func (d *desk) want(status int, method, path, body string) answer {
	d.Helper()
	a := d.call(method, path, body)
	if a.status != status {
		d.Fatalf("%s %s = %d, want %d: %s", method, path, a.status, status, a.text)
	}
	return a
}

// make posts body and returns the id that the 202 reserves.
func (d *desk) make(path, body string) string {
	d.Helper()
	return d.want(202, "POST", path, body).at("id")
}

// made posts body and waits until the resource is visible.
func (d *desk) made(path, body string) string {
	d.Helper()
	id := d.make(path, body)
	settle()
	return id
}

// settle lets the longest visibility delay pass, and what follows from it.
func settle() {
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

// at digs a text out of the answer: names and indexes separated by dots.
func (a answer) at(path string) string {
	var v any = a.json
	for name := range strings.SplitSeq(path, ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(inner) {
				return ""
			}
			v = inner[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// ids lists the ids of a page.
func (a answer) ids() []string {
	out := []string{}
	values, _ := a.json["value"].([]any)
	for _, v := range values {
		id, _ := v.(map[string]any)["id"].(string)
		out = append(out, id)
	}
	return out
}

// matterType finds the id of a type by its exact name.
func (d *desk) matterType(name string) string {
	d.Helper()
	a := d.want(200, "GET", "/mattertypes?location=IL&name="+url.QueryEscape(name), "")
	for i := range a.ids() {
		if a.at(fmt.Sprintf("value.%d.name", i)) == name {
			return a.ids()[i]
		}
	}
	d.Fatalf("no matter type is called %q", name)
	return ""
}

func (d *desk) person(first, last, email string) string {
	d.Helper()
	return d.made("/contacts", fmt.Sprintf(`{"person":{"firstName":%q,"lastName":%q,"email":%q}}`, first, last, email))
}

// matter makes a visible matter with a client of its own.
func (d *desk) matter(number string) string {
	d.Helper()
	client := d.person("Maria", "Rivera", "maria@example.com")
	return d.made("/matters", fmt.Sprintf(`{"number":%q,"matterTypeId":%q,"clientIds":[%q]}`, number, d.matterType("Auto Accident"), client))
}

// challenge is the PKCE challenge of a verifier.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
