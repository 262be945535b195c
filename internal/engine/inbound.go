package engine

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/inbound"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// intake takes in what comes, and keeps what can't be taken in.
type intake struct {
	limits      Limits
	requests    syncing.Requests
	inbound     inbound.Inbound
	bridge      inbound.Bridge
	deadLetters syncing.DeadLetters
	firms       projections.ConnectionRows
	log         *slog.Logger
}

func newIntake(l Limits, s storage, v vendor, m messaging, notifier *syncing.Notifier, log *slog.Logger) intake {
	taker := syncing.Intake{Ledger: s.ledger, Now: time.Now}
	record := syncing.Webhooks{Ledger: s.ledger, Now: time.Now, Routes: s.views.Routes, Notify: notifier.Notify}
	in := intake{limits: l, firms: s.views.Connections, log: log, requests: syncing.Requests{Intake: taker, NewID: randomID, Views: s.views.Syncs}}
	in.inbound = inbound.Inbound{IsWebhook: casehug.IsWebhook,
		Events: inbound.Events{Intake: taker, Address: casehug.Address, Decode: casehug.Decode, Publish: m.publishEvent,
			Asker: inbound.Asker{Hash: v.secrets.Vault.Name}, Largest: l.Event},
		Webhooks: inbound.Webhooks{Decode: casehug.DecodeWebhooks, Parse: smokeball.ParseWebhook, Record: record.Receive, ForgetTypes: v.client.ForgetMatterTypes}}
	in.bridge = inbound.Bridge{Recipients: connect.Recipients{Service: v.connections}, Parse: smokeball.ParseWebhook, Publish: m.webhooks(), Now: time.Now,
		Verify: func(f domain.FirmID, key string, h http.Header) error {
			return smokeball.Verify(key, v.client.ClientID(f), h, time.Now())
		}}
	in.deadLetters = syncing.DeadLetters{Ledger: s.ledger, Now: time.Now, TakeIn: in.takeInAgain, Fetch: m.fetch}
	return in
}

// inbox is the way in as the API knows it.
type inbox struct {
	events inbound.Events
	bridge inbound.Bridge
}

func (i inbox) Event(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (string, uint64, error) {
	return i.events.Post(ctx, by, firm, header, body)
}

func (i inbox) Addressee(ctx context.Context, secret string) (domain.FirmID, error) {
	return i.bridge.Recipient(ctx, secret)
}

func (i inbox) Webhook(ctx context.Context, secret string, header http.Header, body []byte) error {
	return i.bridge.Receive(ctx, secret, header, body)
}
