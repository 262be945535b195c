package web

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

func (s *site) getWebhooks(_ context.Context, in *Reading) (*answer[WebhooksBody], error) {
	row, err := s.Views.Connection(in.firm())
	return &answer[WebhooksBody]{Body: s.webhooks(row)}, err
}

// webhooksChange is the subscription after a change of it.
type webhooksChange struct {
	WebhooksBody
	Position uint64 `json:"position"`
}

func (s *site) postWebhooks(ctx context.Context, in *FirmPath) (*change[webhooksChange], error) {
	position, err := s.Firms.RegisterWebhooks(ctx, userOf(ctx))
	if err != nil {
		return nil, err
	}
	return s.webhooksAt(ctx, in.firm(), position)
}

func (s *site) deleteWebhooks(ctx context.Context, in *FirmPath) (*change[webhooksChange], error) {
	position, err := s.Firms.RemoveWebhooks(ctx, userOf(ctx))
	if err != nil {
		return nil, err
	}
	return s.webhooksAt(ctx, in.firm(), position)
}

func (s *site) rotateWebhooks(ctx context.Context, in *FirmPath) (*change[webhooksChange], error) {
	position, err := s.Firms.RotateWebhooks(ctx, userOf(ctx))
	if err != nil {
		return nil, err
	}
	return s.webhooksAt(ctx, in.firm(), position)
}

// webhookTestBody is what came of a test notification.
type webhookTestBody struct {
	Received bool   `json:"received"`
	Took     *int64 `json:"took_ms,omitempty" doc:"Until it arrived, in milliseconds."`
	Remedy   string `json:"remedy,omitempty" doc:"What to do where it did not arrive within 10 seconds, and who must act."`
}

func (s *site) testWebhooks(ctx context.Context, _ *FirmPath) (*answer[webhookTestBody], error) {
	t, err := s.Firms.TestWebhooks(ctx, userOf(ctx))
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

func (s *site) webhooksAt(ctx context.Context, firm domain.FirmID, position uint64) (*change[webhooksChange], error) {
	if err := s.settle(ctx, position); err != nil {
		return nil, err
	}
	row, err := s.Views.Connection(firm)
	return changed(position, webhooksChange{WebhooksBody: s.webhooks(row), Position: position}), err
}
