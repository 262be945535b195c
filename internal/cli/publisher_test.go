package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// publisher is a service of CaseHug's: an outsider on the bus.
type publisher struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

const publisherSource = "/casehug/test"

func (r *running) publisher(t *testing.T, options ...nats.Option) publisher {
	t.Helper()
	conn, err := nats.Connect(r.nats, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return publisher{conn, js}
}

// cloudEvent is a structured CloudEvent; what is matter.created and the like.
func cloudEvent(what, id string, data any) ([]byte, error) {
	return json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": publisherSource, "type": "com.casehug." + what,
		"time": time.Now().UTC().Format(time.RFC3339), "datacontenttype": "application/json", "data": data})
}

// publish sends an event and waits for the acknowledgement. A bus that knows the
// message id drops the message, one that is not told any hands it on again.
func (p publisher) publish(ctx context.Context, what, id, messageID string, data any) error {
	body, err := cloudEvent(what, id, data)
	if err != nil {
		return err
	}
	m := &nats.Msg{Subject: "casehug." + string(testFirm) + "." + what, Data: body, Header: nats.Header{"Content-Type": {"application/cloudevents+json"}}}
	if messageID != "" {
		m.Header.Set("Nats-Msg-Id", messageID)
	}
	_, err = p.js.PublishMsg(ctx, m)
	return err
}

// say tells the engine something once.
func (p publisher) say(t *testing.T, what, id string, data any) {
	t.Helper()
	if err := p.publish(t.Context(), what, id, publisherSource+"/"+id, data); err != nil {
		t.Fatal(err)
	}
}

// repeat tells it again, as a bus that delivers twice.
func (p publisher) repeat(t *testing.T, what, id string, data any) {
	t.Helper()
	if err := p.publish(t.Context(), what, id, "", data); err != nil {
		t.Fatal(err)
	}
}

// put puts a document's bytes into the object store.
func (p publisher) put(ctx context.Context, document string, body []byte) error {
	store, err := p.js.ObjectStore(ctx, "casehug-documents")
	if err != nil {
		return err
	}
	_, err = store.PutBytes(ctx, document, body)
	return err
}

// approve puts a document and says that it is approved.
func (p publisher) approve(t *testing.T, id, matter string) {
	t.Helper()
	if err := p.put(t.Context(), id, contentOf(id)); err != nil {
		t.Fatal(err)
	}
	p.say(t, "document.approved", id+"-approved", document(id, matter))
}

type object = map[string]any

// matter is a matter with a client of its own: m_7 is c_7's, who has an e-mail address.
func matter(id string, version int, caseType string) object {
	number := strings.TrimPrefix(id, "m_")
	return object{"matter_id": id, "version": version, "title": "Rivera v. Apex " + number, "case_number": "CH-" + number, "case_type": caseType,
		"practice_area": "Personal Injury", "jurisdiction": "IL", "status": "active",
		"client": object{"client_id": "c_" + number, "version": 1, "first_name": "Maria", "last_name": "Rivera", "email": emailOf(id), "phone": "+1 312 555 0142"}}
}

func emailOf(matter string) string { return strings.TrimPrefix(matter, "m_") + ".rivera@example.com" }

func contentOf(document string) []byte {
	return []byte(strings.Repeat("%PDF-1.4 the bytes of "+document+"\n", 200))
}

func document(id, matter string) object {
	body := contentOf(id)
	sum := sha256.Sum256(body)
	return object{"document_id": id, "matter_id": matter, "file_name": "Retainer " + id + ".pdf", "content_type": "application/pdf",
		"size_bytes": len(body), "sha256": hex.EncodeToString(sum[:]), "approved_by": "u_5", "approved_at": "2026-11-02T15:04:05Z",
		"content": object{"object": "casehug-documents/" + id}}
}

// news is one event of the engine's for CaseHug.
type news struct {
	ID, Source, Type string
	Data             struct {
		ID     string
		Status string
		Matter string `json:"matter_id"`
	}
}

// heard reads all that the engine has said so far under the subject, as a service of
// CaseHug's does.
func (p publisher) heard(t *testing.T, subject string) (list []news) {
	t.Helper()
	var err error
	eventually(t, "the outbox can be read", func() bool { // a cluster's server may not know of a new consumer yet
		list, err = p.read(t, subject)
		return !errors.Is(err, nats.ErrNoResponders)
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (p publisher) read(t *testing.T, subject string) (list []news, err error) {
	t.Helper()
	consumer, err := p.js.OrderedConsumer(t.Context(), "OUTBOX", jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		return nil, err
	}
	batch, err := consumer.FetchNoWait(10000)
	if err != nil {
		return nil, err
	}
	for m := range batch.Messages() {
		var n news
		if err := json.Unmarshal(m.Data(), &n); err != nil {
			return nil, fmt.Errorf("%w: %s", err, m.Data())
		}
		if got, want := m.Headers().Get("Nats-Msg-Id"), n.Source+"/"+n.ID; got != want {
			t.Errorf("Nats-Msg-Id is %q, want %q", got, want)
		}
		list = append(list, n)
	}
	return list, batch.Error()
}
