package smokeballsim

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// subscription is a firm's webhook subscription.
type subscription struct {
	ID               string
	Client           string // id of the app that made it
	In               subscriptionIn
	Created, Updated time.Time
}

type subscriptionIn struct {
	Key        string   `json:"key"`
	Name       string   `json:"name"`
	EventTypes []string `json:"eventTypes"`
	URL        string   `json:"eventNotificationUrl"`
}

// subscriptionOut is a subscription as it is read: its key is never shown again.
type subscriptionOut struct {
	hyper
	ID          string   `json:"id"`
	AccountID   string   `json:"accountId"`
	Name        string   `json:"name,omitempty"`
	EventTypes  []string `json:"eventTypes"`
	URL         string   `json:"eventNotificationUrl"`
	Created     dateTime `json:"createdDateUtc"`
	Updated     dateTime `json:"updatedDateUtc"`
	LastUpdated int64    `json:"lastUpdated"` // .NET ticks
}

// eventTypes are the types that can be subscribed to.
func eventTypes() []string {
	return []string{
		"matter.created", "matter.initialized", "matter.updated", "matter.closed", "matter.converted",
		"contact.created", "contact.updated", "contact.deleted", "contact.restored", "files.updated",
		"task.created", "task.updated", "task.deleted", "event.updated", "mattertype.updated", "error",
	}
}

func listEventTypes(c *call) (reply, *problem) {
	return ok(stringsView{hyper{Href: c.base + c.path, Method: "GET"}, eventTypes()}), nil
}

func (c *call) readSubscription() (subscriptionIn, *problem) {
	var in subscriptionIn
	if p := strict(c.body, &in); p != nil {
		return in, p
	}
	var f flaws
	if u, err := url.Parse(in.URL); err != nil || !safe(u) {
		f.add("eventNotificationUrl", "The address must be https, or on localhost.")
	}
	if len(in.EventTypes) == 0 {
		f.add("eventTypes", "At least one event type is needed.")
	}
	for _, t := range in.EventTypes {
		if !slices.Contains(eventTypes(), t) {
			f.add("eventTypes", "%q is no event type.", t)
		}
	}
	if len(f) > 0 {
		return in, invalidAll(f...)
	}
	return in, nil
}

func (c *call) findSubscription() (*subscription, *problem) {
	return find(c, "subscription", c.id("id"), func(a *account) *shelf[*subscription] { return a.Hooks })
}

func (c *call) viewSubscription(h *subscription) subscriptionOut {
	return subscriptionOut{
		hyper: c.self("/webhooks", h.ID), ID: h.ID, AccountID: c.account.ID, Name: h.In.Name,
		EventTypes: append([]string{}, h.In.EventTypes...), URL: h.In.URL,
		Created: utc(h.Created), Updated: utc(h.Updated), LastUpdated: ticks(h.Updated),
	}
}

func listSubscriptions(c *call) (reply, *problem) {
	return listed(c, c.account.Hooks.where(func(*subscription) bool { return true }), c.viewSubscription)
}

func createSubscription(c *call) (reply, *problem) {
	in, p := c.readSubscription()
	if p != nil {
		return reply{}, p
	}
	now := time.Now()
	h := &subscription{c.chance.id(), c.client, in, now, now}
	c.account.Hooks.add(h.ID, h)
	return ok(c.viewSubscription(h)), nil
}

func getSubscription(c *call) (reply, *problem) {
	h, p := c.findSubscription()
	if p != nil {
		return reply{}, p
	}
	return ok(c.viewSubscription(h)), nil
}

func updateSubscription(c *call) (reply, *problem) {
	h, p := c.findSubscription()
	if p != nil {
		return reply{}, p
	}
	in, p := c.readSubscription()
	if p != nil {
		return reply{}, p
	}
	h.In, h.Updated = in, time.Now()
	return ok(c.viewSubscription(h)), nil
}

func deleteSubscription(c *call) (reply, *problem) {
	h, p := c.findSubscription()
	if p != nil {
		return reply{}, p
	}
	c.account.Hooks.drop(h.ID)
	return reply{status: http.StatusOK}, nil
}

// testSubscription sends an event of type noop.
func testSubscription(c *call) (reply, *problem) {
	h, p := c.findSubscription()
	if p != nil {
		return reply{}, p
	}
	c.dispatch(c.origin(), h, "noop", struct{}{})
	return reply{status: http.StatusOK}, nil
}
