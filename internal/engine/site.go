package engine

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// handler is the engine's HTTP side.
func (e *Engine) handler() (http.Handler, error) { return web.New(e.site()) }

func (e *Engine) site() web.Config {
	f := firms{e.smokeball.connections, e.store.views}
	c := web.Config{Views: web.ViewsOf(e.store.views), Syncs: syncs{e.in.requests}, Versions: e.in.requests, Accounts: f, Consents: f, Settings: f, Webhooks: f, Mappings: f, Inbox: inbox{e.in.inbound.Events, e.in.bridge}, Allowance: allowance{e.smokeball.client}, Keys: sealingKeys{e.smokeball.secrets}, DeadLetters: deadLetters{e.in.deadLetters},
		Past: projections.Past{Ledger: e.store.ledger, Views: e.store.views}, Refusals: e.jobs.refusals,
		PublicURL: e.cfg.PublicURL, ConsentURL: e.cfg.Parsed.Hosts.Auth, Region: e.cfg.Region, Scopes: scopes(), WebhookTypes: smokeball.WebhookTypes(), Schema: casehug.Schema,
		OperatorToken: e.token, OneTime: e.signIn.oneTime, Ready: e.isReady, Stalled: e.jobs.stalls.Of, Registry: e.metrics, Logger: e.log, Now: time.Now, Version: Version()}
	if e.signIn.users != nil {
		c.Users, c.Sessions, c.CaseHugOrigins = users{e.signIn.users}, e.signIn.sessions, e.cfg.Parsed.Origins
	}
	return c
}

// connectionStatus is a firm's connection as CaseHug is told of it.
func (e *Engine) connectionStatus(ctx context.Context, f domain.FirmID, position uint64) (json.RawMessage, error) {
	if err := e.store.views.Wait(ctx, position); err != nil {
		return nil, err
	}
	b, err := projections.ConnectionReader{Rows: e.store.views, Usage: allowance{e.smokeball.client}.Usage, Stalled: e.jobs.stalls.Of, Region: e.cfg.Region, Now: time.Now}.Read(f)
	if err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

// isReady reports what keeps the engine from taking work.
func (e *Engine) isReady(context.Context) error {
	if !e.msg.bus.Conn().IsConnected() {
		return errors.New("the bus can't be reached: check the NATS servers of ENGINE_NATS_URL")
	}
	if err := e.msg.bus.Fault(); err != nil {
		e.log.Warn("the bus can't store events", "dir", e.cfg.DataDir, "err", err)
		return errors.New("the bus can't store events: free space on the disk of ENGINE_DATA_DIR, or replace it; the log says more")
	}
	return nil
}

// syncs are what people ask for: to sync, to retry, to cancel.
type syncs struct{ syncing.Requests }

func (s syncs) Request(ctx context.Context, by domain.User, m domain.MatterID, r ports.SyncRequest) (domain.SyncID, uint64, error) {
	return s.Requests.Request(ctx, by, m, r.Matter, r.Documents)
}

// firms are the connection service as the API knows it.
type firms struct {
	*connect.Service
	views *projections.Views
}

// showWithin is how long a browser waits until pages show what it has just done.
const showWithin = 5 * time.Second

// Authorize returns a refusal when the pages show it.
func (f firms) Authorize(ctx context.Context, by domain.User) (string, time.Time, error) {
	url, expires, err := f.Service.Authorize(ctx, by)
	if domain.AsRejection(err) != nil {
		_, err = f.shown(ctx, connect.Completed{Firm: by.Firm}, err)
	}
	return url, expires, err
}

// Complete returns when the pages show what came of it: the browser is sent to one.
func (f firms) Complete(ctx context.Context, c ports.Callback, browser *domain.User) (ports.Completed, error) {
	done, err := f.Service.Complete(ctx, connect.Redirect{State: c.State, Code: c.Code, Refusal: c.Error, Issuer: c.Issuer}, browser)
	return f.shown(ctx, done, err)
}

// Answer returns when the pages show what came of it.
func (f firms) Answer(ctx context.Context, r ports.Reply, browser *domain.User) (ports.Completed, error) {
	done, err := f.Service.Answer(ctx, connect.Reply(r), browser)
	return f.shown(ctx, done, err)
}

func (f firms) shown(ctx context.Context, c connect.Completed, err error) (ports.Completed, error) {
	done := ports.Completed{Firm: c.Firm, Asks: c.Asks, Question: (*ports.Question)(c.Question)}
	if done.Firm == "" {
		return done, err
	}
	position, unread := f.Position(ctx, done.Firm)
	if unread != nil {
		return done, errors.Join(err, unread)
	}
	ctx, cancel := context.WithTimeout(ctx, showWithin)
	defer cancel()
	_ = f.views.Wait(ctx, position) // it is so, even where the page is late
	return done, err
}

func (f firms) TestWebhooks(ctx context.Context, by domain.User) (ports.WebhookTest, error) {
	t, err := f.Service.TestWebhooks(ctx, by)
	return ports.WebhookTest(t), err
}

// allowance tells how much of Smokeball's rate limit is used.
type allowance struct{ *smokeball.Client }

func (a allowance) Usage(f domain.FirmID) (float64, int) {
	now := a.Allowance(f)
	return now.PerSecond, now.UsedLastMinute
}

// users vouches for callers by CaseHug's tokens.
type users struct{ *casehug.Users }

func (u users) Verify(ctx context.Context, token string) (domain.User, error) {
	who, err := u.Users.Verify(ctx, token)
	var refused *casehug.SignInError
	switch {
	case errors.As(err, &refused):
		return who, &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{Code: domain.CodeNotSignedIn, Message: refused.Reason,
			Remedy: "Sign in to CaseHug again."}}
	case errors.Is(err, casehug.ErrKeysUnavailable):
		return who, &domain.CallError{Op: "verify token", Class: domain.Retryable, Err: err, Failure: domain.Failure{Code: domain.CodeInternal,
			Message: "CaseHug's sign-in keys can't be read now", Remedy: "Try again in a moment. Operators check ENGINE_JWKS_URL."}}
	}
	return who, err
}

func scopes() []console.Scope {
	var list []console.Scope
	for _, p := range smokeball.Permissions() {
		access := "Read"
		if p.Write {
			access = "Read and write"
		}
		list = append(list, console.Scope{Permission: p.Name, Access: access, Why: p.Why, Names: strings.Join(p.Scopes(), " ")})
	}
	return list
}
