package api

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Connection is a firm's connection to Smokeball.
type Connection struct {
	Connections reading.Connections
	Accounts    ports.Accounts
	Past        reading.Past
	Progress    reading.Progress
}

// Get answers with the connection of now or of a past moment.
func (c Connection) Get(ctx context.Context, in *ReadingPast) (*answer[reading.ConnectionBody], error) {
	if in.AsOf != "" {
		return c.past(ctx, in)
	}
	b, err := c.Connections.Status(in.firm())
	return &answer[reading.ConnectionBody]{Body: b}, err
}

// past leaves out what no fact says of a past moment: queue and allowance.
func (c Connection) past(ctx context.Context, in *ReadingPast) (*answer[reading.ConnectionBody], error) {
	at, then, err := c.Past.Read(ctx, in.firm(), in.AsOf)
	if err != nil {
		return nil, err
	}
	b := c.Connections.Describe(then.Row, at)
	b.PastBody = reading.PastBody{AsOf: &at, Proof: proofOf(then.Connection)}
	b.Position = newestOf(then.Connection)
	return &answer[reading.ConnectionBody]{Body: b}, nil
}

type authorizeBody struct {
	URL     string    `json:"authorize_url" format:"uri"`
	Expires time.Time `json:"expires_at"`
}

// Authorize makes a link to Smokeball's consent page.
func (c Connection) Authorize(ctx context.Context, _ *FirmPath) (*answer[authorizeBody], error) {
	url, expires, err := c.Accounts.Authorize(ctx, auth.User(ctx))
	return &answer[authorizeBody]{Body: authorizeBody{URL: url, Expires: expires.UTC()}}, err
}

// Delete disconnects the firm.
func (c Connection) Delete(ctx context.Context, in *FirmPath) (*change[reading.ConnectionBody], error) {
	position, err := c.Accounts.Disconnect(ctx, auth.User(ctx))
	return c.after(ctx, in.firm(), position, err)
}

// confirmRequest names the account, so that nobody confirms another one than they have seen.
type confirmRequest struct {
	FirmPath
	Body struct {
		Account string `json:"account_id" minLength:"1" doc:"The id of pending_account."`
	}
}

// Confirm connects the pending account.
func (c Connection) Confirm(ctx context.Context, in *confirmRequest) (*change[reading.ConnectionBody], error) {
	position, err := c.Accounts.ConfirmAccount(ctx, auth.User(ctx), in.Body.Account)
	return c.after(ctx, in.firm(), position, err)
}

// DeletePending forgets the pending account.
func (c Connection) DeletePending(ctx context.Context, in *FirmPath) (*change[reading.ConnectionBody], error) {
	position, err := c.Accounts.DropAccount(ctx, auth.User(ctx))
	return c.after(ctx, in.firm(), position, err)
}

// after is the connection after a change of it.
func (c Connection) after(ctx context.Context, firm domain.FirmID, position uint64, err error) (*change[reading.ConnectionBody], error) {
	if err == nil {
		err = c.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	b, err := c.Connections.Status(firm)
	return changed(position, b), err
}
