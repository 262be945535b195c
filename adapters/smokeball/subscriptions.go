package smokeball

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// WebhookTypes are the events that the engine subscribes to.
func WebhookTypes() []string {
	return []string{
		"matter.created", "matter.updated", "matter.closed", "matter.converted",
		"contact.created", "contact.updated", "contact.deleted", "contact.restored",
		"files.updated",
		"task.created", "task.updated", "task.deleted",
		"event.updated",
		"mattertype.updated",
		"error",
	}
}

// newSubscription is the body that makes or changes a subscription.
type newSubscription struct {
	Key                  string   `json:"key"`
	Name                 string   `json:"name"`
	EventTypes           []string `json:"eventTypes"`
	EventNotificationURL string   `json:"eventNotificationUrl"`
}

// subscription is a subscription as Smokeball shows it, without its key.
type subscription struct {
	ID                   string   `json:"id"`
	Name                 string   `json:"name"`
	EventTypes           []string `json:"eventTypes"`
	EventNotificationURL string   `json:"eventNotificationUrl"`
}

func (s *subscription) check() error {
	if s.ID == "" {
		return errUnnamed
	}
	return nil
}

func (s subscription) domain() domain.Subscription {
	return domain.Subscription{ID: s.ID, Name: s.Name, URL: s.EventNotificationURL, Types: s.EventTypes}
}

// Subscriptions are all webhook subscriptions of the firm, other apps' among them if
// Smokeball shows those.
func (c *Client) Subscriptions(ctx context.Context, firm domain.FirmID) ([]domain.Subscription, error) {
	all, err := list(ctx, c.caller, firm, get("list subscriptions", nil, "webhooks"), func(s subscription) string { return s.ID })
	if err != nil {
		return nil, err
	}
	subscriptions := make([]domain.Subscription, len(all))
	for i, s := range all {
		subscriptions[i] = s.domain()
	}
	return subscriptions, nil
}

// Subscribe makes a webhook subscription that signs with key and posts to url. One per
// firm is asked for: look at Subscriptions first.
func (c *Client) Subscribe(ctx context.Context, firm domain.FirmID, key, name, url string, types []string, rid domain.RequestID) (domain.Subscription, error) {
	return c.subscription(ctx, firm, call{
		op: "create subscription", method: http.MethodPost, path: []string{"webhooks"},
		body: newSubscription{key, name, types, url}, request: rid, creates: true,
	})
}

// UpdateSubscription replaces key, name, url and types of the subscription id.
func (c *Client) UpdateSubscription(ctx context.Context, firm domain.FirmID, id, key, name, url string, types []string, rid domain.RequestID) (domain.Subscription, error) {
	return c.subscription(ctx, firm, call{
		op: "update subscription", method: http.MethodPut, path: []string{"webhooks", id},
		body: newSubscription{key, name, types, url}, request: rid,
	})
}

func (c *Client) subscription(ctx context.Context, firm domain.FirmID, k call) (domain.Subscription, error) {
	var s subscription
	if err := c.do(ctx, firm, k, &s); err != nil {
		return domain.Subscription{}, err
	}
	return s.domain(), nil
}

// Unsubscribe removes a subscription. One that is gone already is no error.
func (c *Client) Unsubscribe(ctx context.Context, firm domain.FirmID, id string) error {
	err := c.do(ctx, firm, call{
		op: "remove subscription", method: http.MethodDelete, path: []string{"webhooks", id},
	}, nil)
	if domain.IsNotThere(err) {
		return nil
	}
	return err
}

// NotifySubscription has Smokeball send an event of type noop to the subscription.
func (c *Client) NotifySubscription(ctx context.Context, firm domain.FirmID, id string) error {
	return c.do(ctx, firm, call{
		op: "test subscription", method: http.MethodPost, path: []string{"webhooks", id, "notify"},
	}, nil)
}
