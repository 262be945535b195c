package casehug_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/casehug"
)

// TestDigest tells an event that is sent again from one that says something else.
func TestDigest(t *testing.T) {
	const data = `{"client_id":"c_77","version":1,"last_name":"Rivera"}`
	body := func(time, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":"e_1","source":"/casehug/intake","type":"com.casehug.client.updated","time":%q,%s}`, time, data)
	}
	digest := func(header map[string]string, body string) string {
		e, err := casehug.Decode("casehug.f_1.client.updated", header, []byte(body))
		if err != nil || len(e.Digest) != 32 {
			t.Fatalf("%s has digest %q, %v", body, e.Digest, err)
		}
		return e.Digest
	}
	first := digest(nil, body("2026-11-02T15:04:06Z", `"data":`+data))
	binary := map[string]string{"ce-specversion": "1.0", "ce-id": "e_2", "ce-source": "/else", "ce-type": "com.casehug.client.updated", "Content-Type": "application/json"}
	for name, got := range map[string]string{
		"at another time":  digest(nil, body("2026-11-02T16:00:00Z", `"data":`+data)),
		"in another order": digest(nil, body("2026-11-02T15:04:06Z", `"data": { "last_name":"Rivera", "client_id":"c_77", "version":1 }`)),
		"in base64":        digest(nil, body("2026-11-02T15:04:06Z", `"data_base64":"`+base64.StdEncoding.EncodeToString([]byte(data))+`"`)),
		"in binary mode":   digest(binary, data),
	} {
		if got != first {
			t.Errorf("sent %s it has another digest", name)
		}
	}
	for _, other := range []string{`{"client_id":"c_78","version":1,"last_name":"Rivera"}`, `{"client_id":"c_77","version":2,"last_name":"Rivera"}`,
		`{"client_id":"c_77","version":1,"last_name":"rivera"}`, `{"client_id":"c_77","version":1,"last_name":"Rivera","email":null}`} {
		if digest(nil, body("2026-11-02T15:04:06Z", `"data":`+other)) == first {
			t.Errorf("%s has the digest of %s", other, data)
		}
	}
}
