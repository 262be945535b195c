package smokeball_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

// The example of Smokeball's own documentation.
const (
	exampleKey    = "ei7641529ue420n8b9aa"
	exampleTicks  = "637558795239278688"
	exampleID     = "38583489-09c4-49ef-b58c-ef1b34208cca"
	exampleClient = "lou1qnn0llav95"
	exampleSigned = "feb4b838a272884f6d2c2580b2c7ebb0b2f725b90e8baa6f9b5e1a17a9faec2d"
)

func headers(signature, ticks, id string) http.Header {
	h := http.Header{}
	h.Set("Signature", signature)
	h.Set("Timestamp", ticks)
	h.Set("RequestId", id)
	return h
}

func TestVerify(t *testing.T) {
	sent := smokeball.FromTicks(637558795239278688)
	good := headers(exampleSigned, exampleTicks, exampleID)
	for name, tc := range map[string]struct {
		key, client string
		h           http.Header
		now         time.Time
		want        error
	}{
		"the vendor's example":   {exampleKey, exampleClient, good, sent, nil},
		"five minutes later":     {exampleKey, exampleClient, good, sent.Add(5 * time.Minute), nil},
		"five minutes early":     {exampleKey, exampleClient, good, sent.Add(-5 * time.Minute), nil},
		"too late":               {exampleKey, exampleClient, good, sent.Add(5*time.Minute + time.Nanosecond), smokeball.ErrOutOfTime},
		"too early":              {exampleKey, exampleClient, good, sent.Add(-5*time.Minute - time.Nanosecond), smokeball.ErrOutOfTime},
		"another key":            {exampleKey + "x", exampleClient, good, sent, smokeball.ErrBadSignature},
		"another app":            {exampleKey, "someone", good, sent, smokeball.ErrBadSignature},
		"another time":           {exampleKey, exampleClient, headers(exampleSigned, "637558795239278689", exampleID), sent, smokeball.ErrBadSignature},
		"another request":        {exampleKey, exampleClient, headers(exampleSigned, exampleTicks, "x"), sent, smokeball.ErrBadSignature},
		"upper-case signature":   {exampleKey, exampleClient, headers("FEB4"+exampleSigned[4:], exampleTicks, exampleID), sent, smokeball.ErrBadSignature},
		"without a signature":    {exampleKey, exampleClient, headers("", exampleTicks, exampleID), sent, smokeball.ErrUnsigned},
		"without a time":         {exampleKey, exampleClient, headers(exampleSigned, "", exampleID), sent, smokeball.ErrUnsigned},
		"without a request id":   {exampleKey, exampleClient, headers(exampleSigned, exampleTicks, ""), sent, smokeball.ErrUnsigned},
		"without headers at all": {exampleKey, exampleClient, http.Header{}, sent, smokeball.ErrUnsigned},
		"without a key of ours":  {"", exampleClient, good, sent, smokeball.ErrUnsigned},
	} {
		t.Run(name, func(t *testing.T) {
			if err := smokeball.Verify(tc.key, tc.client, tc.h, tc.now); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestTicks(t *testing.T) {
	for ticks, want := range map[int64]time.Time{
		0:                  time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		621355968000000000: time.Unix(0, 0).UTC(),
		637873555398585000: time.Unix(1651758739, 858_500_000).UTC(),
		630822816000000000: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		got := smokeball.FromTicks(ticks)
		if !got.Equal(want) || smokeball.Ticks(want) != ticks {
			t.Errorf("%d: got %v, want %v; back %d", ticks, got, want, smokeball.Ticks(want))
		}
	}
}

func TestParseWebhook(t *testing.T) {
	const frame = `{"accountId":"acc-1","userId":null,"subscriptionId":"sub-1","type":%q,"source":"API","payload":%s,"timestamp":637873555398585000}`
	for name, tc := range map[string]struct {
		kind, payload    string
		resource, matter domain.SmokeballID
		message          string
	}{
		"matter":            {"matter.updated", `{"id":"m-1","number":"N"}`, "m-1", "m-1", ""},
		"contact":           {"contact.created", `{"id":"c-1","person":{}}`, "c-1", "", ""},
		"file with matter":  {"files.updated", `{"id":"f-1","matter":{"id":"m-1","href":"h"}}`, "f-1", "m-1", ""},
		"file with id":      {"files.updated", `{"fileId":"f-1","matterId":"m-1"}`, "f-1", "m-1", ""},
		"file with href":    {"files.updated", `{"href":"https://api.smokeball.com/matters/m-1/documents/files/f-1"}`, "f-1", "m-1", ""},
		"files in a list":   {"files.updated", `[{"id":"f-1","matterId":"m-1"},{"id":"f-2"}]`, "f-1", "m-1", ""},
		"task":              {"task.updated", `{"id":"t-1","matter":{"href":"/matters/m-1"}}`, "t-1", "m-1", ""},
		"error":             {"error", `{"resourceName":"matter","resourceId":"m-1","message":"number is taken"}`, "m-1", "", "number is taken"},
		"a BOM":             {"matter.updated", `{"id":"m-1"}`, "m-1", "m-1", ""},
		"noop":              {"noop", `null`, "", "", ""},
		"payload of a kind": {"event.updated", `{"id":7,"matter":"x","message":[]}`, "", "", ""},
		"payload a text":    {"event.updated", `"hello"`, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			body := []byte(fmt.Sprintf(frame, tc.kind, tc.payload))
			came := body
			if name == "a BOM" {
				came = append([]byte("\ufeff"), body...)
			}
			n, err := smokeball.ParseWebhook(came)
			must(t, err)
			if n.Resource != tc.resource || n.Matter != tc.matter || n.Message != tc.message {
				t.Errorf("got %+v", n)
			}
			if n.Account != "acc-1" || n.Subscription != "sub-1" || n.Type != tc.kind || n.Source != "API" {
				t.Errorf("frame: got %+v", n)
			}
		})
	}
}

// A webhook shows a file's bytes only where it says that they are there.
func TestAWebhookOfAFileSaysWhetherItsBytesAreThere(t *testing.T) {
	for payload, want := range map[string]int64{
		`{"id":"f-1","isUploaded":true,"sizeBytes":48213}`:                   48213,
		`{"id":"f-1","isUploaded":"True","sizeBytes":"48213"}`:               48213,
		`{"id":"f-1","isUploaded":true}`:                                     0,
		`{"id":"f-1"}`:                                                       -1,
		`{"id":"m-1","cursor":"abc"}`:                                        -1,
		`{"id":"f-1","isUploaded":false,"sizeBytes":48213}`:                  -1,
		`{"id":"f-1","isUploaded":true,"isDeleted":true,"sizeBytes":48213}`:  -1,
		`{"id":"f-1","isUploaded":true,"isCancelled":true,"sizeBytes":4821}`: -1,
		`{"id":"f-1","isUploaded":[],"sizeBytes":{}}`:                        -1,
	} {
		w, err := smokeball.ParseWebhook([]byte(`{"type":"files.updated","payload":` + payload + `}`))
		must(t, err)
		if w.Uploaded != (want >= 0) || w.Size != max(want, 0) {
			t.Errorf("%s is read as %+v", payload, w)
		}
	}
}

func TestWhatIsNoWebhook(t *testing.T) {
	for _, body := range []string{``, `{`, `[]`, `{}`, `"x"`, `{"type":""}`, `{"type":7}`, `{"type":"x"} y`} {
		if n, err := smokeball.ParseWebhook([]byte(body)); err == nil {
			t.Errorf("%q is taken for %+v", body, n)
		}
	}
}

func FuzzParseWebhook(f *testing.F) {
	f.Add([]byte(`{"accountId":"a","type":"matter.updated","payload":{"id":"m","href":"/matters/x/y"},"timestamp":637873555398585000}`))
	f.Add([]byte(`{"type":"error","payload":[{"resourceId":"x"}],"timestamp":"99999999999999999999"}`))
	f.Add([]byte(`{"type":"x","payload":{"matter":{"href":"?"}},"timestamp":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := smokeball.ParseWebhook(body)
		if (err == nil) == (n.Type == "") {
			t.Errorf("got %+v, %v", n, err)
		}
	})
}
