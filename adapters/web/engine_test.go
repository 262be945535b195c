package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/projections"
)

// noon is the moment at which all tests look at the engine.
var noon = time.Date(2026, 11, 24, 20, 42, 17, 0, time.UTC)

const (
	firm     = domain.FirmID("f_1")
	otherOne = domain.FirmID("f_2")
	operator = "operator-token-of-this-start"
)

// The tokens that the tests' people have.
var people = map[string]domain.User{
	"admin-token":      {Subject: "u_1", Firm: firm, Role: domain.FirmAdmin, Name: "Folasade Osei", Expires: noon.Add(8 * time.Hour)},
	"user-token":       {Subject: "u_5", Firm: firm, Role: domain.StandardUser, Name: "Ben Lindqvist", Expires: noon.Add(8 * time.Hour)},
	"other-token":      {Subject: "u_9", Firm: otherOne, Role: domain.FirmAdmin, Name: "Somebody Else", Expires: noon.Add(8 * time.Hour)},
	"service-token":    {Subject: "svc_intake", Firm: firm, Role: domain.Service, Expires: noon.Add(8 * time.Hour)},
	"every-firm-token": {Subject: "svc_all", Firm: domain.EveryFirm, Role: domain.Service, Expires: noon.Add(8 * time.Hour)},
	"guest-token":      {Subject: "u_7", Firm: firm, Role: "guest", Expires: noon.Add(8 * time.Hour)},
}

// engine is everything that the HTTP side stands on, made by hand: views over a
// ledger in memory, and ports that decide as little as they can.
type engine struct {
	erasing  sync.Mutex
	erasures map[domain.EraseID]domain.Erasure
	*ledger
	views *projections.Views
	log   *bytes.Buffer
	url   string
	http  *http.Client

	mu       sync.Mutex
	fail     error             // what every command fails with
	heard    []string          // what the ports were asked
	states   map[string]string // open authorization links, by state: the firm
	consent  string
	codes    map[string]string
	notReady error
	ended    map[string]bool // marks of sessions
	away     error           // why Smokeball's matter types can't be had
}

func newEngine(t *testing.T, change ...func(*web.Config)) *engine {
	t.Helper()
	e := &engine{ledger: newLedger(), log: &bytes.Buffer{}, states: map[string]string{}, codes: map[string]string{"once": "admin-token"}, ended: map[string]bool{}}
	e.views = follow(t, e.ledger)
	server := httptest.NewUnstartedServer(nil)
	e.url = "http://" + server.Listener.Addr().String()
	e.consent = newConsentPage(t, e.url)
	c := e.config()
	for _, f := range change {
		f(&c)
	}
	h, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = h
	server.Start()
	t.Cleanup(server.Close)
	e.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return e
}

func (e *engine) config() web.Config {
	return web.Config{
		Views: web.ViewsOf(e.views), Syncs: e, Previews: e, Bulks: e, Versions: e, Links: e, Differences: e, Erasures: e, Accounts: e, Consents: e, Settings: e, Retentions: e, Webhooks: e, Mappings: e, Inbox: e, Users: e, Sessions: sessions{e}, CaseHugOrigins: []string{"https://app.casehug.example"}, Allowance: e, Keys: e, Backups: backups{}, DeadLetters: e, Past: projections.Past{Ledger: e.ledger, Webhooks: e.views.Webhooks}, Refusals: refusals{e},
		PublicURL: e.url, ConsentURL: e.consent, Region: "us", OperatorToken: operator,
		Scopes:         []console.Scope{{Permission: "Matters", Access: "Read and write", Why: "Create a matter from an intake.", Names: "matters/read matters/write"}},
		BusDescription: []byte(`{"asyncapi":"3.0.0"}`),
		WebhookTypes:   []string{"matter.created", "matter.updated", "event.updated", "mattertype.updated", "error"},
		Schema: func(name string) ([]byte, bool) {
			return []byte(`{"title":"matter"}`), name == "com.casehug.matter.created"
		},
		Codes: e.trade, Ready: func(context.Context) error { return e.notReady }, Health: health,
		Registry: prometheus.NewRegistry(), Logger: slog.New(slog.NewJSONHandler(&locked{w: e.log, mu: &e.mu}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		SweptEvery: func() time.Duration { return 10 * time.Minute }, Now: func() time.Time { return noon }, Version: "1.2.3",
	}
}

// stopping has streams send what there is, and end.
func stopping(c *web.Config) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	c.Stopping = ctx
}

// locked lets many goroutines write one log.
type locked struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (e *engine) logged() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.String()
}

// hear notes what a port was asked and says whether it fails.
func (e *engine) hear(format string, args ...any) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, fmt.Sprintf(format, args...))
	return e.fail
}

func (e *engine) asked() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.heard, "\n")
}

func (e *engine) failWith(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail = err
}

// told waits until the views have all that the ledger has.
func (e *engine) told(t *testing.T) *engine {
	t.Helper()
	list, _ := e.since(0)
	ctx, stop := context.WithTimeout(t.Context(), stepWithin)
	defer stop()
	if err := e.views.Wait(ctx, uint64(len(list))); err != nil {
		t.Fatal(err)
	}
	return e
}

func rejection(reason domain.Reason, code domain.Code, message string) error {
	return &domain.Rejection{Reason: reason, Failure: domain.Failure{Code: code, Message: message, Remedy: "Do the other thing."}}
}

func (e *engine) trade(code string) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	token, ok := e.codes[code]
	delete(e.codes, code)
	return token, ok
}

func (e *engine) Verify(_ context.Context, token string) (domain.User, error) {
	if u, ok := people[token]; ok {
		return u, nil
	}
	return domain.User{}, rejection(domain.Denied, domain.CodeNotSignedIn, "The token is not signed by CaseHug")
}

// Usage is that of an engine that started two hours ago.
func (e *engine) Usage(domain.FirmID) projections.Usage {
	begun := noon.Truncate(time.Hour).Add(-2 * time.Hour)
	return projections.Usage{PerSecond: 5, LastMinute: 42, YoursLastMinute: 9, Since: begun.Add(14 * time.Minute),
		Hours: []projections.HourCalls{{From: begun, Used: 1200, Yours: 40}, {From: begun.Add(time.Hour)}, {From: begun.Add(2 * time.Hour), Used: 34, Yours: 16}}}
}

func (e *engine) Preview(_ context.Context, by domain.User, m domain.MatterID, _ ports.SyncRequest) (domain.Preview, error) {
	p := domain.Preview{Ends: domain.Succeeded, Calls: []domain.PlannedCall{{Op: "create contact", Method: "POST", Path: "/contacts", Body: []byte(`{"person":{"lastName":"Rivera"}}`)}}}
	return p, e.hear("preview %s by %s of %s", m, by.Subject, by.Firm)
}

func (e *engine) Under(ctx context.Context, by domain.User, m domain.MatterID, _ domain.Mappings) (domain.Preview, error) {
	return e.Preview(ctx, by, m, ports.SyncRequest{})
}

func (e *engine) Replay(ctx context.Context, f domain.FirmID, m domain.MatterID, run domain.DryRun) (domain.Replay, error) {
	return run.Replay(func(yield func(domain.Event, time.Time) bool) {
		for env := range e.ledger.Read(ctx, domain.MatterStream(f, m)) {
			yield(env.Event, env.At)
		}
	}), nil
}

func (e *engine) Request(_ context.Context, by domain.User, m domain.MatterID, r ports.SyncRequest) (domain.SyncID, uint64, error) {
	err := e.hear("request %s by %s, matter %t, %d documents", m, by.Subject, r.Matter != nil, len(r.Documents))
	if err != nil {
		return "", 0, err
	}
	id := domain.SyncID("s_asked_" + string(m))
	return id, e.add(noon, domain.MatterStream(by.Firm, m), domain.SyncRequested{Sync: id, Trigger: domain.TriggerManual, By: by.Subject}), nil
}

func (e *engine) Retry(_ context.Context, by domain.User, id domain.SyncID) (domain.SyncID, uint64, error) {
	if err := e.hear("retry %s by %s", id, by.Subject); err != nil {
		return "", 0, err
	}
	row, ok, err := e.views.Syncs.Sync(by.Firm, id)
	switch {
	case err != nil:
		return "", 0, err
	case !ok:
		return "", 0, rejection(domain.Unknown, domain.CodeNotFound, "There is no such sync")
	case !row.Status.Ended():
		return "", 0, rejection(domain.Conflict, domain.CodeNotRetryable, "The sync has not ended")
	}
	again := domain.SyncID("s_again_" + string(id))
	return again, e.add(noon, domain.MatterStream(by.Firm, row.Matter), domain.SyncRequested{Sync: again, Trigger: domain.TriggerRetry, By: by.Subject}), nil
}

func (e *engine) Cancel(_ context.Context, by domain.User, id domain.SyncID) (uint64, error) {
	if err := e.hear("cancel %s by %s", id, by.Subject); err != nil {
		return 0, err
	}
	row, ok, err := e.views.Syncs.Sync(by.Firm, id)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, rejection(domain.Unknown, domain.CodeNotFound, "There is no such sync")
	case !row.Status.Cancellable():
		return 0, rejection(domain.Conflict, domain.CodeNotCancellable, "The sync is at work")
	}
	return e.add(noon, domain.MatterStream(by.Firm, row.Matter), domain.SyncCancelled{Sync: id, By: by.Subject}), nil
}

func (e *engine) Authorize(_ context.Context, by domain.User) (string, time.Time, error) {
	if err := e.hear("authorize by %s", by.Subject); err != nil {
		return "", time.Time{}, err
	}
	e.mu.Lock()
	state := fmt.Sprintf("state-%d", len(e.states)+1)
	e.states[state] = string(by.Firm)
	e.mu.Unlock()
	e.add(noon, domain.ConnectionStream(by.Firm), domain.AuthorizationStarted{Attempt: state, By: by.Subject, Expires: noon.Add(10 * time.Minute)})
	return e.consent + "/oauth2/authorize?state=" + state, noon.Add(10 * time.Minute), nil
}

func (e *engine) Complete(_ context.Context, a ports.Callback, browser *domain.User) (ports.Completed, error) {
	e.mu.Lock()
	f, open := e.states[a.State]
	delete(e.states, a.State)
	e.mu.Unlock()
	done := ports.Completed{Firm: domain.FirmID(f), Asks: a.Code == "another"}
	switch {
	case !open:
		return ports.Completed{}, rejection(domain.Expired, domain.CodeAuthorizationExpired, "The authorization link is used up or older than 10 minutes")
	case a.Issuer != "" && a.Issuer != e.consent:
		return ports.Completed{}, rejection(domain.Denied, domain.CodeWrongIssuer, "The answer does not come from Smokeball's sign-in")
	case a.Error != "":
		return ports.Completed{}, rejection(domain.Denied, domain.CodeAuthorizationDenied, "Somebody clicked “Deny” on Smokeball's page")
	case browser == nil || string(browser.Firm) != f:
		e.mu.Lock()
		defer e.mu.Unlock()
		e.states["held"] = f
		done.Question = &ports.Question{ID: "held", Browser: "browser-secret", Account: elm, Firm: done.Firm, By: "Folasade Osei", Expires: noon.Add(10 * time.Minute)}
		return done, nil
	}
	return e.complete(a.State, done)
}

func (e *engine) Answer(_ context.Context, r ports.Reply, _ *domain.User) (ports.Completed, error) {
	e.mu.Lock()
	f, open := e.states[r.ID]
	e.mu.Unlock()
	switch {
	case !open:
		return ports.Completed{}, rejection(domain.Expired, domain.CodeAuthorizationExpired, "Nobody answered within 10 minutes")
	case r.Browser != "browser-secret":
		return ports.Completed{}, rejection(domain.Denied, domain.CodeAuthorizationForeign, "The question was asked in another browser")
	case !r.Yes:
		return ports.Completed{}, rejection(domain.Denied, domain.CodeAuthorizationDenied, "Somebody answered no")
	}
	return e.complete("state-1", ports.Completed{Firm: domain.FirmID(f)})
}

func (e *engine) complete(state string, done ports.Completed) (ports.Completed, error) {
	a := ports.Callback{State: state}
	fact := domain.Event(authorized(a.State))
	if done.Asks {
		fact = domain.AccountProposed{Attempt: a.State, Account: elm, Expires: noon.Add(10 * time.Minute), By: "u_1"}
	}
	at := e.add(noon, domain.ConnectionStream(done.Firm), fact)
	ctx, stop := context.WithTimeout(context.Background(), stepWithin)
	defer stop()
	return done, e.views.Wait(ctx, at)
}

// elm is another Smokeball account than the firm's own.
var elm = domain.Account{ID: "e1f2a3b4-0000-4000-8000-000000000009", Name: "Elm & Partners"}

func (e *engine) ConfirmAccount(_ context.Context, by domain.User, account string) (uint64, error) {
	if err := e.hear("confirm %s by %s", account, by.Subject); err != nil {
		return 0, err
	}
	if account != elm.ID {
		return 0, rejection(domain.Conflict, domain.CodeAccountNotPending, "This account does not wait to be confirmed")
	}
	taken := authorized("state-2")
	taken.Account = elm
	return e.add(noon, domain.ConnectionStream(by.Firm), taken), nil
}

func (e *engine) DropAccount(_ context.Context, by domain.User) (uint64, error) {
	if err := e.hear("drop account by %s", by.Subject); err != nil {
		return 0, err
	}
	return e.add(noon, domain.ConnectionStream(by.Firm), domain.AccountDropped{Attempt: "state-1", Account: elm, By: by.Subject}), nil
}

func (e *engine) RotateWebhooks(_ context.Context, by domain.User) (uint64, error) {
	if err := e.hear("rotate webhooks by %s", by.Subject); err != nil {
		return 0, err
	}
	return e.add(noon, domain.ConnectionStream(by.Firm), domain.WebhooksRotated{Rotation: "r1", Subscription: "sub-1", By: by.Subject}), nil
}

func (e *engine) TestWebhooks(_ context.Context, by domain.User) (ports.WebhookTest, error) {
	if by.Subject == "u_1" {
		return ports.WebhookTest{Received: true, Took: 412 * time.Millisecond}, e.hear("test webhooks by %s", by.Subject)
	}
	return ports.WebhookTest{Remedy: "An operator looks."}, e.hear("test webhooks by %s", by.Subject)
}

func authorized(attempt string) domain.ConnectionAuthorized {
	return domain.ConnectionAuthorized{Attempt: attempt, Account: domain.Account{ID: "a3f1c9d0-5b1e-4c77-9a42-0c6d1be8f214", Name: "Hartwell & Osei LLP"},
		Region: "us", Scopes: []string{"matters/read", "matters/write"}, By: "u_1", ByName: "Folasade Osei", ReauthorizeBy: noon.Add(137 * 24 * time.Hour)}
}

func (e *engine) Disconnect(_ context.Context, by domain.User) (uint64, error) {
	if err := e.hear("disconnect by %s", by.Subject); err != nil {
		return 0, err
	}
	return e.add(noon, domain.ConnectionStream(by.Firm), domain.Disconnected{By: by.Subject}), nil
}

func (e *engine) ChangeSettings(_ context.Context, by domain.User, s domain.Settings, seen *int) (uint64, error) {
	if err := e.hear("settings by %s: %+v", by.Subject, s); err != nil {
		return 0, err
	}
	if faults := s.Check(); len(faults) > 0 {
		return 0, &domain.Rejection{Reason: domain.Invalid, Failure: domain.Failure{Code: domain.CodeInvalidRequest, Message: "The settings are not valid", Remedy: "Correct them."}, Faults: faults}
	}
	list, _ := e.since(0)
	var p domain.Preferences
	for _, env := range list {
		if env.Stream == domain.SettingsStream(by.Firm) {
			p = p.Apply(env.Event, env.At)
		}
	}
	if seen == nil {
		seen = &p.Revision
	}
	facts, err := p.ChangeFrom(*seen, s, by.Subject)
	if err != nil || len(facts) == 0 {
		return uint64(len(list)), err
	}
	return e.add(noon, domain.SettingsStream(by.Firm), facts...), nil
}

func (e *engine) RegisterWebhooks(_ context.Context, by domain.User) (uint64, error) {
	if err := e.hear("register webhooks by %s", by.Subject); err != nil {
		return 0, err
	}
	return e.add(noon, domain.ConnectionStream(by.Firm), domain.WebhooksRegistered{Subscription: "5d20e7b4-18c3-4f0a-b6f9-7e41a2c90d38", By: by.Subject}), nil
}

func (e *engine) RemoveWebhooks(_ context.Context, by domain.User) (uint64, error) {
	if err := e.hear("remove webhooks by %s", by.Subject); err != nil {
		return 0, err
	}
	return e.add(noon, domain.ConnectionStream(by.Firm), domain.WebhooksRemoved{By: by.Subject}), nil
}

// matterNow folds a matter of the firm.
func (e *engine) matterNow(f domain.FirmID, id domain.MatterID) (m domain.Matter) {
	list, _ := e.since(0)
	for _, env := range list {
		if env.Stream == domain.MatterStream(f, id) {
			m = m.Apply(env.Event, env.At)
		}
	}
	return m
}

func (e *engine) Accept(_ context.Context, by domain.User, f domain.FieldRef) (uint64, error) {
	if err := e.hear("accept %s of %s by %s", f.Name, f.Matter, by.Subject); err != nil {
		return 0, err
	}
	m := e.matterNow(f.Firm, f.Matter)
	if !m.Known {
		return 0, rejection(domain.Unknown, domain.CodeMatterUnknown, "There is no such matter")
	}
	facts, err := m.Accept(f.Name, f.Seen, by)
	if err != nil {
		return 0, err
	}
	return e.add(noon, domain.MatterStream(f.Firm, f.Matter), facts...), nil
}

func (e *engine) Repair(_ context.Context, by domain.User, f domain.FieldRef) (domain.SyncID, uint64, error) {
	if err := e.hear("repair %s of %s by %s", f.Name, f.Matter, by.Subject); err != nil {
		return "", 0, err
	}
	m := e.matterNow(f.Firm, f.Matter)
	if !m.Known {
		return "", 0, rejection(domain.Unknown, domain.CodeMatterUnknown, "There is no such matter")
	}
	d, err := m.Difference(f.Name, f.Seen)
	if err != nil {
		return "", 0, err
	}
	id, facts, err := m.Repair(d, "s_repair", by)
	if err != nil {
		return "", 0, err
	}
	return id, e.add(noon, domain.MatterStream(f.Firm, f.Matter), facts...), nil
}

func (e *engine) Check(_ context.Context, by domain.User, of domain.MatterID) (uint64, error) {
	if err := e.hear("check %q by %s", of, by.Subject); err != nil {
		return 0, err
	}
	return e.add(noon, domain.DriftStream(by.Firm), domain.DriftCheckAsked{Check: "k_1", Matter: of, By: by.Subject}), nil
}

func (e *engine) RebaseMatter(_ context.Context, by domain.User, m domain.MatterID, version int) (uint64, error) {
	return 0, e.hear("rebase matter %s to %d by %s", m, version, by.Subject)
}

func (e *engine) RebaseClient(_ context.Context, by domain.User, c domain.ClientID, version int) (uint64, error) {
	return 0, e.hear("rebase client %s to %d by %s", c, version, by.Subject)
}

func (e *engine) ChangeRetention(_ context.Context, by domain.User, choose func(domain.Retention) domain.Retention) (domain.Retention, uint64, error) {
	r := choose(domain.Retention{Audit: 400})
	return r, 0, e.hear("keep %s, %s, %s by %s", r.History, r.Audit, r.DeadLetters, by.Subject)
}

func (e *engine) Times(r domain.Retention) domain.RetentionTimes {
	return r.Over(domain.RetentionTimes{DeadLetters: 90 * 24 * time.Hour})
}

func (e *engine) Erase(_ context.Context, by domain.User, s domain.EraseSubject) (domain.EraseID, domain.Erasure, uint64, error) {
	asked := domain.Erasure{}.Apply(domain.EraseRequested{Subject: s, By: by.Subject}, noon)
	e.erased(domain.EraseIDOf(by.Firm, s), asked)
	return "er_1", asked, 0, e.hear("erase matter %q client %q by %s", s.Matter, s.Client, by.Subject)
}

// erased is how an erasure stands from now on.
func (e *engine) erased(id domain.EraseID, stands domain.Erasure) {
	e.erasing.Lock()
	defer e.erasing.Unlock()
	e.erasures = map[domain.EraseID]domain.Erasure{id: stands}
}

func (e *engine) Erasure(_ context.Context, f domain.FirmID, id domain.EraseID) (domain.Erasure, error) {
	e.erasing.Lock()
	defer e.erasing.Unlock()
	if asked := e.erasures[id]; f == "f_1" && asked.Known() {
		return asked, nil
	}
	if f != "f_1" || id != "er_1" {
		return domain.Erasure{}, &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound, Message: "There is no such erasure"}}
	}
	return domain.Erasure{}.Apply(domain.EraseRequested{Subject: domain.EraseSubject{Matter: "m_1001"}, By: "u_admin"}, noon), nil
}

func (e *engine) Plan(_ context.Context, f domain.FirmID, s domain.EraseSubject) (domain.ErasePlan, error) {
	p := domain.ErasePlan{Subject: s, Matters: []domain.PlannedMatter{{ID: s.Matter, Title: "Rivera v. Apex Freight"}}}
	switch {
	case f != firm || s.Client != "" && s.Client != "c_77":
		return p, &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound, Message: "CaseHug has not told of it"}}
	case s.Client != "":
		p.Matters = []domain.PlannedMatter{
			{ID: "m_1001", Title: "Rivera v. Apex Freight", CaseNumber: "CH-1", Smokeball: "b0a1", Documents: 3, InSmokeball: 2, Cancelled: []domain.SyncID{"s_waits"}},
			{ID: "m_1006", Title: "Estate of Whitfield", Failing: []domain.SyncID{"s_runs"}}}
		p.Clients = []domain.PlannedClient{{ID: "c_77", Name: "Maria Rivera"}}
	}
	p.Staying = []domain.PlannedClient{{ID: "c_9", Name: "Alberto Apex", With: []domain.MatterID{"m_1002"}}}
	p.Backups = []domain.BackupTime{{Begun: noon.AddDate(0, 0, -40), Until: noon.AddDate(0, 0, 50)}, {Begun: noon.AddDate(0, 0, -1), Until: noon.AddDate(0, 0, 89)}}
	return p, nil
}

func (e *engine) Of(_ context.Context, f domain.FirmID) (list []domain.ErasureEntry, err error) {
	e.erasing.Lock()
	defer e.erasing.Unlock()
	if f == firm {
		for id, asked := range e.erasures {
			list = append(list, domain.ErasureEntry{Firm: firm, ID: id, Erasure: asked})
		}
	}
	return list, nil
}

func (e *engine) All(ctx context.Context) (list domain.ErasureList, err error) {
	list.Entries, err = e.Of(ctx, firm)
	return list, err
}

func (e *engine) Event(_ context.Context, by domain.User, f domain.FirmID, header http.Header, body []byte) (string, uint64, error) {
	err := e.hear("event of %s by %s, ce-id %q, cookie %q, authorization %q, %d bytes", f, by.Subject, header.Get("Ce-Id"), header.Get("Cookie"), header.Get("Authorization"), len(body))
	return "evt_1", 7, err
}

func (e *engine) Addressee(_ context.Context, secret string) (domain.FirmID, error) {
	firms := map[string]domain.FirmID{"the-secret": firm, "their-secret": "f_2"}
	if firms[secret] == "" {
		return "", rejection(domain.Unknown, domain.CodeNotFound, "There is no such address")
	}
	return firms[secret], nil
}

func (e *engine) Webhook(_ context.Context, secret string, header http.Header, body []byte) error {
	if secret != "the-secret" && secret != "their-secret" {
		return rejection(domain.Unknown, domain.CodeNotFound, "There is no such address")
	}
	return e.hear("webhook, signature %q, body %s", header.Get("Signature"), body)
}

// newConsentPage is a Smokeball that asks for consent: the page has one button, which
// leads back with a code.
func newConsentPage(t *testing.T, back string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth2/authorize", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Consent</title><h1>Allow CaseHug?</h1><link rel="icon" href="data:,"><form method="post" action="/allow"><input type="hidden" name="state" value=%q><button id="allow">Allow</button></form>`, r.URL.Query().Get("state"))
	})
	mux.HandleFunc("POST /allow", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, back+"/oauth/smokeball/callback?code=c0de&state="+r.PostFormValue("state"), http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

var errBroken = errors.New("the disk is gone")

// refusals write down every refusal, uncounted.
type refusals struct{ *engine }

func (r refusals) Refuse(_ context.Context, f domain.FirmID, refused domain.RequestRefused) {
	refused.Since, refused.Times = noon, 1
	r.add(noon, domain.AuditStream(f, noon), refused)
}

func (r refusals) Settle(context.Context, domain.FirmID) uint64 {
	list, _ := r.since(0)
	return uint64(len(list))
}

// sessions are those of everybody whose token is known: its id is the token itself.
type sessions struct{ *engine }

func (s sessions) Begin(_ context.Context, token string) (string, error) { return token, nil }

func (s sessions) Token(_ context.Context, badge string, _ bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range people {
		if sum := sha256.Sum256([]byte(token)); hex.EncodeToString(sum[:]) == badge && !s.ended[badge] {
			return token, nil
		}
	}
	return "", rejection(domain.Denied, domain.CodeNotSignedIn, "The session has ended")
}

func (s sessions) End(_ context.Context, badge string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[badge] = true
	return nil
}

// health says whether it was asked for all checks.
func health(_ context.Context, deep bool) doctor.Report {
	found := "quick"
	if deep {
		found = "deep"
	}
	return doctor.Report{Version: "test", Running: true, Findings: []doctor.Finding{{Code: doctor.Disk, Severity: doctor.OK, Found: found}}}
}
