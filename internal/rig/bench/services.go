package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

// services are CaseHug's services as the bus knows them.
type services struct {
	conn      *nats.Conn
	js        jetstream.JetStream
	documents jetstream.ObjectStore
}

func connectServices(ctx context.Context, address string) (*services, error) {
	conn, err := nats.Connect(address, nats.Name("casehug"))
	if err != nil {
		return nil, fmt.Errorf("connect CaseHug's services to the bus: %w", err)
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(1024))
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

const source = "/casehug/bench"

// message is a CloudEvent as it goes to the bus.
func message(f domain.FirmID, what, id string, data any) (*nats.Msg, error) {
	body, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": source, "type": "com.casehug." + what,
		"time": time.Now().UTC().Format(time.RFC3339), "datacontenttype": "application/json", "data": data})
	return &nats.Msg{Subject: "casehug." + string(f) + "." + what, Data: body,
		Header: nats.Header{"Nats-Msg-Id": {source + "/" + id}, "Content-Type": {"application/cloudevents+json"}}}, err
}

// publish sends one event and waits until the bus has it on disk.
func (s *services) publish(ctx context.Context, what, id string, data any) error {
	m, err := message(firm, what, id, data)
	if err == nil {
		_, err = s.js.PublishMsg(ctx, m)
	}
	return err
}

// approve says that a document is approved whose bytes are in the object store.
func (s *services) approve(ctx context.Context, d domain.DocumentData) error {
	return s.publish(ctx, "document.approved", string(d.ID)+"-approved", d)
}

// put puts a document's bytes into the object store.
func (s *services) put(ctx context.Context, m domain.MatterID, id string, body io.Reader) (domain.DocumentData, error) {
	digest := sha256.New()
	info, err := s.documents.Put(ctx, jetstream.ObjectMeta{Name: id}, io.TeeReader(body, digest))
	if err != nil {
		return domain.DocumentData{}, fmt.Errorf("put document %s: %w", id, err)
	}
	size, at := int64(info.Size), time.Now().UTC().Truncate(time.Second)
	return domain.DocumentData{ID: domain.DocumentID(id), Matter: m, FileName: id + ".pdf", ContentType: "application/pdf", SizeBytes: &size,
		SHA256: hex.EncodeToString(digest.Sum(nil)), ApprovedBy: "u_5", ApprovedAt: &at, Content: domain.Content{Object: bus.Documents + "/" + id}, Folder: ""}, nil
}

// matterNumber is a made-up matter of a made-up client.
func matterNumber(n, client int) domain.MatterData {
	return domain.MatterData{ID: domain.MatterID(fmt.Sprint("m_", n)), Version: 1, Title: fmt.Sprintf("Rivera v. Apex Freight %d", n), CaseNumber: fmt.Sprintf("CH-2026-%06d", n),
		CaseType: "Auto Accident", PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active", Client: clientNumber(client)}
}

func clientNumber(n int) domain.ClientData {
	return domain.ClientData{ID: domain.ClientID(fmt.Sprint("c_", n)), Version: 1, FirstName: "Maria", LastName: fmt.Sprint("Rivera ", n),
		Email: fmt.Sprintf("maria%d@example.com", n), Phone: fmt.Sprintf("+1 312 555 %04d", n%10000)}
}
