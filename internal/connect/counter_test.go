package connect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/eventstore/eventstoretest"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "6") // most tests wait for a server's files; the command line, which is read later, may say otherwise
	goleak.VerifyTestMain(m)
}

const (
	oakAccount = "0a4c0000-0000-4000-8000-000000000001"
	elmAccount = "0a4c0000-0000-4000-8000-000000000002"
	publicURL  = "https://engine.example"
	callback   = publicURL + "/oauth/smokeball/callback"
)

// counter is a service with all that it works with: a ledger on disk, sealed secrets in a
// NATS bucket, and a Smokeball where the firm signs in.
type counter struct {
	*testing.T
	*connect.Service
	config  connect.Config
	Secrets *secrets.Bucket
	Vault   *vault.Vault
	sim     *smokeballsim.Server
	client  *smokeball.Client
	kv      jetstream.KeyValue
	ahead   atomic.Int64 // how far the service's clock is ahead
	folder  string
	caught  post // headers of Smokeball's notifications
	bolt    *eventstore.Bolt
	rows    *projections.Views
	keeper  *connect.Reconciler
}

func newCounter(t *testing.T) *counter {
	c := &counter{T: t, folder: t.TempDir(), kv: bucket(t), caught: make(post, 16)}
	c.sim = smokeballsim.New(smokeballsim.Config{Seed: 1, Rate: -1, URL: "https://smokeball.example", HTTP: &http.Client{Transport: c.caught}, RedirectURIs: []string{callback},
		Accounts: []smokeballsim.Account{{ID: oakAccount, Name: "Oak LLP"}, {ID: elmAccount, Name: "Elm PC"}}})
	t.Cleanup(func() { c.must(c.sim.Close()) })
	var err error
	c.bolt, err = eventstore.OpenBolt(filepath.Join(c.folder, "ledger.db"), eventstore.BoltOptions{Log: silent})
	c.must(err)
	t.Cleanup(func() { c.must(c.bolt.Close()) })
	keys, err := vault.Open(filepath.Join(c.folder, "keys.json"))
	c.must(err)
	c.follow()
	secrets := secrets.New(keys, c.kv)
	c.Secrets, c.Vault = secrets, keys
	c.client = c.newClient(secrets, c.sim.Transport())
	c.config = c.newConfig(secrets, keys, c.sim.Transport())
	c.keeper = &connect.Reconciler{Log: silent}
	c.restart()
	return c
}

// follow folds the ledger into rows until the test ends.
func (c *counter) follow() {
	var err error
	c.rows, err = projections.Open(filepath.Join(c.folder, "views.db"), &projections.MemoryKeys{})
	c.must(err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.rows.Run(ctx, c.bolt) }()
	c.Cleanup(func() {
		stop()
		c.must(<-ended)
		c.must(c.rows.Close())
		c.wantsCodesOnly()
	})
}

func (c *counter) Now() time.Time { return c.config.Now() }

// restart makes the service again from its configuration.
func (c *counter) restart() {
	c.Service = connect.New(c.config)
	c.keeper.Service = c.Service
}

func (c *counter) newConfig(secrets *secrets.Bucket, keys *vault.Vault, way http.RoundTripper) connect.Config {
	client := c.newClient(secrets, way)
	return connect.Config{Ledger: c.bolt, Secrets: secrets, Names: secrets, Vault: keys, Consent: consent{client}, Subscriptions: hooks{client},
		Accounts: client, Views: rows{c.rows}, WebhookTypes: smokeball.WebhookTypes(), Issuer: "https://smokeball.example",
		Region: "us", PublicURL: publicURL, Authorization: 180 * 24 * time.Hour, Log: silent,
		Now: func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }}
}

var silent = slog.New(slog.DiscardHandler)

func (c *counter) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func bucket(t *testing.T) jetstream.KeyValue {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "connect", DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "secrets"})
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

// visit is a browser that follows the link to Smokeball, where somebody decides for an
// account; it tells what Smokeball's redirect carries.
func (c *counter) visit(link, decision, account string) url.Values {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), http.MethodPost, link, strings.NewReader(url.Values{"decision": {decision}, "account": {account}}.Encode()))
	c.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.sim.Transport().RoundTrip(r)
	c.must(err)
	c.must(answer.Body.Close())
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") {
		c.Fatalf("Smokeball answers %d and sends to %q, %v", answer.StatusCode, back, err)
	}
	return back.Query()
}

// link asks for a link to the consent page.
func (c *counter) link(by domain.User) string {
	c.Helper()
	link, ends, err := c.Authorize(c.Context(), by)
	c.must(err)
	if left := ends.Sub(c.Now()); left <= connect.LinkLifetime-time.Minute || left > connect.LinkLifetime {
		c.Errorf("the link lives %s", left)
	}
	return link
}

// finish is the redirect that arrives at the engine.
func (c *counter) finish(q url.Values, browser *domain.User) (connect.Completed, error) {
	return c.Complete(c.Context(), redirect(q), browser)
}

func redirect(q url.Values) connect.Redirect {
	return connect.Redirect{State: q.Get("state"), Code: q.Get("code"), Refusal: q.Get("error"), Issuer: q.Get("iss")}
}

// later moves the service's clock on.
func (c *counter) later(d time.Duration) { c.ahead.Add(int64(d)) }

// look lets the reconciler look once at what is due, with rows that include the whole ledger.
func (c *counter) look() {
	c.Helper()
	c.shown()
	c.must(c.keeper.Look(c.Context()))
}

// shown waits until the rows include the whole ledger of the firm's connection.
func (c *counter) shown() {
	c.Helper()
	for _, s := range []domain.Stream{domain.ConnectionStream(oak), domain.CheckStream(oak)} {
		_, head, err := eventstore.Load[domain.Connection](c.Context(), c.bolt, s)
		c.must(err)
		c.must(c.rows.Wait(c.Context(), uint64(head.Seq)))
	}
}

// connects connects the firm to its account.
func (c *counter) connects() {
	c.Helper()
	if done := c.consents(oakAccount); done.Asks {
		c.Fatal("it is asked whether the account is wanted")
	}
}

// consents signs the firm's admin in to an account and clicks Allow.
func (c *counter) consents(account string) connect.Completed {
	c.Helper()
	done, err := c.finish(c.visit(c.link(admin), "allow", account), &admin)
	c.must(err)
	return done
}

// row is the firm as the rows have it.
func (c *counter) row() projections.ConnectionRow {
	c.Helper()
	c.shown()
	r, err := c.rows.Connections.Connection(oak)
	c.must(err)
	return r
}

// facts counts the facts of the firm's connection by name.
func (c *counter) facts() map[string]int {
	c.Helper()
	n := map[string]int{}
	for _, s := range []domain.Stream{domain.ConnectionStream(oak), domain.CheckStream(oak)} {
		for env, err := range c.bolt.Read(c.Context(), s) {
			c.must(err)
			n[env.Event.EventName()]++
		}
	}
	return n
}

// works requires the firm's tokens to lead to the account.
func (c *counter) works(account string) {
	c.Helper()
	if a, err := c.client.Firm(c.Context(), oak); err != nil || a.ID != account {
		c.Errorf("the tokens lead to %+v, %v", a, err)
	}
}

func (c *counter) connection() domain.Connection {
	c.Helper()
	state, _, err := eventstore.Load[domain.Connection](c.Context(), c.config.Ledger, domain.ConnectionStream(oak))
	c.must(err)
	return state
}

func (c *counter) wants(s domain.ConnectionStatus) {
	c.Helper()
	if got := c.connection().Status(c.Now()); got != s {
		c.Errorf("the connection is %s, want %s", got, s)
	}
}

// wantsRejection requires a command to have been refused with a code and what to do.
func (c *counter) wantsRejection(err error, why domain.Reason, code domain.Code) {
	c.Helper()
	r := domain.AsRejection(err)
	if r == nil || r.Reason != why || r.Failure.Code != code || messageOf(r.Failure) == "" || remedyOf(r.Failure) == "" {
		c.Errorf("the answer is %#v (%v), want reason %d with %s", r, err, why, code)
	}
}

// kept are the kinds of secrets that are kept.
func (c *counter) kept() map[string]bool {
	c.Helper()
	names := map[string]bool{}
	lister, err := c.kv.ListKeys(c.Context())
	c.must(err)
	for k := range lister.Keys() {
		kind, _, _ := strings.Cut(k, ".")
		names[kind] = true
	}
	return names
}

// wantsNoSecrets requires none of the secrets in the bytes of the ledger, nor unsealed in
// the bucket.
func (c *counter) wantsNoSecrets(secrets ...string) {
	c.Helper()
	files, err := filepath.Glob(filepath.Join(c.folder, "ledger*"))
	c.must(err)
	var all []byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		c.must(err)
		all = append(all, data...)
	}
	lister, err := c.kv.ListKeys(c.Context())
	c.must(err)
	for k := range lister.Keys() {
		entry, err := c.kv.Get(c.Context(), k)
		c.must(err)
		all = append(append(all, k...), entry.Value()...)
	}
	for _, s := range secrets {
		if s == "" || bytes.Contains(all, []byte(s)) {
			c.Errorf("the secret %.6q… is empty or stands in the clear", s)
		}
	}
}

// tokens, consent and hooks fit the client to the service.
type tokens struct{ *connect.Tokens }

func (s tokens) Load(ctx context.Context, f domain.FirmID) (t smokeball.Tokens, revision uint64, err error) {
	data, revision, err := s.Tokens.Load(ctx, f)
	if errors.Is(err, vault.ErrNone) {
		return t, 0, smokeball.ErrNoTokens
	}
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	return t, revision, err
}

func (s tokens) Save(ctx context.Context, f domain.FirmID, t smokeball.Tokens, revision uint64) (uint64, error) {
	data, err := smokeball.EncodeTokens(t)
	if err != nil {
		return 0, err
	}
	return s.Tokens.Save(ctx, f, data, revision)
}

type consent struct{ client *smokeball.Client }

func (c consent) Revoke(ctx context.Context, _ domain.FirmID, tokens []byte) error {
	t, err := smokeball.DecodeTokens(tokens)
	if err != nil {
		return err
	}
	return c.client.RevokeTokens(ctx, oak, t)
}

// rows are the views as the service knows them.
type rows struct{ *projections.Views }

func (r rows) FollowFirms() (changed func(fn func(connect.FirmState)) error, stop func()) {
	rows, stop := r.Connections.Follow()
	return func(fn func(connect.FirmState)) error {
		return rows(func(c projections.ConnectionRow) { fn(firmState(c)) })
	}, stop
}

func (r rows) FirmState(f domain.FirmID) (connect.FirmState, error) {
	row, err := r.Connections.Connection(f)
	return firmState(row), err
}

func firmState(c projections.ConnectionRow) connect.FirmState {
	return connect.FirmState{Firm: c.Firm, Connection: c.Connection, Heard: c.WebhookActivity()}
}

func (r rows) Heard(f domain.FirmID) (domain.WebhookActivity, error) {
	row, err := r.Connections.Connection(f)
	return row.WebhookActivity(), err
}

func (c consent) URL(_ domain.FirmID, state, verifier string) string {
	return c.client.OAuth().AuthorizeURL(state, verifier, callback, smokeball.ScopeNames())
}

func (c consent) Redeem(ctx context.Context, _ domain.FirmID, code, verifier string) (connect.Grant, error) {
	t, err := c.client.OAuth().Exchange(ctx, code, verifier, callback)
	if err != nil {
		return connect.Grant{}, err
	}
	account, err := c.client.FirmWith(ctx, t.Access)
	if err != nil {
		return connect.Grant{}, err
	}
	data, err := smokeball.EncodeTokens(t)
	if len(t.Scopes) == 0 { // Smokeball did not tell
		t.Scopes = smokeball.ScopeNames()
	}
	return connect.Grant{Account: account, Scopes: t.Scopes, Issued: t.Issued, Tokens: data}, err
}

type hooks struct{ *smokeball.Client }

func (h hooks) Notify(ctx context.Context, f domain.FirmID, id string) error {
	return h.NotifySubscription(ctx, f, id)
}

func (h hooks) Subscribe(ctx context.Context, f domain.FirmID, s connect.Subscription) (string, error) {
	made, err := h.Client.Subscribe(ctx, f, s.Key, s.Name, s.URL, smokeball.WebhookTypes(), s.Request)
	return made.ID, err
}

func (h hooks) UpdateSubscription(ctx context.Context, f domain.FirmID, id string, s connect.Subscription) error {
	_, err := h.Client.UpdateSubscription(ctx, f, id, s.Key, s.Name, s.URL, smokeball.WebhookTypes(), s.Request)
	return err
}

// wantsCodesOnly requires that no fact of the firm's connection holds a sentence.
func (c *counter) wantsCodesOnly() {
	c.Helper()
	for env, err := range c.bolt.Read(context.Background(), domain.ConnectionStream(oak)) {
		c.must(err)
		for _, found := range eventstoretest.Sentences(env.Event) {
			c.Errorf("a fact holds a sentence: %s", found)
		}
	}
}
