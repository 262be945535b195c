package syncing_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// oak is the law firm of the stories, and oakAccount its account in Smokeball.
const (
	oak        domain.FirmID = "f_oak"
	oakAccount string        = "0a4c0000-0000-4000-8000-000000000001"
)

// office is a law firm that works with CaseHug and with Smokeball, and the engine between
// them. Its clock is that of the bubble that it lives in.
type office struct {
	*testing.T
	sim     *smokeballsim.Server
	ledger  eventstore.Store
	last    func() uint64 // the ledger's newest position
	file    string        // of the views
	keys    projections.MemoryKeys
	light   bool    // the views are in memory
	reads   bool    // what changes in Smokeball is read
	bulky   bool    // bulk syncs are worked on
	swept   *swept  // how what no webhook told of is looked for; nil: it is not
	rate    float64 // calls a second of the app's allowance
	grants  *grants
	papers  *papers
	waits   syncing.Waits
	workers int  // that the engine has
	retypes bool // SMOKEBALL_PATCH_MATTER_TYPE
	// restored is when the ledger was restored from a backup; zero: never.
	restored time.Time
	mark     *mark
	ids      atomic.Int64
	step     atomic.Int64 // by how much the engine's wall clock was set, in nanoseconds
	*engine
	open atomic.Pointer[engine] // that takes webhooks; nil: none
	post *post                  // keeps webhooks on their way; nil: they arrive at once

	hearing sync.Mutex
	told    []syncing.OutboxMessage // what CaseHug heard, in order
}

// story tells a story in an office of its own, which is connected to Smokeball.
func story(t *testing.T, tell func(*office)) {
	t.Helper()
	slowly(t, smokeballsim.Delay{}, tell)
}

// slowly tells a story where Smokeball shows what it accepted after a delay. It ends well with any
// -seed.
func slowly(t *testing.T, visible smokeballsim.Delay, tell func(*office)) {
	t.Helper()
	inOffice(t, smokeballsim.Config{Seed: max(*oneSeed, 1), VisibleAfter: visible}, false, tell)
}

// quickly tells a story with light rows.
func quickly(t *testing.T, seed uint64, tell func(*office)) {
	t.Helper()
	inOffice(t, smokeballsim.Config{Seed: seed}, true, tell)
}

func inOffice(t *testing.T, c smokeballsim.Config, light bool, tell func(*office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, c)
		o.light = light
		o.start()
		o.connect()
		tell(o)
	})
}

// staffOf is who works at the firm: one of them can't sign in, and has not left.
func staffOf() []smokeballsim.Staff {
	return []smokeballsim.Staff{
		{FirstName: "Lee", LastName: "Chen", Email: lawyer},
		{FirstName: "Ana", LastName: "Brown", Email: "ana@firm.example"},
		{FirstName: "Dana", LastName: "Stone", Email: "dana@firm.example", Disabled: true},
	}
}

func newOffice(t *testing.T, c smokeballsim.Config) *office {
	l := newLedger()
	o := &office{T: t, ledger: l, last: func() uint64 { return uint64(l.size()) }, file: filepath.Join(t.TempDir(), "views.db"),
		grants: newGrants(), papers: newPapers(), waits: syncing.DefaultWaits, mark: &mark{}, rate: 5, workers: 64}
	c.Accounts = []smokeballsim.Account{{ID: oakAccount, Name: "Oak LLP", Staff: staffOf()}, {ID: elmAccount, Name: "Oak LLP, downtown"}}
	c.URL, c.HTTP = "https://smokeball.example", &http.Client{Transport: mailbox{o}}
	o.sim = smokeballsim.New(c)
	t.Cleanup(func() {
		o.stop()
		if err := o.sim.Close(); err != nil {
			t.Error(err)
		}
		l.wantCodesOnly(t)
	})
	return o
}

// now is what the engine's wall clock shows. A clock that was set has no steady part.
func (o *office) now() time.Time {
	if d := o.step.Load(); d != 0 {
		return time.Now().Round(0).Add(time.Duration(d))
	}
	return time.Now()
}

// start starts an engine on the office's ledger.
func (o *office) start() {
	o.Helper()
	o.engine = &engine{wakes: &syncing.Notifier{}}
	o.wire(o.ledger, o.sim.Transport())
}

// restart ends the engine and starts another one on the same ledger.
func (o *office) restart() {
	o.Helper()
	o.stop()
	o.start()
}

// away is a time without an engine.
func (o *office) away(d time.Duration) {
	o.Helper()
	o.stop()
	time.Sleep(d)
	o.start()
}

// connect is a firm admin who clicks Connect and Allow.
func (o *office) connect() {
	o.Helper()
	tokens, err := o.sim.Grant(oakAccount)
	o.must(err)
	o.grants.put(oak, tokens, time.Now())
	o.fact(domain.ConnectionAuthorized{Account: domain.Account{ID: oakAccount, Name: "Oak LLP"}, By: "u_admin", ReauthorizeBy: time.Now().Add(30 * 24 * time.Hour)})
}

// hooks makes the firm's webhook subscription.
func (o *office) hooks() {
	o.Helper()
	s, err := o.client.Subscribe(o.Context(), oak, "key", "CaseHug", "https://engine.example/hook", smokeball.WebhookTypes(), "r-hook")
	o.must(err)
	o.fact(domain.WebhooksRegistered{Subscription: s.ID})
}

// choose sets the firm's settings.
func (o *office) choose(change func(*domain.Settings)) {
	o.Helper()
	s := domain.DefaultSettings
	change(&s)
	_, _, err := eventstore.Execute(o.Context(), o.ledger, time.Now, domain.SettingsStream(oak),
		func(p domain.Preferences) ([]domain.Event, error) { return p.Change(s, "u_admin"), nil })
	o.must(err)
}

// fact appends a fact about the firm's connection.
func (o *office) fact(e domain.Event) {
	o.Helper()
	_, _, err := eventstore.Execute(o.Context(), o.ledger, time.Now, domain.ConnectionStream(oak),
		func(domain.Connection) ([]domain.Event, error) { return []domain.Event{e}, nil })
	o.must(err)
}

func (o *office) connection() domain.Connection {
	o.Helper()
	c, _, err := eventstore.Load[domain.Connection](o.Context(), o.ledger, domain.ConnectionStream(oak))
	o.must(err)
	return c
}

// tell is CaseHug that publishes events: all are delivered before the engine acts on one, and it has done
// what it does at this moment before tell returns. Other orders are what the seeds play.
func (o *office) tell(events ...domain.CaseHugEvent) {
	o.Helper()
	if l, inMemory := o.ledger.(*ledger); inMemory {
		l.setSilent(true)
		defer synctest.Wait()
		defer l.setSilent(false)
	}
	for _, e := range events {
		o.must(o.intake.TakeIn(o.Context(), e))
	}
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// fault arms a fault of Smokeball's.
func (o *office) fault(f smokeballsim.Fault) {
	o.Helper()
	o.must(o.sim.Fault(f))
}

// held reports whether the sync waits for something that only somebody else can bring.
func held(d domain.Due) bool {
	return d.Status == domain.Waiting && d.At.IsZero() && d.WaitsOn != ""
}

// rest waits until the engine has nothing to do by itself.
func (o *office) rest() {
	o.Helper()
	o.until("nothing left to do", func() bool {
		return !slices.ContainsFunc(o.rows.Due(), func(d domain.Due) bool { return !held(d) })
	})
}

// until waits until the views, which include the whole ledger, show what is wanted.
func (o *office) until(what string, shown func() bool) {
	o.Helper()
	limit := time.After(72 * time.Hour)
	for {
		at, moved := o.rows.Changes()
		if at >= o.last() && shown() {
			return
		}
		select {
		case <-moved:
		case <-limit:
			o.Fatalf("after three days there is still not: %s\n%s", what, o.dump())
		}
	}
}

// dump tells the whole ledger.
func (o *office) dump() string {
	text := ""
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for env, err := range o.ledger.Tail(ctx, 0) {
		data, _ := json.Marshal(env.Event)
		text += fmt.Sprintf("%s %s %s %.300s %v\n", env.At.Format("15:04:05.000"), env.Stream, env.Event.EventName(), data, err)
		if err != nil || uint64(env.Seq) == o.last() {
			break
		}
	}
	return text
}

// digest is the SHA-256 of data in hex.
func digest(data string) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

// keys name contacts.
type keys struct{}

func (keys) Name(text string) (string, error) { return digest(text)[:26], nil }

// mark is how far CaseHug has been told.
type mark struct {
	mu sync.Mutex
	at uint64
}

func (m *mark) Load(context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at, nil
}

func (m *mark) Save(_ context.Context, at uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = at
	return nil
}

// grants are the firms' tokens.
type grants struct {
	mu       sync.Mutex
	tokens   map[domain.FirmID]smokeball.Tokens
	revision uint64
}

func newGrants() *grants { return &grants{tokens: map[domain.FirmID]smokeball.Tokens{}} }

func (g *grants) put(f domain.FirmID, t smokeballsim.Tokens, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.revision++
	g.tokens[f] = smokeball.Tokens{Access: t.Access, Refresh: t.Refresh, Expiry: now.Add(time.Hour), Issued: now, Obtained: now}
}

func (g *grants) Load(_ context.Context, f domain.FirmID) (smokeball.Tokens, uint64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, ok := g.tokens[f]
	if !ok {
		return t, 0, smokeball.ErrNoTokens
	}
	return t, g.revision, nil
}

func (g *grants) Save(_ context.Context, f domain.FirmID, t smokeball.Tokens, revision uint64) (uint64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if revision != g.revision {
		return 0, smokeball.ErrStale
	}
	g.revision++
	g.tokens[f] = t
	return g.revision, nil
}

var errStopped = errors.New("the engine is stopped")

var quiet = slog.New(slog.DiscardHandler)
