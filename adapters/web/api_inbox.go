package web

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/casehug/smokeball-sync/domain"
)

// Raw is a body as it came, with its headers.
type Raw struct {
	header  http.Header
	RawBody []byte `contentType:"application/json"`
}

// Resolve keeps the headers, which the ports need whole.
func (b *Raw) Resolve(ctx huma.Context) []error {
	b.header = http.Header{}
	ctx.EachHeader(func(name, value string) { b.header.Add(name, value) })
	return nil
}

// body is a copy of the bytes, whose buffer is used again after the call.
func (b *Raw) body() []byte { return bytes.Clone(b.RawBody) }

type eventInput struct {
	FirmPath
	Raw
}

type eventBody struct {
	ID string `json:"id" doc:"The event's id."`
}

// postEvent takes a CloudEvent in, structured or binary.
func (s *site) postEvent(ctx context.Context, in *eventInput) (*answer[eventBody], error) {
	in.header.Del("Authorization")
	in.header.Del("Cookie")
	id, err := s.Inbox.Event(ctx, userOf(ctx), in.firm(), in.header, in.body())
	return &answer[eventBody]{Body: eventBody{ID: id}}, err
}

// maxHook is the most that a notification may hold, in bytes.
const maxHook = 64 << 10

// addressed makes an operation read its body only where the secret of its address is known,
// and only so many bodies at once.
func (s *site) addressed(op *huma.Operation) {
	op.MaxBodyBytes = maxHook + 1
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		leave, err := s.enterHook(r.Context(), r.PathValue("secret"), r.ContentLength)
		if err != nil {
			w.Header().Set("Connection", "close") // the body is not wanted
			writeProblem(w, s.problemOf(r.Context(), err))
			return
		}
		defer leave()
		next(ctx)
	})
}

type webhookInput struct {
	Raw
	Secret string `path:"secret" doc:"The secret of the subscription's address."`
}

// postWebhook takes a notification of Smokeball in and answers at once.
func (s *site) postWebhook(ctx context.Context, in *webhookInput) (*struct{}, error) {
	err := s.Inbox.Webhook(ctx, in.Secret, in.header, in.body())
	if r := domain.AsRejection(err); r != nil {
		return nil, refusedNotice(r)
	}
	return nil, err
}

// refusedNotice says to Smokeball why a notification is not taken: a key that does not
// fit or a time that is over is a missing credential, not a missing right.
func refusedNotice(r *domain.Rejection) *problem {
	p := rejected(r)
	switch r.Reason {
	case domain.Denied, domain.Expired:
		p.Status = http.StatusUnauthorized
		_ = p.with("WWW-Authenticate", "Signature")
	case domain.Invalid:
		p.Status = http.StatusBadRequest
	}
	p.Title = title(p.Status)
	return p
}
