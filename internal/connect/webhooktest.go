package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// testWait is how long a person waits for a test notification.
const testWait = 10 * time.Second

// WebhookTest is what came of a test notification.
type WebhookTest struct {
	Received bool
	Took     time.Duration // until it was seen to have arrived
	Remedy   string        // where it was not received
}

// TestWebhooks has Smokeball send its test notification and waits for it, up to 10
// seconds.
func (w *Webhooks) TestWebhooks(ctx context.Context, by domain.User) (WebhookTest, error) {
	c, err := w.ledger.load(ctx, by.Firm)
	switch {
	case err != nil:
		return WebhookTest{}, err
	case !c.Usable(w.ledger.now()):
		return WebhookTest{}, notConnected()
	case !c.Hooks.Wanted || c.Subscription == "":
		return WebhookTest{}, noWebhooks()
	}
	before, err := w.views.Heard(by.Firm)
	if err != nil {
		return WebhookTest{}, err
	}
	began := w.ledger.now()
	if err := w.notify(ctx, by.Firm, by.Subject); domain.IsNotThere(err) {
		return WebhookTest{Remedy: goneInSmokeball().Remedy}, nil
	} else if err != nil {
		return WebhookTest{}, err
	}
	arrived, err := w.receivedSince(ctx, by.Firm, before.Tests)
	if err != nil || !arrived {
		return WebhookTest{Remedy: w.silence().Remedy}, err
	}
	return WebhookTest{Received: true, Took: w.ledger.now().Sub(began)}, nil
}

// notify records that a test is asked for, and asks. A subscription that Smokeball does
// not know is lost.
func (w *Webhooks) notify(ctx context.Context, f domain.FirmID, by string) error {
	id := ""
	_, err := w.ledger.append(ctx, f, func(c domain.Connection) []domain.Event {
		id = c.Subscription
		return c.TestWebhooks(by)
	})
	if err != nil || id == "" {
		return err
	}
	err = w.subscriptions.Notify(ctx, f, id)
	if !domain.IsNotThere(err) {
		return err
	}
	if _, lost := w.ledger.append(ctx, f, func(c domain.Connection) []domain.Event { return c.LoseWebhooks(goneInSmokeball(), false) }); lost != nil {
		return lost
	}
	return err
}

// receivedSince waits until the rows have more test notifications than before.
func (w *Webhooks) receivedSince(ctx context.Context, f domain.FirmID, before int) (bool, error) {
	late := time.NewTimer(testWait)
	defer late.Stop()
	for {
		_, moved := w.views.Changes()
		now, err := w.views.Heard(f)
		if err != nil || now.Tests > before {
			return err == nil, err
		}
		select {
		case <-moved:
		case <-late.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// silence is why nothing is heard of a subscription that Smokeball has.
func (w *Webhooks) silence() domain.Failure {
	return domain.Failure{Code: domain.CodeWebhooksSilent,
		Message: "Smokeball has our webhook subscription, and its test notification did not arrive at " + w.publicURL,
		Remedy: "CaseHug's operators check that Smokeball can reach ENGINE_PUBLIC_URL (" + w.publicURL + ") from outside. " +
			"Syncs go on meanwhile and are confirmed by asking; webhooks recover by themselves."}
}

func goneInSmokeball() domain.Failure {
	return domain.Failure{Code: domain.CodeWebhooksLost, Message: "Smokeball no longer has our webhook subscription",
		Remedy: "It is registered again by itself within minutes. Syncs go on meanwhile and are confirmed by asking."}
}

// notRenewed is why webhooks are lost after a new authorization.
func notRenewed(err error) domain.Failure {
	f := domain.Failure{Code: domain.CodeWebhooksLost, Message: "The webhook subscription could not be renewed"}
	if ce := domain.AsCallError(err); ce != nil {
		f.Message, f.Smokeball = f.Message+": "+ce.Failure.Message, ce.Failure.Smokeball
	}
	f.Remedy = "It is retried automatically. Syncs go on meanwhile and are confirmed by asking."
	return f
}
