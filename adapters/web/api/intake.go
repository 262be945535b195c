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

// Inbox publishes what comes by HTTP on the bus.
type Inbox interface {
	// Event publishes a CloudEvent for the firm, as if it had come over NATS, and returns
	// its id. Who asks for a sync is by; if by is a service, it is whom the event names. An
	// event that is not valid is a Rejection (Invalid) with its faults, and is not kept.
	Event(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (id string, err error)
	// Addressee is the firm whose notifications come to the secret address. An address that
	// belongs to no firm is a Rejection (Unknown).
	Addressee(ctx context.Context, secret string) (domain.FirmID, error)
	// Webhook checks a notification that came to the secret address and publishes it.
	Webhook(ctx context.Context, secret string, header http.Header, body []byte) error
}

// Intake is where services post events and Smokeball posts notifications.
type Intake struct {
	inbox  Inbox
	limits *auth.Limits
	hooks  *auth.Bodies // of notifications
}

// NewIntake holds notifications to the limits.
func NewIntake(inbox Inbox, limits *auth.Limits) *Intake {
	return &Intake{inbox: inbox, limits: limits, hooks: auth.NewNotifications()}
}

// Raw is an unparsed body with its headers.
type Raw struct {
	header  http.Header
	RawBody []byte `contentType:"application/json"`
}

// Resolve keeps all headers, which the port requires.
func (b *Raw) Resolve(ctx huma.Context) []error {
	b.header = http.Header{}
	ctx.EachHeader(func(name, value string) { b.header.Add(name, value) })
	return nil
}

// body is a copy of the bytes: their buffer is reused after the call.
func (b *Raw) body() []byte { return bytes.Clone(b.RawBody) }

type eventInput struct {
	FirmPath
	Raw
}

type eventBody struct {
	ID string `json:"id" doc:"The event's id."`
}

// Event accepts a CloudEvent, structured or binary.
func (i *Intake) Event(ctx context.Context, in *eventInput) (*answer[eventBody], error) {
	in.header.Del("Authorization")
	in.header.Del("Cookie")
	id, err := i.inbox.Event(ctx, auth.User(ctx), in.firm(), in.header, in.body())
	return &answer[eventBody]{Body: eventBody{ID: id}}, err
}

// maxWebhookBody is the most bytes of a notification.
const maxWebhookBody = 64 << 10

// Addressed reads a notification's body only if the secret of its address is known, and only
// a limited number of bodies at once.
func (i *Intake) Addressed(a *API, op *huma.Operation) {
	op.MaxBodyBytes = maxWebhookBody + 1
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		leave, err := i.enter(r.Context(), r.PathValue("secret"), r.ContentLength)
		if err != nil {
			w.Header().Set("Connection", "close") // its body is not read
			a.report.Of(r.Context(), err).Write(w)
			return
		}
		defer leave()
		next(ctx)
	})
}

// enter looks a webhook's secret up, holds its firm to the budget and takes a place for the
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

// Webhook accepts a notification of Smokeball and answers at once.
func (i *Intake) Webhook(ctx context.Context, in *webhookInput) (*struct{}, error) {
	err := i.inbox.Webhook(ctx, in.Secret, in.header, in.body())
	if r := domain.AsRejection(err); r != nil {
		return nil, refusedWebhook(r)
	}
	return nil, err
}

// refusedWebhook is what Smokeball is answered: a key that does not fit or a time that has
// passed is a missing credential, not a missing right.
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
