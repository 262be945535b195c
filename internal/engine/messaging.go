package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/inbound"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// messaging is the bus and what the engine uses of it.
type messaging struct {
	bus     *bus.Bus // nil: the engine works without one
	shared  bool     // it is a cluster, which others read too
	buckets func(ctx context.Context, name string) (jetstream.KeyValue, error)
	ask     func(ctx context.Context, question func(context.Context) error) error // again where that may help
	news    message.Publisher                                                     // what CaseHug is told
}

// closeWithin is how long the bus may take to close.
const closeWithin = 5 * time.Second

func openMessaging(ctx context.Context, cfg config.Settings, key []byte, log *slog.Logger) (m messaging, err error) {
	b, err := bus.Open(ctx, bus.Config{URL: cfg.NATSURL, Listen: cfg.NATSListen, DataDir: cfg.DataDir, UsersFile: cfg.NATSUsersFile,
		TLSCert: cfg.NATSTLSCert, TLSKey: cfg.NATSTLSKey, Insecure: cfg.NATSInsecure, Key: key, Plain: cfg.NATSEncrypt == "false", AsIs: cfg.NATSEncrypt == "",
		Creds: cfg.NATSCreds, CA: cfg.NATSCA, Replicas: cfg.Parsed.Replicas, Logger: log})
	if err != nil {
		return m, err
	}
	m = messaging{bus: b, shared: cfg.NATSURL != "", buckets: b.KeyValue, ask: b.Ask}
	if m.news, err = bus.NewPublisher(b.Conn(), bus.NewLogger(log)); err != nil {
		return m, errors.Join(err, b.Close(ctx))
	}
	return m, nil
}

func (m messaging) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	return m.bus.Close(ctx)
}

func (m messaging) publishEvent(ctx context.Context, subject, id string, header map[string]string, body []byte) error {
	return busFull(m.bus.Publish(ctx, bus.Bound+subject, id, header, body))
}

// webhooks publishes webhooks. Those that come at the same time share a message on the embedded
// bus, which only the engine reads; on a cluster each is a message of its own.
func (m messaging) webhooks() func(context.Context, domain.WebhookDelivery) error {
	if m.shared {
		return func(ctx context.Context, d domain.WebhookDelivery) error {
			return m.publishWebhooks(ctx, []domain.WebhookDelivery{d})
		}
	}
	return (&inbound.Groups{Publish: m.publishWebhooks}).Add
}

func (m messaging) publishWebhooks(ctx context.Context, list []domain.WebhookDelivery) error {
	w, err := casehug.EncodeWebhooks(list)
	if err != nil {
		return err
	}
	return busFull(m.bus.Publish(ctx, w.Subject, w.ID, w.Header, w.Body))
}

// busFull is what callers are told where the bus has no room: nothing is kept, so that they
// send it again.
func busFull(err error) error {
	if !errors.Is(err, bus.ErrFull) {
		return err
	}
	return &domain.CallError{Op: "publish", Class: domain.Retryable, After: time.Minute, Err: err, Failure: domain.Failure{Code: domain.CodeBusFull,
		Message: "So many events wait to be taken in that there is no room for more", Remedy: "Send it again later; operators find the reason in the log."}}
}

// publishNews tells CaseHug.
func (m messaging) publishNews(_ context.Context, t syncing.OutboxMessage) error {
	e, err := casehug.Encode(casehug.Outgoing{ID: t.ID, Firm: t.Firm, Topic: casehug.Topic(t.Name), Time: t.Envelope.At, Data: t.Data, Position: t.Position})
	if err != nil {
		return err
	}
	out := message.NewMessage(e.ID, e.Body)
	out.Metadata = e.Header
	return m.news.Publish(e.Subject, out)
}

// fetch reads a message of the intake's stream, such as “INBOX 17”, again.
func (m messaging) fetch(ctx context.Context, name string) (inbound.Message, error) {
	number, _ := strings.CutPrefix(name, bus.Inbox+" ")
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return inbound.Message{}, fmt.Errorf("message %q: it needs a number of stream %s", name, bus.Inbox)
	}
	subject, body, err := m.bus.InboxMessage(ctx, seq)
	if errors.Is(err, bus.ErrNoMessage) {
		err = syncing.ErrGone
	}
	return inbound.Message{Subject: subject, Body: body}, err
}

// deleteObject deletes a document from the object store.
func (m messaging) deleteObject(ctx context.Context, f domain.FirmID, object string, before time.Time) error {
	bucket, name, _ := strings.Cut(object, "/")
	return m.bus.DeleteObject(ctx, f, bucket, name, before)
}
