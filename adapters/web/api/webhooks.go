package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Webhooks is a firm's webhook subscription.
type Webhooks struct {
	Firms    ports.Connections
	Webhooks ports.Webhooks
	Progress reading.Progress
	Now      func() time.Time
}

// Get answers with the subscription.
func (s Webhooks) Get(_ context.Context, in *Reading) (*answer[projections.WebhooksBody], error) {
	row, err := s.Firms.Connection(in.firm())
	return &answer[projections.WebhooksBody]{Body: row.Webhooks(s.Now())}, err
}

// webhooksChange is the subscription after a change of it.
type webhooksChange struct {
	projections.WebhooksBody
	Position uint64 `json:"position"`
}

// Register makes or renews the subscription.
func (s Webhooks) Register(ctx context.Context, in *FirmPath) (*change[webhooksChange], error) {
	position, err := s.Webhooks.RegisterWebhooks(ctx, auth.User(ctx))
	return s.after(ctx, in.firm(), position, err)
}

// Remove removes the subscription.
func (s Webhooks) Remove(ctx context.Context, in *FirmPath) (*change[webhooksChange], error) {
	position, err := s.Webhooks.RemoveWebhooks(ctx, auth.User(ctx))
	return s.after(ctx, in.firm(), position, err)
}

// Rotate makes a new key and address.
func (s Webhooks) Rotate(ctx context.Context, in *FirmPath) (*change[webhooksChange], error) {
	position, err := s.Webhooks.RotateWebhooks(ctx, auth.User(ctx))
	return s.after(ctx, in.firm(), position, err)
}

// after is the subscription after a change of it.
func (s Webhooks) after(ctx context.Context, firm domain.FirmID, position uint64, err error) (*change[webhooksChange], error) {
	if err == nil {
		err = s.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	row, err := s.Firms.Connection(firm)
	return changed(position, webhooksChange{WebhooksBody: row.Webhooks(s.Now()), Position: position}), err
}

// webhookTestBody is the outcome of a test notification.
type webhookTestBody struct {
	Received bool   `json:"received"`
	Took     *int64 `json:"took_ms,omitempty" doc:"Until it arrived, in milliseconds."`
	Remedy   string `json:"remedy,omitempty" doc:"What to do where it did not arrive within 10 seconds, and who must act."`
}

// Test has Smokeball send a test notification.
func (s Webhooks) Test(ctx context.Context, _ *FirmPath) (*answer[webhookTestBody], error) {
	t, err := s.Webhooks.TestWebhooks(ctx, auth.User(ctx))
	if err != nil {
		return nil, err
	}
	b := webhookTestBody{Received: t.Received, Remedy: t.Remedy}
	if t.Received {
		took := t.Took.Milliseconds()
		b.Took = &took
	}
	return &answer[webhookTestBody]{Body: b}, nil
}
