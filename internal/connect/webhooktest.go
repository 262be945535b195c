package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// testWait is how long a person waits for a test webhook.
const testWait = 10 * time.Second

// WebhookTest is what came of a test webhook.
type WebhookTest struct {
	Received bool
	Took     time.Duration  // until it was seen to have arrived
	Why      domain.Failure // where it was not received
}

// TestWebhooks has Smokeball send its test webhook and waits for it, up to 10
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
	if err := w.notify(ctx, by); domain.IsNotThere(err) {
		return WebhookTest{Why: goneInSmokeball()}, nil
	} else if err != nil {
		return WebhookTest{}, err
	}
	arrived, err := w.receivedSince(ctx, by.Firm, before.Tests)
	if err != nil || !arrived {
		return WebhookTest{Why: w.silence()}, err
	}
	return WebhookTest{Received: true, Took: w.ledger.now().Sub(began)}, nil
}

// notify records that a test is asked for, and asks. A subscription that Smokeball does
// not know is lost.
func (w *Webhooks) notify(ctx context.Context, by domain.User) error {
	id := ""
	_, err := w.ledger.append(ctx, by.Firm, func(c domain.Connection) []domain.Event {
		id = c.Subscription
		return domain.SignedBy(c.TestWebhooks(by.Subject), by)
	})
	if err != nil || id == "" {
		return err
	}
	err = w.subscriptions.Notify(ctx, by.Firm, id)
	if !domain.IsNotThere(err) {
		return err
	}
	if _, lost := w.ledger.append(ctx, by.Firm, func(c domain.Connection) []domain.Event { return c.LoseWebhooks(goneInSmokeball(), false) }); lost != nil {
		return lost
	}
	return err
}

// receivedSince waits until the rows have more test webhooks than before.
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
	return domain.Failure{Code: domain.CodeWebhooksSilent, Fault: domain.FaultWebhooksSilent, About: &domain.About{Value: w.publicURL}}
}

func goneInSmokeball() domain.Failure {
	return domain.Failure{Code: domain.CodeWebhooksLost, Fault: domain.FaultWebhooksGone}
}

// notRenewed is why webhooks are lost after a new authorization.
func notRenewed(err error) domain.Failure {
	f := domain.Failure{Code: domain.CodeWebhooksLost, Fault: domain.FaultWebhooksNotRenewed}
	if ce := domain.AsCallError(err); ce != nil {
		f.About, f.Smokeball = &domain.About{Cause: &ce.Failure}, ce.Failure.Smokeball
	}
	return f
}
