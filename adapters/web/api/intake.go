package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// Inbox publishes events and webhooks that arrive over HTTP on the bus.
type Inbox interface {
	// Event publishes a CloudEvent for the firm, as if it had come over NATS, and returns
	// its id and the ledger position that includes it; 0: it is stored and not recorded yet. A sync that follows is asked for by the user by; if by is a service, by the user
	// whom the event names. An invalid event is a Rejection (Invalid) with its faults; it does
	// not become a dead letter.
	Event(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (id string, position uint64, err error)
	// Addressee returns the firm whose webhooks arrive at the secret address. An address that
	// belongs to no firm is a Rejection (Unknown).
	Addressee(ctx context.Context, secret string) (domain.FirmID, error)
	// Webhook verifies a webhook that arrived at the secret address and publishes it.
	Webhook(ctx context.Context, secret string, header http.Header, body []byte) error
}

// Intake serves the routes to which services post events and Smokeball posts webhooks.
type Intake struct {
	inbox  Inbox
	limits *auth.Limits
	hooks  *auth.Bodies // of webhooks
}

// NewIntake limits webhooks by firm.
func NewIntake(inbox Inbox, limits *auth.Limits) *Intake {
	return &Intake{inbox: inbox, limits: limits, hooks: auth.NewWebhooks()}
}

// Raw is an unparsed body with its headers.
type Raw struct {
	header  http.Header
	RawBody []byte `contentType:"application/json"`
}

// Resolve keeps all headers: the signature is among them.
func (b *Raw) Resolve(ctx huma.Context) []error {
	b.header = http.Header{}
	ctx.EachHeader(func(name, value string) { b.header.Add(name, value) })
	return nil
}

// body copies the bytes, because their buffer is reused after the call.
func (b *Raw) body() []byte { return bytes.Clone(b.RawBody) }

type eventInput struct {
	FirmPath
	Raw
}

type eventBody struct {
	ID       string `json:"id" doc:"The event's id."`
	Position uint64 `json:"position,omitempty" doc:"The ledger position that includes the event: calls with this min_position know it. Left out where the event is stored and not recorded yet."`
}

// Event accepts a CloudEvent, structured or binary.
func (i *Intake) Event(ctx context.Context, in *eventInput) (*change[eventBody], error) {
	in.header.Del("Authorization")
	in.header.Del("Cookie")
	id, position, err := i.inbox.Event(ctx, auth.User(ctx), in.firm(), in.header, in.body())
	if err != nil {
		return nil, err
	}
	return changed(position, eventBody{ID: id, Position: position}), nil
}

// maxWebhookBody limits the bytes of a webhook's body.
const maxWebhookBody = 64 << 10

// Addressed reads a webhook's body only if the secret of its address is known, and only a
// limited number of bodies at once.
func (i *Intake) Addressed(a *API, op *huma.Operation) {
	op.MaxBodyBytes = maxWebhookBody + 1
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		leave, err := i.enter(r.Context(), r.PathValue("secret"), r.ContentLength)
		if err != nil {
			w.Header().Set("Connection", "close") // its body is not read
			a.Report.Of(r.Context(), err).Write(w)
			return
		}
		defer leave()
		next(ctx)
	})
}

// enter looks up a webhook's secret, spends the firm's budget and reserves a place for the
// body.
func (i *Intake) enter(ctx context.Context, secret string, size int64) (leave func(), err error) {
	firm, err := i.inbox.Addressee(ctx, secret)
	if err != nil {
		return nil, err
	}
	if size < 0 {
		size = maxWebhookBody
	}
	if err := i.limits.SpendWebhook(firm, size); err != nil {
		return nil, err
	}
	return i.hooks.Enter(string(firm))
}

type webhookInput struct {
	Raw
	Secret string `path:"secret" doc:"The secret of the subscription's address."`
}

// Webhook accepts a webhook of Smokeball and answers as soon as it is published.
func (i *Intake) Webhook(ctx context.Context, in *webhookInput) (*struct{}, error) {
	err := i.inbox.Webhook(ctx, in.Secret, in.header, in.body())
	if r := domain.AsRejection(err); r != nil {
		return nil, refusedWebhook(r)
	}
	return nil, err
}

// refusedWebhook is the answer to Smokeball: 401, not 403, for a wrong signature or an old
// timestamp, because both are failed authentication.
func refusedWebhook(r *domain.Rejection) *problem.Problem {
	p := problem.Rejected(r)
	switch r.Reason {
	case domain.Denied, domain.Expired:
		return p.SetStatus(http.StatusUnauthorized).With("WWW-Authenticate", "Signature")
	case domain.Invalid:
		return p.SetStatus(http.StatusBadRequest)
	}
	return p
}
