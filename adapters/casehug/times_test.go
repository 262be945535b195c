package casehug_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
)

// TestTimesComeAsRFC3339HasThem tells that small letters are no fault, and that the days of
// a matter keep their offset.
func TestTimesComeAsRFC3339HasThem(t *testing.T) {
	e, err := casehug.Decode("casehug.f_1.matter.created", nil, []byte(`{"specversion":"1.0","id":"e_1","source":"/casehug","type":"com.casehug.matter.created",
		"time":"2026-11-02t15:04:05z","data":{"matter_id":"m_1","title":"T\u0000\u202eU","case_type":"C","status":"closed","client":{"client_id":"c_1","last_name":"R"},
		"opened_at":"2026-11-02t23:30:00-05:00","closed_at":"2026-11-03T00:00:00Z"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Matter.OpenedAt.Format(time.RFC3339); got != "2026-11-02T23:30:00-05:00" || e.Time.Hour() != 15 {
		t.Errorf("it was opened at %s, told at %s", got, e.Time)
	}
}

// TestATitleOfNothingButInvisibleCharactersIsBlank tells what stays refused.
func TestATitleOfNothingButInvisibleCharactersIsBlank(t *testing.T) {
	for _, title := range []string{`\u200b`, `\u202e \u0000`, `\t\n`} {
		_, err := casehug.Decode("casehug.f_1.matter.created", nil, []byte(`{"specversion":"1.0","id":"e_1","source":"/casehug","type":"com.casehug.matter.created",
			"data":{"matter_id":"m_1","title":"`+title+`","case_type":"C","status":"active","client":{"client_id":"c_1","last_name":"R"}}}`))
		if err == nil {
			t.Errorf("the title %s was taken", title)
		}
	}
}
