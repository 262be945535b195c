package smokeballsim_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const hook = "https://app.example/hook"

// inbox receives webhooks in place of the network.
type inbox struct {
	mu       sync.Mutex
	statuses []int         // what to answer, the last one for ever; none: 200
	delay    time.Duration // before the answer
	got      []received
}

type received struct {
	header http.Header
	body   map[string]any
	at     time.Time
}

// RoundTrip takes a webhook in.
func (i *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	rec := received{header: r.Header.Clone(), at: time.Now()}
	numbers := json.NewDecoder(strings.NewReader(string(b)))
	numbers.UseNumber()
	if err := numbers.Decode(&rec.body); err != nil {
		return nil, err
	}
	if r.URL.String() != hook {
		return nil, fmt.Errorf("webhook to %s", r.URL)
	}
	i.mu.Lock()
	i.got = append(i.got, rec)
	status := 200
	if len(i.statuses) > 0 {
		status = i.statuses[min(len(i.got), len(i.statuses))-1]
	}
	delay := i.delay
	i.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

// types lists the types received so far.
func (i *inbox) types() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	out := []string{}
	for _, r := range i.got {
		out = append(out, r.body["type"].(string))
	}
	return out
}

func (i *inbox) last() received {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.got) == 0 {
		return received{}
	}
	return i.got[len(i.got)-1]
}

// subscribed runs test at a desk whose firm is subscribed to the types.
func subscribed(t *testing.T, types []string, test func(*desk, *inbox)) {
	t.Helper()
	in := &inbox{}
	c := config()
	c.HTTP = &http.Client{Transport: in, Timeout: 10 * time.Second}
	office(t, c, func(d *desk) {
		list, err := json.Marshal(types)
		if err != nil {
			t.Fatal(err)
		}
		d.want(200, "POST", "/webhooks", fmt.Sprintf(`{"key":"k","name":"app","eventTypes":%s,"eventNotificationUrl":%q}`, list, hook))
		test(d, in)
	})
}

func TestSubscriptions(t *testing.T) {
	office(t, config(), func(d *desk) {
		a := d.want(200, "POST", "/webhooks", `{"key":"k","name":"app","eventTypes":["matter.created"],"eventNotificationUrl":"http://localhost:8080/hook"}`)
		id := a.at("id")
		if a.at("accountId") != firm || a.at("key") != "" || a.at("eventTypes.0") != "matter.created" {
			t.Errorf("subscription = %s", a.text)
		}
		d.want(200, "PUT", "/webhooks/"+id, `{"eventTypes":["error","contact.updated"],"eventNotificationUrl":"https://app.example/hook"}`)
		if got := d.want(200, "GET", "/webhooks", ""); !slices.Equal(got.ids(), []string{id}) || got.at("value.0.eventTypes.1") != "contact.updated" {
			t.Errorf("list = %s", got.text)
		}
		for _, bad := range []string{
			`{"eventTypes":["matter.created"],"eventNotificationUrl":"http://app.example/hook"}`,
			`{"eventTypes":["matter.painted"],"eventNotificationUrl":"https://app.example/hook"}`,
			`{"eventTypes":[],"eventNotificationUrl":"https://app.example/hook"}`,
			`{"eventTypes":["error"]}`,
		} {
			d.want(400, "POST", "/webhooks", bad)
			d.want(400, "PUT", "/webhooks/"+id, bad)
		}
		if got := d.want(200, "GET", "/webhooks/types", "").text; !strings.Contains(got, "matter.converted") {
			t.Errorf("types = %s", got)
		}
		d.as(rest).want(403, "GET", "/webhooks/"+id, "")
		d.want(200, "DELETE", "/webhooks/"+id, "")
		d.want(404, "GET", "/webhooks/"+id, "")
		d.want(404, "DELETE", "/webhooks/"+id, "")
	})
}

func TestWebhookFollowsWhatBecameVisible(t *testing.T) {
	subscribed(t, []string{"contact.created"}, func(d *desk, in *inbox) {
		d.header = http.Header{"Requestid": {"cause-1"}}
		id := d.make("/contacts", `{"person":{"lastName":"Rivera"}}`)
		if n := len(in.types()); n != 0 {
			t.Fatalf("%d webhooks before the contact is there", n)
		}
		settle()
		got := in.last()
		for field, want := range map[string]string{"accountId": firm, "type": "contact.created", "source": "API"} {
			if got.body[field] != want {
				t.Errorf("%s = %v, want %s", field, got.body[field], want)
			}
		}
		if p, _ := got.body["payload"].(map[string]any); p["id"] != id {
			t.Errorf("payload = %v", got.body["payload"])
		}
		if got.header.Get("RequestId") != "cause-1" || got.body["timestamp"] == nil || got.body["subscriptionId"] == "" {
			t.Errorf("webhook = %v %v", got.header, got.body)
		}
		mac := hmac.New(sha256.New, []byte("k"))
		mac.Write([]byte(got.header.Get("Timestamp") + "|cause-1|sim-client"))
		if want := hex.EncodeToString(mac.Sum(nil)); got.header.Get("Signature") != want {
			t.Errorf("signature = %s, want %s", got.header.Get("Signature"), want)
		}
	})
}

func TestWebhookTypes(t *testing.T) {
	all := []string{
		"matter.created", "matter.updated", "matter.closed", "matter.converted", "contact.created", "contact.updated", "contact.deleted",
		"contact.restored", "files.updated", "task.created", "task.updated", "task.deleted", "event.updated", "mattertype.updated",
	}
	subscribed(t, all, func(d *desk, in *inbox) {
		seen := func(step string, want ...string) {
			t.Helper()
			settle()
			for _, w := range want {
				if !slices.Contains(in.types(), w) {
					t.Errorf("%s: %s is missing among %v", step, w, in.types())
				}
			}
			in.mu.Lock()
			in.got = nil
			in.mu.Unlock()
		}
		m := d.matter("1")
		seen("new matter", "contact.created", "matter.created")
		d.want(202, "PATCH", "/matters/"+m, `{"status":"Closed"}`)
		seen("closed", "matter.updated", "matter.closed")
		client := d.want(200, "GET", "/matters/"+m, "").at("clients.0.id")
		d.want(202, "DELETE", "/contacts/"+client, "")
		seen("deleted", "contact.deleted")
		d.want(202, "PUT", "/contacts/"+client, `{"person":{"lastName":"R"}}`)
		seen("restored", "contact.restored")
		d.want(202, "PUT", "/contacts/"+client, `{"person":{"lastName":"S"}}`)
		seen("updated", "contact.updated")
		a := d.want(202, "POST", "/matters/"+m+"/documents/files", `{"fileName":"a.pdf"}`)
		seen("file without bytes")
		d.put(a.at("uploadUrl"), "x")
		seen("uploaded", "files.updated")
		lead := d.made("/matters", fmt.Sprintf(`{"isLead":true,"matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Family Law Lead"), client))
		d.want(202, "PATCH", "/matters/"+lead, fmt.Sprintf(`{"isLead":false,"matterTypeId":%q,"clientRole":"Respondent"}`, d.matterType("Divorce")))
		seen("converted", "matter.converted")
		staff := d.want(200, "GET", "/staff", "").ids()[0]
		task := d.made("/tasks", fmt.Sprintf(`{"staffId":%q}`, staff))
		d.want(202, "PUT", "/tasks/"+task, fmt.Sprintf(`{"staffId":%q}`, staff))
		d.want(202, "DELETE", "/tasks/"+task, "")
		seen("task", "task.created", "task.updated", "task.deleted")
		d.made("/events", `{"subject":"x","startTime":"2026-01-01T09:00:00","endTime":"2026-01-01T10:00:00","timeZone":"UTC"}`)
		seen("event", "event.updated")
		if err := d.sim.EditMatterType(d.matterType("Divorce"), "Dissolution", false); err != nil {
			t.Fatal(err)
		}
		seen("type", "mattertype.updated")
		if d.matterType("Dissolution") == "" {
			t.Error("the type kept its name")
		}
	})
}

func TestNewMattersNowAndThenTellMore(t *testing.T) {
	subscribed(t, []string{"matter.created", "matter.initialized", "matter.updated"}, func(d *desk, in *inbox) {
		for i := range 12 {
			d.matter(fmt.Sprint(i))
		}
		n := map[string]int{}
		for _, typ := range in.types() {
			n[typ]++
		}
		if n["matter.created"] != 12 || n["matter.initialized"] == 0 || n["matter.initialized"] == 12 || n["matter.updated"] == 0 {
			t.Errorf("12 matters told %v", n)
		}
	})
}

func TestPeopleEditInSmokeball(t *testing.T) {
	subscribed(t, []string{"matter.created", "matter.updated", "contact.updated", "contact.created"}, func(d *desk, in *inbox) {
		m := d.matter("1")
		client := d.want(200, "GET", "/matters/"+m, "").at("clients.0.id")
		if err := d.sim.EditMatter(m, []byte(`{"status":"Pending"}`)); err != nil {
			t.Fatal(err)
		}
		if got := d.want(200, "GET", "/matters/"+m, ""); got.at("status") != "Pending" || got.at("number") != "1" {
			t.Errorf("edited matter = %s", got.text)
		}
		settle()
		if got := in.last(); got.body["source"] != "Smokeball" || got.body["type"] != "matter.updated" || len(got.header.Get("RequestId")) != 36 {
			t.Errorf("webhook = %v", got.body)
		}
		if err := d.sim.EditContact(client, []byte(`{"person":{"lastName":"Stone","phone":{"number":"1"}}}`)); err != nil {
			t.Fatal(err)
		}
		got := d.want(200, "GET", "/contacts/"+client, "")
		if got.at("person.lastName") != "Stone" || got.at("person.firstName") != "Maria" || got.at("person.phone.number") != "1" {
			t.Errorf("edited contact = %s", got.text)
		}
		for _, err := range []error{
			d.sim.EditMatter("nothing", []byte(`{}`)), d.sim.EditMatter(m, []byte(`{"status":"x"}`)),
			d.sim.EditContact("nothing", []byte(`{}`)), d.sim.EditContact(client, []byte(`{"person":null}`)), d.sim.EditContact(client, []byte(`[]`)),
		} {
			if err == nil {
				t.Error("a senseless edit succeeded")
			}
		}
		contact, err := d.sim.AddContact(firm, []byte(`{"person":{"lastName":"By hand"}}`))
		if err != nil {
			t.Fatal(err)
		}
		matter, err := d.sim.AddMatter(firm, fmt.Appendf(nil, `{"number":"H-1","matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Divorce"), contact))
		if err != nil {
			t.Fatal(err)
		}
		d.want(200, "GET", "/matters/"+matter, "")
		if _, err := d.sim.AddMatter(firm, []byte(`{}`)); err == nil {
			t.Error("a senseless matter was made")
		}
		if _, err := d.sim.AddContact("nobody", []byte(`{}`)); err == nil {
			t.Error("an unknown firm got a contact")
		}
	})
}

func TestFailedDeliveriesAreTriedAgainThenLost(t *testing.T) {
	subscribed(t, []string{"contact.created"}, func(d *desk, in *inbox) {
		in.statuses = []int{500, 302, 200}
		d.person("A", "B", "a@example.com")
		time.Sleep(time.Minute)
		if n := len(in.types()); n != 3 {
			t.Errorf("%d attempts, want 3", n)
		}
		in.statuses = []int{500}
		d.person("A", "B", "a@example.com")
		time.Sleep(time.Minute)
		got := d.sim.Deliveries()
		if len(got) != 2 || got[0].Outcome != "delivered" || got[0].Attempts != 3 || got[1].Outcome != "lost" || got[1].Attempts != 4 || got[1].Status != 500 {
			t.Errorf("deliveries = %+v", got)
		}
	})
}

func TestReceiversHaveTenSeconds(t *testing.T) {
	subscribed(t, []string{"contact.created"}, func(d *desk, in *inbox) {
		in.delay = 11 * time.Second
		d.person("A", "B", "a@example.com")
		time.Sleep(5 * time.Minute)
		if got := d.sim.Deliveries(); len(got) != 1 || got[0].Outcome != "lost" || got[0].Status != 0 {
			t.Errorf("deliveries = %+v", got)
		}
	})
}

func TestNotifySendsNoop(t *testing.T) {
	subscribed(t, []string{"error"}, func(d *desk, in *inbox) {
		id := d.want(200, "GET", "/webhooks", "").ids()[0]
		d.want(200, "POST", "/webhooks/"+id+"/notify", "")
		settle()
		if got := in.types(); !slices.Equal(got, []string{"noop"}) {
			t.Errorf("types = %v", got)
		}
	})
}

func TestWebhookFaults(t *testing.T) {
	for kind, want := range map[smokeballsim.Kind][]string{
		smokeballsim.Duplicate: {"contact.created", "contact.created", "contact.deleted"},
		smokeballsim.Drop:      {"contact.deleted"},
		smokeballsim.Reorder:   {"contact.deleted", "contact.created"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			subscribed(t, []string{"contact.created", "contact.deleted"}, func(d *desk, in *inbox) {
				f := smokeballsim.Fault{Route: "contact.*", Kind: kind, Count: 1, Delay: smokeballsim.Duration(time.Minute)}
				if err := d.sim.Fault(f); err != nil {
					t.Fatal(err)
				}
				id := d.person("A", "B", "a@example.com")
				d.want(202, "DELETE", "/contacts/"+id, "")
				time.Sleep(2 * time.Minute)
				if got := in.types(); !slices.Equal(got, want) {
					t.Errorf("types = %v, want %v", got, want)
				}
			})
		})
	}
}

func TestAcceptedThenFailed(t *testing.T) {
	subscribed(t, []string{"matter.created", "files.updated", "error"}, func(d *desk, in *inbox) {
		client := d.person("A", "B", "a@example.com")
		kept := d.matter("1")
		if err := d.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.FailLate, Count: 2, Message: "no room"}); err != nil {
			t.Fatal(err)
		}
		d.header = http.Header{"Requestid": {"cause-9"}}
		id := d.made("/matters", fmt.Sprintf(`{"matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Divorce"), client))
		d.want(404, "GET", "/matters/"+id, "")
		p, _ := in.last().body["payload"].(map[string]any)
		if p["resourceName"] != "Matter" || p["resourceId"] != id || p["message"] != "no room" || in.last().header.Get("RequestId") != "cause-9" {
			t.Errorf("error webhook = %v", in.last().body)
		}
		a := d.want(202, "POST", "/matters/"+kept+"/documents/files", `{"fileName":"a.pdf"}`)
		d.put(a.at("uploadUrl"), "x")
		settle()
		if got := in.last().body["type"]; got != "error" {
			t.Errorf("a file that fails late tells %v", got)
		}
		d.want(404, "GET", "/matters/"+kept+"/documents/files/"+a.at("fileId"), "")
	})
}
