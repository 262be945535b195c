package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Adapters never import each other, and the handlers know none of them: what one
// offers is fitted here to what another asks for.

// randomID is 26 random characters that may stand in an id.
func randomID() string { return rand.Text() }

// tokenStore keeps Smokeball's tokens sealed.
type tokenStore struct{ tokens *connect.Tokens }

func (s tokenStore) Load(ctx context.Context, f domain.FirmID) (smokeball.Tokens, uint64, error) {
	data, revision, attempt, err := s.tokens.LoadThrough(ctx, f)
	if errors.Is(err, vault.ErrNone) {
		return smokeball.Tokens{}, 0, smokeball.ErrNoTokens
	}
	if err != nil {
		return smokeball.Tokens{}, 0, err
	}
	t, err := smokeball.DecodeTokens(data)
	t.Grant = attempt
	return t, revision, err
}

func (s tokenStore) Save(ctx context.Context, f domain.FirmID, t smokeball.Tokens, revision uint64) (uint64, error) {
	data, err := smokeball.EncodeTokens(t)
	if err != nil {
		return 0, err
	}
	next, err := s.tokens.Save(ctx, f, data, revision)
	switch {
	case errors.Is(err, vault.ErrNone):
		return 0, smokeball.ErrNoTokens
	case errors.Is(err, vault.ErrStale):
		return 0, smokeball.ErrStale
	}
	return next, err
}

// priority marks calls with their firm, and with who waits for them.
func priority(ctx context.Context, f domain.FirmID, t domain.Trigger) context.Context {
	switch t {
	case domain.TriggerManual, domain.TriggerRetry:
		return smokeball.WithPriority(ctx, f, smokeball.Clicked)
	case domain.TriggerBulk:
		return smokeball.WithPriority(ctx, f, smokeball.Bulk)
	}
	return smokeball.WithPriority(ctx, f, smokeball.Live)
}

// unhurried marks a firm's calls as those that nobody waits for.
func unhurried(ctx context.Context, f domain.FirmID) context.Context {
	return smokeball.WithPriority(ctx, f, smokeball.Bulk)
}

// consent is Smokeball's sign-in for the connection service.
type consent struct {
	client   *smokeball.Client
	redirect string
}

// URL leads a firm with an app of its own straight to our callback: there is nothing to
// consent to.
func (c consent) URL(f domain.FirmID, state, verifier string) string {
	if c.client.Private(f) {
		return c.redirect + "?" + url.Values{"code": {"own-app"}, "state": {state}}.Encode()
	}
	return c.client.OAuth().AuthorizeURL(state, verifier, c.redirect, smokeball.ScopeNames())
}

// try returns what Smokeball has against showing its consent page.
func (c consent) try(ctx context.Context, f domain.FirmID) error {
	if c.client.Private(f) {
		return nil
	}
	return c.client.OAuth().TryConsent(ctx, c.redirect, smokeball.ScopeNames())
}

func (c consent) Redeem(ctx context.Context, f domain.FirmID, code, verifier string) (connect.Grant, error) {
	t, account, err := c.signIn(ctx, f, code, verifier)
	if err != nil {
		return connect.Grant{}, err
	}
	data, err := smokeball.EncodeTokens(t)
	if len(t.Scopes) == 0 {
		t.Scopes = smokeball.ScopeNames()
	}
	return connect.Grant{Account: account, Scopes: t.Scopes, Issued: t.Issued, Tokens: data}, err
}

func (c consent) signIn(ctx context.Context, f domain.FirmID, code, verifier string) (smokeball.Tokens, domain.Account, error) {
	if c.client.Private(f) {
		return c.client.SignIn(ctx, f)
	}
	return c.client.Redeem(smokeball.OnBehalf(ctx, f), code, verifier, c.redirect)
}

func (c consent) Revoke(ctx context.Context, f domain.FirmID, tokens []byte) error {
	t, err := smokeball.DecodeTokens(tokens)
	if err != nil {
		return err
	}
	return c.client.RevokeTokens(ctx, f, t)
}

// subscriptions are Smokeball's webhook subscriptions for the connection service.
type subscriptions struct{ *smokeball.Client }

func (s subscriptions) Subscribe(ctx context.Context, f domain.FirmID, n connect.Subscription) (string, error) {
	made, err := s.Client.Subscribe(ctx, f, n.Key, n.Name, n.URL, smokeball.WebhookTypes(), n.Request)
	return made.ID, err
}

func (s subscriptions) UpdateSubscription(ctx context.Context, f domain.FirmID, id string, n connect.Subscription) error {
	_, err := s.Client.UpdateSubscription(ctx, f, id, n.Key, n.Name, n.URL, smokeball.WebhookTypes(), n.Request)
	return err
}

func (s subscriptions) Notify(ctx context.Context, f domain.FirmID, id string) error {
	return s.NotifySubscription(ctx, f, id)
}

// documents opens approved documents and checks them on the way.
type documents struct{ from *casehug.Documents }

func (d documents) Open(ctx context.Context, f domain.FirmID, doc domain.Document) (io.ReadCloser, bool, error) {
	s, err := d.from.Open(ctx, f, doc)
	if err != nil {
		return nil, false, err
	}
	return casehug.Checked(s, doc.Data), s.Unmarked, nil
}

// objects is the bus's object store for documents.
type objects struct{ bus *bus.Bus }

func (o objects) Object(ctx context.Context, q domain.ObjectQuestion, bucket, name string) (casehug.Opened, error) {
	object, err := o.bus.Object(ctx, q, bucket, name)
	if errors.Is(err, bus.ErrNoObject) {
		err = errors.Join(casehug.ErrNoObject, err)
	}
	return casehug.Opened{ReadCloser: objectBody{object}, Size: object.Size, Unmarked: object.Firm == ""}, err
}

// objectBody is an object's bytes as the documents know them.
type objectBody struct{ io.ReadCloser }

func (o objectBody) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	if errors.Is(err, bus.ErrDamaged) {
		err = errors.Join(casehug.ErrDamaged, err)
	}
	return n, err
}

// checkpoint stores a reader's position in the ledger, in the bucket of checkpoints.
type checkpoint struct {
	kv  jetstream.KeyValue
	key string
}

// The checkpoints.
const (
	publishedKey = "outbox.position"    // how far CaseHug has been told
	tidyKey      = "documents.position" // how far confirmed documents have left the object store
)

func (m *checkpoint) Load(ctx context.Context) (uint64, error) {
	entry, err := m.kv.Get(ctx, m.key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(entry.Value()), 10, 64)
}

func (m *checkpoint) Save(ctx context.Context, position uint64) error {
	_, err := m.kv.Put(ctx, m.key, strconv.AppendUint(nil, position, 10))
	return err
}

// flat gives each header's first value.
func flat(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for k := range h {
		out[k] = h.Get(k)
	}
	return out
}
