package casehug_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// FuzzDecode holds Decode to its promises for any input: an event that is whole, or
// an *InvalidEvent that says why.
func FuzzDecode(f *testing.F) {
	f.Add("casehug.f_1.matter.created", "", "", envelope("matter.created", matterJSON))
	f.Add("casehug.f_1.matter.sync_requested", "application/cloudevents+json", "", envelope("matter.sync_requested", `{"matter":`+matterJSON+`,"documents":[`+documentJSON+`]}`))
	f.Add("casehug.f_1.document.approved", "application/json", "1.0", []byte(documentJSON))
	f.Add("casehug.f_1.client.updated", "", "", envelope("client.updated", `{"client_id":"c","last_name":"x","version":1e400}`))
	f.Add("casehug.f_1.client.updated", "", "", []byte(`{"specversion":"1.0","data_base64":"e30="}`))
	f.Add("casehug", "text/plain; a", "", []byte(`null`))
	f.Fuzz(func(t *testing.T, subject, contentType, specversion string, body []byte) {
		header := map[string]string{"content-type": contentType, "ce-specversion": specversion, "ce-id": "1", "ce-source": "/s", "ce-type": "com.casehug.document.approved"}
		if specversion == "" {
			header = map[string]string{"content-type": contentType}
		}
		if casehug.RouteKey(subject, header, body) == "" && subject != "" {
			t.Error("RouteKey is empty")
		}
		e, err := casehug.Decode(subject, header, body)
		firm, origin, kind := casehug.Identity(subject, header, body)
		if err != nil {
			checkInvalid(t, err)
			return
		}
		checkEvent(t, e)
		if firm != e.Firm || origin != e.Origin || kind != e.Type {
			t.Errorf("the event is %s %v %s, it tells of itself %s %v %s", e.Firm, e.Origin, e.Type, firm, origin, kind)
		}
	})
}

func checkInvalid(t *testing.T, err error) {
	var ie *casehug.InvalidEvent
	if !errors.As(err, &ie) || len(ie.Faults) == 0 {
		t.Fatalf("error %v is no *InvalidEvent with a fault", err)
	}
	for _, fault := range ie.Faults {
		if fault.Reason == "" {
			t.Errorf("no reason for %q", fault.Field)
		}
	}
}

func checkEvent(t *testing.T, e domain.CaseHugEvent) {
	if !domain.ValidID(string(e.Firm)) || e.Origin.ID == "" || e.Origin.Source == "" {
		t.Errorf("event without firm or origin: %+v", e)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Errorf("event cannot be stored: %v", err)
	}
	if m := e.Matter; m != nil && (!domain.ValidID(string(m.ID)) || m.Title == "" || m.Client.Name() == "" || m.Version < 0) {
		t.Errorf("matter is not valid: %+v", m)
	}
	if c := e.Client; c != nil && (!domain.ValidID(string(c.ID)) || c.Name() == "") {
		t.Errorf("client is not valid: %+v", c)
	}
	for _, d := range e.Documents {
		if !domain.ValidID(string(d.ID)) || d.FileName == "" || (d.Content.Object == "") == (d.Content.URL == "") {
			t.Errorf("document is not valid: %+v", d)
		}
	}
	if e.Matter == nil && e.Client == nil && len(e.Documents) == 0 {
		t.Error("event says nothing")
	}
}
