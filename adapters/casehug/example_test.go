package casehug_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
)

// Decode reads a CloudEvent. What is wrong with one is named field by field.
func ExampleDecode() {
	const event = `{"specversion":"1.0","id":"e_1","source":"/casehug/intake","type":"com.casehug.matter.created","time":"2026-11-02T15:04:06Z",
		"data":{"matter_id":"m_1001","version":3,"title":"Rivera v. Apex Freight","case_type":"Auto Accident","status":%q,
		"client":{"client_id":"c_77","last_name":"Rivera"}}}`
	for _, status := range []string{"active", "won"} {
		e, err := casehug.Decode("casehug.f_oak.matter.created", nil, fmt.Appendf(nil, event, status))
		var invalid *casehug.InvalidEvent
		if errors.As(err, &invalid) {
			for _, f := range invalid.Faults {
				fmt.Println(f.Field, f.Reason)
			}
			continue
		}
		fmt.Println(e.Firm, e.Origin.ID, e.Matter.Title)
	}
	// Output:
	// f_oak e_1 Rivera v. Apex Freight
	// /status must be one of active, pending, closed
}

// Encode writes the CloudEvent by which CaseHug hears of a sync. Encoded again it is the same.
func ExampleEncode() {
	m, err := casehug.Encode(casehug.Outgoing{ID: "sync-1", Firm: "f_oak", Topic: casehug.MatterSynced, Position: 42,
		Time: time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC), Data: map[string]string{"id": "s_1", "status": "succeeded"}})
	fmt.Println(m.Subject, m.ID, err)
	// Output: sync.f_oak.matter.synced /smokeball-sync/sync-1 <nil>
}
