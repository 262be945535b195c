package inbound

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Bridge receives Smokeball's webhooks over HTTP: it verifies each one, publishes it on the bus
// and answers.
type Bridge struct {
	Recipients Recipients
	// Verify checks the signature and its timestamp with the subscription's key, for the app
	// that the firm uses.
	Verify func(f domain.FirmID, key string, header http.Header) error
	// Parse decodes the body.
	Parse func(body []byte) (domain.Webhook, error)
	// Publish publishes a webhook on the bus, once for each origin.
	Publish func(ctx context.Context, d domain.WebhookDelivery) error
	Now     func() time.Time
}

// Recipients resolves secret addresses to firms; connect.Recipients implements it.
type Recipients interface {
	// Recipient returns the firm of a secret address and the key that signs its webhooks. An
	// address that belongs to no firm is a Rejection (Unknown).
	Recipient(ctx context.Context, secret string) (f domain.FirmID, key string, err error)
	// Check returns a Rejection if the webhook does not belong to the firm.
	Check(ctx context.Context, f domain.FirmID, w domain.Webhook) error
}

// webhookSource is the CloudEvents source of webhooks.
const webhookSource = "/smokeball"

// Recipient returns the firm whose webhooks arrive at the secret address. An address that
// belongs to no firm is a Rejection (Unknown).
func (b Bridge) Recipient(ctx context.Context, secret string) (domain.FirmID, error) {
	f, _, err := b.Recipients.Recipient(ctx, secret)
	return f, err
}

// Receive verifies a webhook that arrived at the secret address and publishes it.
func (b Bridge) Receive(ctx context.Context, secret string, header http.Header, body []byte) error {
	f, key, err := b.Recipients.Recipient(ctx, secret)
	if err != nil {
		return err
	}
	if err := b.Verify(f, key, header); err != nil {
		return refusedWebhook(domain.Denied, "The webhook's signature does not fit: "+err.Error())
	}
	w, err := b.Parse(body)
	if err != nil {
		return refusedWebhook(domain.Invalid, "The webhook can't be read: "+err.Error())
	}
	if err := b.Recipients.Check(ctx, f, w); err != nil {
		return err
	}
	return b.Publish(ctx, domain.WebhookDelivery{Firm: f, Origin: domain.EventRef{Source: webhookSource, ID: deliveryID(header, body)}, At: b.Now().UTC(),
		Request: domain.RequestID(header.Get("RequestId")), Webhook: w, Body: body})
}

// deliveryID depends on headers and body only, because Smokeball repeats a delivery that was
// not answered.
func deliveryID(header http.Header, body []byte) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", header.Get("RequestId"), header.Get("Timestamp"), body))
	return hex.EncodeToString(sum[:16])
}

func refusedWebhook(why domain.Reason, message string) error {
	return &domain.Rejection{Reason: why, Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: message,
		Remedy: "Smokeball sends webhooks to the address that was registered, signed with its key."}}
}
