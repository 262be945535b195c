package bus

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whatever a firm's tenant sends, a consumer that passes delivers to that tenant only, reads
// that firm only and has no setting that the gate does not know.
func FuzzConfine(f *testing.F) {
	f.Add([]byte(`{"stream_name":"OUTBOX","config":{"filter_subject":"sync.f1.>","deliver_subject":"_INBOX.a"}}`))
	f.Add([]byte(`{"config":{"filter_subjects":["sync.f1.a","sync.f2.a"],"metadata":{"engine.guest":"open"}}}`))
	f.Add([]byte(`{"config":{"filter_subject":"sync.f1.>","metadata":null,"deliver_subject":null}}`))
	f.Add([]byte(`{"config":{"filter_subject":"sync.f1.>"},"CONFIG":{"direct":true}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		g := tenant{firm: "f1"}
		_, config, err := consumerRequest(data)
		if err != nil || g.confine(config) != nil {
			return
		}
		// The server reads names in any case, so this must too.
		var got struct {
			FilterSubject  string            `json:"filter_subject"`
			FilterSubjects []string          `json:"filter_subjects"`
			DeliverSubject string            `json:"deliver_subject"`
			Direct         bool              `json:"direct"`
			Sourcing       bool              `json:"sourcing"`
			Metadata       map[string]string `json:"metadata"`
		}
		if err := json.Unmarshal(encoded(config), &got); err != nil {
			return // the server refuses it
		}
		filters := got.FilterSubjects
		if got.FilterSubject != "" {
			filters = append(filters, got.FilterSubject)
		}
		if len(filters) == 0 {
			t.Errorf("no filter: %s", encoded(config))
		}
		for _, filter := range filters {
			if !strings.HasPrefix(filter, "sync.f1.") {
				t.Errorf("reads %s", filter)
			}
		}
		if d := got.DeliverSubject; d != "" && !strings.HasPrefix(d, "_GUEST.firm-f1._INBOX.") {
			t.Errorf("delivers to %s", d)
		}
		if got.Direct || got.Sourcing || got.Metadata[ownerKey] != "firm-f1" {
			t.Errorf("passed %s", encoded(config))
		}
	})
}

func FuzzCheckEntry(f *testing.F) {
	f.Add("eA==", []byte(`{"name":"x","bucket":"casehug-documents","options":{"link":null}}`))
	f.Add("eA", []byte(`{"name":"x","bucket":"casehug-documents","OPTIONS":{"Link":{"bucket":"b"}}}`))
	f.Fuzz(func(t *testing.T, token string, data []byte) {
		_, entry, err := checkEntry(token, data)
		if err != nil {
			return
		}
		var got struct {
			Bucket  string
			Deleted bool
			Options *struct{ Link *struct{ Bucket string } }
		}
		if err := json.Unmarshal(encoded(entry), &got); err != nil {
			return // no client can read it
		}
		if got.Bucket != Documents || got.Deleted || (got.Options != nil && got.Options.Link != nil) {
			t.Errorf("passed %s", data)
		}
	})
}
