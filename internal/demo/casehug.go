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

// services stands for CaseHug's services: it connects to the bus over the network, with the rights
// of any publisher.
type services struct {
	conn      *nats.Conn
	js        jetstream.JetStream
	documents jetstream.ObjectStore
	// approvedAt is when somebody approved the documents.
	approvedAt time.Time
}

func connectServices(ctx context.Context, url string, approvedAt time.Time) (*services, error) {
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
	return &services{conn, js, store, approvedAt}, nil
}

func (s *services) close() { s.conn.Close() }

const demoSource = "/casehug/demo"

// publish publishes one CloudEvent and waits until the bus has it on disk.
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

// typeOf returns the event type of casehug.{firm}.{what}.{happened}, without "com.".
func typeOf(subject string) string {
	return "casehug" + subject[len("casehug.")+len(demoFirm):]
}

func (s *services) created(ctx context.Context, m domain.MatterData) error {
	return s.publish(ctx, "casehug."+string(demoFirm)+".matter.created", string(m.ID)+"-created", m)
}

func (s *services) updated(ctx context.Context, m domain.MatterData) error {
	return s.publish(ctx, "casehug."+string(demoFirm)+".matter.updated", fmt.Sprintf("%s-v%d", m.ID, m.Version), m)
}

// approve puts a document's bytes into the object store and publishes its approval.
func (s *services) approve(ctx context.Context, p practice.Paper) error {
	return s.approveAs(ctx, p, p.Bytes())
}

// approveOther puts bytes into the store that are not the approved ones.
func (s *services) approveOther(ctx context.Context, p practice.Paper) error {
	return s.approveAs(ctx, p, append(p.Bytes(), "changed after the approval"...))
}

func (s *services) approveAs(ctx context.Context, p practice.Paper, approved []byte) error {
	name := string(p.ID)
	body := p.Bytes()
	if _, err := s.documents.PutBytes(ctx, name, body); err != nil {
		return fmt.Errorf("put document %s: %w", name, err)
	}
	return s.publish(ctx, "casehug."+string(demoFirm)+".document.approved", name+"-approved", s.approval(p, approved))
}

// approval is what the event of an approval says. It is the same each time, also in a demo that
// continues: an event under a used id that says something else would become a dead letter.
func (s *services) approval(p practice.Paper, approved []byte) domain.DocumentData {
	sum, size := sha256.Sum256(approved), int64(len(approved))
	return domain.DocumentData{ID: p.ID, Matter: p.Matter, FileName: p.Name, ContentType: "application/pdf", SizeBytes: &size, SHA256: hex.EncodeToString(sum[:]),
		ApprovedBy: "u_lindqvist", ApprovedAt: &s.approvedAt, Content: domain.Content{Object: bus.Documents + "/" + string(p.ID)}, Folder: "Intake"}
}
