package engine

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/inbound"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// newInbound is the way in from the bus.
func (e *Engine) newInbound(record syncing.Notices) inbound.Inbound {
	return inbound.Inbound{
		Events: inbound.Events{Intake: e.intake, Address: casehug.Address, Decode: casehug.Decode, Publish: e.publishEvent,
			Asker: inbound.Asker{Hash: e.secrets.Vault.Name}, Largest: e.limits.Event},
		Webhooks: inbound.Webhooks{Decode: casehug.DecodeWebhook, Parse: smokeball.ParseWebhook, Record: record.Receive,
			ForgetTypes: e.client.ForgetMatterTypes},
		IsWebhook: casehug.IsWebhook,
	}
}

// newBridge is the way in for Smokeball.
func (e *Engine) newBridge() inbound.Bridge {
	return inbound.Bridge{Recipients: connect.Recipients{Service: e.connections}, Parse: smokeball.ParseWebhook, Publish: e.publishWebhook, Now: time.Now,
		Verify: func(f domain.FirmID, key string, h http.Header) error {
			return smokeball.Verify(key, e.client.ClientID(f), h, time.Now())
		}}
}

func (e *Engine) publishEvent(ctx context.Context, subject, id string, header map[string]string, body []byte) error {
	return roomless(e.bus.Publish(ctx, bus.Bound+subject, id, header, body))
}

func (e *Engine) publishWebhook(ctx context.Context, d domain.WebhookDelivery) error {
	m, err := casehug.EncodeWebhook(d)
	if err != nil {
		return err
	}
	return roomless(e.bus.Publish(ctx, m.Subject, m.ID, m.Header, m.Body))
}

// roomless is what callers are told where the bus has no room: nothing is kept, so that they
// send it again.
func roomless(err error) error {
	if !errors.Is(err, bus.ErrFull) {
		return err
	}
	return &domain.CallError{Op: "publish", Class: domain.Retryable, After: time.Minute, Err: err, Failure: domain.Failure{Code: domain.CodeBusFull,
		Message: "So many events wait to be taken in that there is no room for more", Remedy: "Send it again later; operators find the reason in the log."}}
}

// inbox is the way in as the API knows it.
type inbox struct {
	events inbound.Events
	bridge inbound.Bridge
}

func (i inbox) Event(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (string, error) {
	return i.events.Post(ctx, by, firm, header, body)
}

func (i inbox) Addressee(ctx context.Context, secret string) (domain.FirmID, error) {
	return i.bridge.Recipient(ctx, secret)
}

func (i inbox) Webhook(ctx context.Context, secret string, header http.Header, body []byte) error {
	return i.bridge.Receive(ctx, secret, header, body)
}
