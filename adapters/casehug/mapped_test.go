package casehug_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// TestMappedFieldsAreRead tells that what the schema allows a matter to have reaches the
// domain: a matter without the property is another matter, or none.
func TestMappedFieldsAreRead(t *testing.T) {
	text, err := os.ReadFile("schemas/matter.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]any
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(matterJSON), &all); err != nil {
		t.Fatal(err)
	}
	all["closed_at"], all["other_clients"] = "2026-12-24T12:00:00Z", []any{map[string]any{"client_id": "c_78", "company_name": "Oak Freight LLC"}}
	whole := decode(t, "matter.created", marshal(t, all)).Matter
	for name := range schema.Properties {
		if _, ok := all[name]; !ok {
			t.Errorf("the sample matter lacks %s; add it to matterFields", name)
			continue
		}
		less := map[string]any{}
		for k, v := range all {
			if k != name {
				less[k] = v
			}
		}
		e, err := decodeOrFail(marshal(t, less))
		if err == nil && reflect.DeepEqual(e.Matter, whole) {
			t.Errorf("a matter with %s is read like one without it", name)
		}
	}
	if len(schema.Properties) < 14 {
		t.Errorf("the schema has %d properties only", len(schema.Properties))
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func decodeOrFail(matter string) (domain.CaseHugEvent, error) {
	return casehug.Decode("casehug.f_1.matter.created", nil, envelope("matter.created", matter))
}
