package casehug_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/cloudevents/sdk-go/v2/event"
)

var update = flag.Bool("update", false, "write the golden files again")

func outgoing(topic casehug.Topic, data any) casehug.Outgoing {
	at := time.Date(2026, 11, 2, 16, 4, 5, 120_000_000, time.FixedZone("CET", 3600))
	return casehug.Outgoing{ID: "s_1.done", Firm: "f_1", Topic: topic, Time: at, Data: data, Position: math.MaxUint64}
}

func TestEncodeWritesTheContract(t *testing.T) {
	cases := map[casehug.Topic]any{
		casehug.MatterSynced:             map[string]any{"id": "s_1", "firm_id": "f_1", "matter_id": "m_1001", "status": "succeeded"},
		casehug.MatterSyncFailed:         map[string]any{"id": "s_1", "status": "failed", "error": map[string]string{"code": "smokeball_refused"}},
		casehug.MatterChangedInSmokeball: map[string]any{"matter_id": "m_1001", "smokeball_id": "6f1e", "changed": map[string]string{"status": "closed"}},
		casehug.ContactChanged:           map[string]any{"client_id": "c_77", "smokeball_id": "77aa", "changed": map[string]string{"last_name": "<Ö & Co>"}},
		casehug.ConnectionChanged:        map[string]any{"firm_id": "f_1", "status": "connected"},
	}
	for topic, data := range cases {
		t.Run(string(topic), func(t *testing.T) {
			m, err := casehug.Encode(outgoing(topic, data))
			if err != nil {
				t.Fatal(err)
			}
			if m.Subject != "sync.f_1."+string(topic) || m.ID != "/smokeball-sync/s_1.done" || m.Header["content-type"] != "application/cloudevents+json" {
				t.Errorf("message goes as %q, %q, %v", m.Subject, m.ID, m.Header)
			}
			golden(t, string(topic)+".json", m.Body)
		})
	}
}

// golden compares with what was written before: consumers rely on it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "outgoing", name)
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s\n got %s\nwant %s", name, got, want)
	}
}

func TestEncodedEventsAreCloudEvents(t *testing.T) {
	m, err := casehug.Encode(outgoing(casehug.MatterSynced, map[string]int{"n": 1}))
	if err != nil {
		t.Fatal(err)
	}
	var e event.Event
	if err := e.UnmarshalJSON(m.Body); err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	if e.Extensions()["position"] != "18446744073709551615" || e.Type() != casehug.MatterSynced.Type() || string(e.Data()) != `{"n":1}` {
		t.Errorf("event reads as %v", e)
	}
}

func TestEncodeRefusesWhatTheBusDoesNotKnow(t *testing.T) {
	cases := map[string]struct {
		spoil func(*casehug.Outgoing)
		want  string
	}{
		"no id":      {func(o *casehug.Outgoing) { o.ID = "" }, "id must have"},
		"long id":    {func(o *casehug.Outgoing) { o.ID = strings.Repeat("x", 257) }, "id must have"},
		"no firm":    {func(o *casehug.Outgoing) { o.Firm = "f.>" }, "no firm's id"},
		"no topic":   {func(o *casehug.Outgoing) { o.Topic = "matter.lost" }, "no topic"},
		"no time":    {func(o *casehug.Outgoing) { o.Time = time.Time{} }, "time is missing"},
		"no JSON":    {func(o *casehug.Outgoing) { o.Data = func() {} }, "unsupported type"},
		"blank id":   {func(o *casehug.Outgoing) { o.ID = " " }, "id"},
		"wild topic": {func(o *casehug.Outgoing) { o.Topic = "*" }, "no topic"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := outgoing(casehug.MatterSynced, 1)
			tc.spoil(&o)
			if _, err := casehug.Encode(o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Encode: %v, want an error with %q", err, tc.want)
			}
		})
	}
}
