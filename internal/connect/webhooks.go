package connect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// hook is a firm's secret webhook address and the key that signs what comes there.
type hook struct {
	Firm   domain.FirmID `json:"firm"`
	Secret string        `json:"secret"`
	Key    string        `json:"key"`
}

// webhookPath is where the bridge listens; the secret follows.
const webhookPath = "/webhooks/smokeball/"

// RegisterWebhooks makes the firm's one webhook subscription, or renews it where
// Smokeball has one already. Others that point here are removed.
func (d *Desk) RegisterWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	position, err, _ := d.registering.Do(string(by.Firm), func() (any, error) { return d.register(ctx, by) })
	return position.(uint64), err
}

func (d *Desk) register(ctx context.Context, by domain.User) (uint64, error) {
	c, _, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(by.Firm))
	if err != nil {
		return 0, err
	}
	if !c.Usable(d.Now()) {
		return 0, notConnected()
	}
	h, err := d.hook(ctx, by.Firm)
	if err != nil {
		return 0, err
	}
	id, err := d.subscribe(ctx, by.Firm, h)
	if err != nil {
		return 0, err
	}
	return d.connection(ctx, by.Firm, func(c domain.Connection) []domain.Event {
		if c.Subscription == id {
			return nil
		}
		return []domain.Event{domain.WebhooksRegistered{Subscription: id, By: by.Subject}}
	})
}

// subscribe lists first: Smokeball wants one subscription per firm.
func (d *Desk) subscribe(ctx context.Context, f domain.FirmID, h hook) (string, error) {
	want := Subscription{Key: h.Key, Name: "CaseHug", URL: d.PublicURL + webhookPath + h.Secret,
		Request: domain.NewRequestID("webhooks", string(f), random())}
	id, err := d.ours(ctx, f)
	if err != nil {
		return "", err
	}
	if id != "" {
		return id, d.Subscriptions.UpdateSubscription(ctx, f, id, want)
	}
	if id, err = d.Subscriptions.Subscribe(ctx, f, want); err != nil {
		return "", err
	}
	kept, err := d.ours(ctx, f) // another engine may have made one at the same time
	return cmp.Or(kept, id), err
}

// ours is the account's one subscription that leads here, "" where there is none. Of
// several the first one stays, so that engines which look at the same time keep the
// same one, and the others are removed.
func (d *Desk) ours(ctx context.Context, f domain.FirmID) (string, error) {
	keep := ""
	list, err := d.Subscriptions.Subscriptions(ctx, f)
	if err != nil {
		return "", err
	}
	for _, s := range list {
		switch {
		case !strings.HasPrefix(s.URL, d.PublicURL+webhookPath):
		case keep == "":
			keep = s.ID
		default:
			if err := d.Subscriptions.Unsubscribe(ctx, f, s.ID); err != nil && !domain.IsNotThere(err) {
				return "", err
			}
		}
	}
	return keep, nil
}

// hook is the firm's secret address, made on first use. It is kept under the firm
// and, to be found by, under a keyed hash of the secret.
func (d *Desk) hook(ctx context.Context, f domain.FirmID) (hook, error) {
	h, err := d.loadHook(ctx, hookName(f))
	if !errors.Is(err, vault.ErrNone) {
		return h, err
	}
	h = hook{Firm: f, Secret: random(), Key: random()}
	data, err := json.Marshal(h)
	if err != nil {
		return h, fmt.Errorf("make webhook address: %w", err)
	}
	address, err := d.addressName(h.Secret)
	if err != nil {
		return h, err
	}
	if err := d.Secrets.Put(ctx, address, data); err != nil {
		return h, err
	}
	if _, err := d.Secrets.Save(ctx, hookName(f), data, 0); errors.Is(err, vault.ErrStale) {
		return d.loadHook(ctx, hookName(f)) // another engine was first
	} else if err != nil {
		return h, err
	}
	return h, nil
}

func (d *Desk) loadHook(ctx context.Context, name string) (h hook, err error) {
	data, _, err := d.Secrets.Load(ctx, name)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return h, fmt.Errorf("read webhook address: %w", err)
	}
	return h, nil
}

func hookName(f domain.FirmID) string { return "hook." + string(f) }

func (d *Desk) addressName(secret string) (string, error) {
	name, err := d.Vault.Name("webhook address " + secret)
	return "address." + name, err
}

// closeHook destroys the firm's secret address: what still comes there is refused.
func (d *Desk) closeHook(ctx context.Context, f domain.FirmID) error {
	h, err := d.loadHook(ctx, hookName(f))
	if errors.Is(err, vault.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	address, err := d.addressName(h.Secret)
	if err != nil {
		return err
	}
	return errors.Join(d.Secrets.Destroy(ctx, address), d.Secrets.Destroy(ctx, hookName(f)))
}

// RemoveWebhooks removes the firm's webhook subscription in Smokeball.
func (d *Desk) RemoveWebhooks(ctx context.Context, by domain.User) (uint64, error) {
	c, head, err := eventstore.Load[domain.Connection](ctx, d.Ledger, domain.ConnectionStream(by.Firm))
	if err != nil || c.Subscription == "" {
		return uint64(head.Seq), err
	}
	if err := d.Subscriptions.Unsubscribe(ctx, by.Firm, c.Subscription); err != nil && !domain.IsNotThere(err) {
		return 0, err
	}
	if err := d.closeHook(ctx, by.Firm); err != nil {
		return 0, err
	}
	return d.connection(ctx, by.Firm, func(now domain.Connection) []domain.Event {
		if now.Subscription != c.Subscription {
			return nil
		}
		return []domain.Event{domain.WebhooksRemoved{Subscription: c.Subscription, By: by.Subject}}
	})
}

// Bridge takes Smokeball's notifications in: it checks what can be checked, puts
// them on the bus and answers.
type Bridge struct {
	Desk *Desk
	// Verify checks the signature and its time under the subscription's key, for the app
	// that the firm uses.
	Verify func(f domain.FirmID, key string, header http.Header) error
	// Account is the account that a notification says it is about, "" if it does not.
	Account func(body []byte) (string, error)
	// Publish puts the notification on the bus, once for the same id.
	Publish func(ctx context.Context, f domain.FirmID, header http.Header, body []byte) error
}

// Webhook takes in what came to the secret address.
func (b Bridge) Webhook(ctx context.Context, secret string, header http.Header, body []byte) error {
	address, err := b.Desk.addressName(secret)
	if err != nil {
		return err
	}
	h, err := b.Desk.loadHook(ctx, address)
	if errors.Is(err, vault.ErrNone) {
		return rejected(domain.Unknown, "There is nothing at this address")
	}
	if err != nil {
		return err
	}
	if err := b.Verify(h.Firm, h.Key, header); err != nil {
		return rejected(domain.Denied, "The notification's signature does not fit: "+err.Error())
	}
	account, err := b.Account(body)
	if err != nil {
		return rejected(domain.Invalid, "The notification can't be read: "+err.Error())
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, b.Desk.Ledger, domain.ConnectionStream(h.Firm))
	if err != nil {
		return err
	}
	if account != "" && c.Account.ID != "" && account != c.Account.ID {
		return rejected(domain.Denied, "The notification is about another account")
	}
	return b.Publish(ctx, h.Firm, header, body)
}

func rejected(why domain.Reason, message string) error {
	return &domain.Rejection{Reason: why, Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: message,
		Remedy: "Smokeball sends notifications to the address that was registered, signed with its key."}}
}
