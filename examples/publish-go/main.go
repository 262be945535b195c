// Command publish-go shows how a service of CaseHug tells the engine of a new matter
// and of an approved document. It needs nothing of the engine but the address of its
// bus; run again, it changes nothing, since its events keep their ids.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	source    = "/examples/publish-go" // with an event's id, what makes it the same event
	documents = "casehug-documents"    // the bucket that the engine reads documents from
	timeout   = 30 * time.Second
)

func main() {
	url := flag.String("url", nats.DefaultURL, "the engine's bus; demo prints it")
	firm := flag.String("firm", "f_hartwell", "the firm's id in CaseHug")
	flag.Parse()
	if err := publish(*url, *firm); err != nil {
		fmt.Fprintln(os.Stderr, "publish-go:", err)
		os.Exit(1)
	}
}

func publish(url, firm string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := nats.Connect(url)
	if err != nil {
		return fmt.Errorf("connect to %s: %w; is the engine running there?", url, err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	pdf := []byte("%PDF-1.4\nSigned by Nora Lindqvist.\n%%EOF\n")
	if err := put(ctx, js, "d_go_1", pdf); err != nil {
		return err
	}
	if err := say(ctx, js, firm, "matter.created", "m_go_1-created", matter()); err != nil {
		return err
	}
	return say(ctx, js, firm, "document.approved", "d_go_1-approved", document(pdf))
}

// put hands the document's bytes over before anything is said of them.
func put(ctx context.Context, js jetstream.JetStream, name string, body []byte) error {
	bucket, err := js.ObjectStore(ctx, documents)
	if err != nil {
		return fmt.Errorf("open bucket %s: %w", documents, err)
	}
	if _, err := bucket.PutBytes(ctx, name, body); err != nil {
		return fmt.Errorf("put document %s: %w", name, err)
	}
	return nil
}

// say publishes one CloudEvent and waits until the engine's bus has it on disk. Without
// that answer it has to be said again, under the same id.
func say(ctx context.Context, js jetstream.JetStream, firm, what, id string, data any) error {
	body, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": id, "source": source, "type": "com.casehug." + what,
		"time": time.Now().UTC().Format(time.RFC3339), "datacontenttype": "application/json", "data": data,
	})
	if err != nil {
		return fmt.Errorf("encode event %s: %w", id, err)
	}
	ack, err := js.PublishMsg(ctx, &nats.Msg{
		Subject: "casehug." + firm + "." + what, Data: body,
		Header: nats.Header{"Content-Type": {"application/cloudevents+json"}, "Nats-Msg-Id": {source + "/" + id}},
	})
	if err != nil {
		return fmt.Errorf("publish event %s: %w", id, err)
	}
	fmt.Printf("%s: %s is stored as number %d in %s\n", what, id, ack.Sequence, ack.Stream)
	return nil
}

type object = map[string]any

func matter() object {
	return object{
		"matter_id": "m_go_1", "version": 1, "title": "Lindqvist v. Harbor Freight", "case_number": "CH-2026-0801",
		"case_type": "Auto Accident", "practice_area": "Personal Injury", "jurisdiction": "IL", "status": "active",
		"client": object{"client_id": "c_go_1", "version": 1, "first_name": "Nora", "last_name": "Lindqvist", "email": "nora.lindqvist@example.com"},
	}
}

func document(body []byte) object {
	sum := sha256.Sum256(body)
	return object{
		"document_id": "d_go_1", "matter_id": "m_go_1", "file_name": "Signed retainer.pdf", "content_type": "application/pdf",
		"size_bytes": len(body), "sha256": hex.EncodeToString(sum[:]), "approved_by": "u_5",
		"content": object{"object": documents + "/d_go_1"},
	}
}
