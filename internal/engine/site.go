package engine

import (
	"context"
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
	"github.com/casehug/smokeball-sync/internal/wording"
	"github.com/casehug/smokeball-sync/projections"
)

// handler is the engine's HTTP side. Its streams end with the context.
func (e *Engine) handler(stopping context.Context) (http.Handler, error) {
	c := e.site()
	c.Stopping = stopping
	return web.New(c)
}

func (e *Engine) site() web.Config {
	f, checks := firms{e.smokeball.connections, e.store.views.Progress}, checkup(e.health())
	c := web.Config{Calls: e.signIn.calls, Views: web.ViewsOf(e.store.views), Syncs: syncs{e.in.requests}, Previews: e.jobs.previews, Bulks: e.jobs.bulkSyncs, Versions: e.in.requests, Links: links{e.links()}, Differences: differences{e.differences()}, Erasures: erasures{e.store.erasing(), erasureListOf(e)}, Accounts: f, Consents: f, Settings: f, Retentions: retentions{keepingOf(e)}, Webhooks: f, Mappings: f, Inbox: inbox{e.in.inbound.Events, e.in.bridge}, Allowance: usageOf(e), Keys: sealingKeys{e.smokeball.secrets, e.store.wrappedKeys()}, Backups: e.backups, DeadLetters: deadLetters{e.in.deadLetters},
		Past: projections.Past{Ledger: e.store.ledger, Webhooks: e.store.views.Webhooks}, Refusals: e.jobs.refusals,
		PublicURL: e.cfg.PublicURL, ConsentURL: e.cfg.Parsed.Hosts.Auth, Region: e.cfg.Region, Scopes: scopes(), WebhookTypes: smokeball.WebhookTypes(), Schema: casehug.Schema, BusDescription: casehug.AsyncAPI(Version()),
		OperatorToken: e.token, Codes: e.signIn.codes, Ready: checks.ready, Health: checks.report, Rebuilding: e.store.views.Rebuilding, Stalled: e.jobs.stalls.Of, SweptEvery: e.sweeps.Every, Registry: e.metrics, Logger: e.log, Now: time.Now, Version: Version()}
	if e.signIn.users != nil {
		c.Users, c.Sessions, c.CaseHugOrigins = users{e.signIn.users}, e.signIn.sessions, e.cfg.Parsed.Origins
	}
	return c
}

// syncs are what people ask for: to sync, to retry, to cancel.
type syncs struct{ syncing.Requests }

func (s syncs) Request(ctx context.Context, by domain.User, m domain.MatterID, r ports.SyncRequest) (domain.SyncID, uint64, error) {
	return s.Repeatable(ports.CallToken(ctx)).Request(ctx, by, m, r.Matter, r.Documents)
}

func (s syncs) Retry(ctx context.Context, by domain.User, id domain.SyncID) (domain.SyncID, uint64, error) {
	return s.Repeatable(ports.CallToken(ctx)).Retry(ctx, by, id)
}

// differences are what people decide about fields that differ.
type differences struct{ syncing.Differences }

func (d differences) Repair(ctx context.Context, by domain.User, f domain.FieldRef) (domain.SyncID, uint64, error) {
	return d.Repeatable(ports.CallToken(ctx)).Repair(ctx, by, f)
}

// firms are the connection service as the API knows it.
type firms struct {
	*connect.Service
	views *projections.Progress
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
	if err != nil || t.Received {
		return ports.WebhookTest{Received: t.Received, Took: t.Took}, err
	}
	_, remedy := wording.Failure(t.Why)
	return ports.WebhookTest{Remedy: remedy}, nil
}

// allowance tells how much of Smokeball's rate limit is used.
type allowance struct {
	*smokeball.Client
	leads     *leads
	onCluster bool
}

func usageOf(e *Engine) allowance { return allowance{e.smokeball.client, e.leads, e.store.onCluster} }

// Usage leaves out the figures where another engine makes the calls: this one's are those of no calls.

func (a allowance) Usage(f domain.FirmID) projections.Usage {
	if a.onCluster && !a.leads.allowance.Load() {
		return projections.Usage{PerSecond: a.Allowance(f).PerSecond, Private: a.Private(f), Elsewhere: true}
	}
	taken := a.Client.Usage(f)
	u := projections.Usage{PerSecond: a.Allowance(f).PerSecond, LastMinute: taken.LastMinute, YoursLastMinute: taken.LastMinuteOfFirm, Since: taken.Since, Private: a.Private(f)}
	for _, h := range taken.Hours {
		u.Hours = append(u.Hours, projections.HourCalls{From: h.From, Used: h.All, Yours: h.OfFirm})
	}
	return u
}

// users vouches for callers by CaseHug's tokens.
type users struct{ *casehug.Users }

func (u users) Verify(ctx context.Context, token string) (domain.User, error) {
	who, err := u.Users.Verify(ctx, token)
	var refused *casehug.SignInError
	switch {
	case errors.As(err, &refused):
		return who, &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{Code: domain.CodeNotSignedIn, Message: refused.Reason, Remedy: refused.Remedy}}
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
