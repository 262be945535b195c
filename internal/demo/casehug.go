package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/practice"
)

// services are CaseHug's services as the bus knows them: they connect from outside
// and may do no more than any publisher.
type services struct {
	conn      *nats.Conn
	js        jetstream.JetStream
	documents jetstream.ObjectStore
}

func connectServices(ctx context.Context, url string) (*services, error) {
	conn, err := nats.Connect(url, nats.Name("casehug"))
	if err != nil {
		return nil, fmt.Errorf("connect CaseHug's services to the bus: %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	store, err := js.ObjectStore(ctx, bus.Documents)
	if err != nil {
		return nil, fmt.Errorf("open the documents' bucket: %w", err)
	}
	return &services{conn, js, store}, nil
}

func (s *services) close() { s.conn.Close() }

const demoSource = "/casehug/demo"

// publish sends one CloudEvent and waits until the bus has it on disk.
func (s *services) publish(ctx context.Context, subject, id string, data any) error {
	event, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": demoSource, "type": "com." + typeOf(subject),
		"time": time.Now().UTC().Format(time.RFC3339), "datacontenttype": "application/json", "data": data})
	if err != nil {
		return err
	}
	m := &nats.Msg{Subject: subject, Data: event, Header: nats.Header{
		"Nats-Msg-Id": {demoSource + "/" + id}, "Content-Type": {"application/cloudevents+json"}}}
	if _, err := s.js.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("publish %s: %w", subject, err)
	}
	return nil
}

// typeOf is the event type of casehug.{firm}.{what}.{happened}, without its com.
func typeOf(subject string) string {
	return "casehug" + subject[len("casehug.")+len(demoFirm):]
}

func (s *services) created(ctx context.Context, m domain.MatterData) error {
	return s.publish(ctx, "casehug."+string(demoFirm)+".matter.created", string(m.ID)+"-created", m)
}

func (s *services) updated(ctx context.Context, m domain.MatterData) error {
	return s.publish(ctx, "casehug."+string(demoFirm)+".matter.updated", fmt.Sprintf("%s-v%d", m.ID, m.Version), m)
}

// approve puts a document's bytes into the object store and says that it is approved.
func (s *services) approve(ctx context.Context, p practice.Paper) error {
	name := string(p.ID)
	body := p.Bytes()
	if _, err := s.documents.PutBytes(ctx, name, body); err != nil {
		return fmt.Errorf("put document %s: %w", name, err)
	}
	sum, size, at := sha256.Sum256(body), int64(len(body)), time.Now().UTC().Truncate(time.Second)
	return s.publish(ctx, "casehug."+string(demoFirm)+".document.approved", name+"-approved", domain.DocumentData{
		ID: p.ID, Matter: p.Matter, FileName: p.Name, ContentType: "application/pdf", SizeBytes: &size, SHA256: hex.EncodeToString(sum[:]),
		ApprovedBy: "u_lindqvist", ApprovedAt: &at, Content: domain.Content{Object: bus.Documents + "/" + name}, Folder: "Intake"})
}
