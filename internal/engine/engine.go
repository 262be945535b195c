package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/erasure"
	"github.com/casehug/smokeball-sync/internal/idempotency"
	"github.com/casehug/smokeball-sync/internal/inbound"
	"github.com/casehug/smokeball-sync/internal/session"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// Engine is everything that works together, opened and wired, not yet running.
type Engine struct {
	cfg       config.Settings
	log       *slog.Logger
	metrics   *prometheus.Registry
	store     storage
	msg       messaging
	smokeball vendor
	in        intake
	jobs      jobs
	sweeps    sweeps
	backups   *backups
	listFile  *erasure.ListFile // of the list of erasures; nil: nothing can be erased
	signIn    signIn
	listener  net.Listener      // nil: one on cfg.Listen
	way       http.RoundTripper // to Smokeball; nil: the network
	leads     *leads
	refolded  *atomic.Uint64 // up to this destruction of a key the views were folded again; on a cluster
	traces    *tracing
	token     string // lets the operator's commands on this machine ask
	closers   closers
	crashes   crashes // nothing, but in the build for crash tests
}

// signIn is how CaseHug's users come in.
type signIn struct {
	sessions session.Sessions
	calls    *idempotency.Calls
	users    *casehug.Users                            // nil: nobody vouches for anyone
	codes    func(code string) (token string, ok bool) // nil: no such sign-in
}

// Options are what an engine takes beside its settings.
type Options struct {
	Log *slog.Logger
	// Users vouches for CaseHug's users; nil: the key set that the settings name.
	Users *casehug.Users
	// Codes trades a code of a sign-in link for a token; nil: there are no such links.
	Codes func(code string) (token string, ok bool)
	// Listener is what the engine serves HTTP on, and closes; nil: it listens where the settings say.
	Listener net.Listener
	// Ledger wraps the ledger, for tests of faults; nil: it stays as it is.
	Ledger func(eventstore.Store) eventstore.Store
	Limits Limits
}

// Limits bound what one message of the bus may cost. A zero value is the default.
type Limits struct {
	Event   int           // largest event that is taken in, in bytes
	Handler time.Duration // that a handler may take
	Grace   time.Duration // after that until the handler counts as hanging
}

func (l Limits) withDefaults() Limits {
	return Limits{Event: cmp.Or(l.Event, inbound.LargestEvent), Handler: cmp.Or(l.Handler, handlerTimeout), Grace: cmp.Or(l.Grace, handlerGrace)}
}

// Open opens what the configuration names and wires it. What was opened is
// closed again when a later part fails.
func Open(ctx context.Context, cfg config.Settings, o Options) (e *Engine, err error) {
	e = newEngine(cfg, o)
	e.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	for _, open := range []func(context.Context) error{e.traces.openFor(&e.closers), e.store.openFolder, e.store.openLedger, e.warnOfLooseFiles, e.store.openViews, e.store.openSpool,
		e.openBus, e.openLedgerStream, e.openCrashes, o.wrapLedger(e), e.store.loadRestored, e.openSmokeball, e.openHandlers} {
		if err := open(ctx); err != nil {
			return e, err
		}
	}
	return e, nil
}

// newEngine has nothing open yet.
func newEngine(cfg config.Settings, o Options) *Engine {
	e := &Engine{cfg: cfg, log: o.Log, signIn: signIn{users: o.Users, codes: o.Codes}, listener: o.Listener, metrics: prometheus.NewRegistry(), leads: &leads{}, refolded: &atomic.Uint64{}, traces: newTracing(), token: randomID() + randomID()}
	e.store = storage{dir: cfg.DataDir, masterKey: cfg.MasterKeyFile, onCluster: cfg.NATSURL != "", log: o.Log, told: newObserver(newRecorded(e.metrics), e.traces), closers: &e.closers}
	e.backups = newBackups(e)
	e.in.limits = o.Limits.withDefaults()
	return e
}

// Close closes what is open, the newest first.
func (e *Engine) Close() error { return e.closers.close() }

// Publishers is the address at which CaseHug's services connect to the bus.
func (e *Engine) Publishers() string { return e.msg.bus.ClientURL() }

// Views are the rows that the engine folds from its ledger.
func (e *Engine) Views() *projections.Views { return e.store.views }

func (o Options) wrapLedger(e *Engine) func(context.Context) error {
	return func(context.Context) error {
		if o.Ledger != nil {
			e.store.ledger = wrappedLedger{o.Ledger(e.store.ledger), e.store.ledger}
		}
		return nil
	}
}

// newObserver is told of what this engine appends to the ledger.
func newObserver(counted *recorded, traces *tracing) eventstore.Observer {
	return func(ctx context.Context, c eventstore.Commit, took time.Duration, err error) {
		counted.told(c, took, err)
		traces.told(ctx, c, err)
	}
}

// closers close what was opened.
type closers []func() error

func (c *closers) add(f func() error) { *c = append(*c, f) }

// close closes the newest first.
func (c *closers) close() error {
	var err error
	for _, f := range slices.Backward(*c) {
		err = errors.Join(err, f())
	}
	*c = nil
	return err
}

// warnOfLooseFiles warns of files that others on the machine may read. They are used all the
// same: containers mount such files readable.
func (e *Engine) warnOfLooseFiles(context.Context) error {
	for _, f := range e.cfg.LooseFiles() {
		e.log.Warn("other users of this machine may read what only the engine should; remove their permissions: chmod go=", "setting", f.Setting, "path", f.Path, "mode", fmt.Sprintf("%04o", f.Mode))
	}
	return nil
}

// openBus opens the bus.
func (e *Engine) openBus(ctx context.Context) (err error) {
	key, err := e.store.busKey(e.cfg.NATSEncrypt == "true")
	if err != nil {
		return err
	}
	e.msg, err = openMessaging(ctx, e.cfg, key, e.log)
	if err == nil {
		e.closers.add(e.msg.close)
	}
	return err
}

// openLedgerStream opens the ledger of a cluster.
func (e *Engine) openLedgerStream(ctx context.Context) error {
	if err := e.store.openLedgerStream(ctx, e.msg.bus.JetStream, e.cfg.Parsed.Replicas); err != nil {
		return err
	}
	if e.store.onCluster {
		bus.Require(e.msg.bus, eventstore.LedgerStream)
	}
	return nil
}

// openSmokeball opens the secrets and what is built on them.
func (e *Engine) openSmokeball(ctx context.Context) (err error) {
	secrets, err := openSecrets(ctx, e.cfg.MasterKeyFile, e.msg.buckets)
	if err != nil {
		return err
	}
	if err := opens(ctx, secrets, e.msg.ask, e.cfg.MasterKeyFile); err != nil {
		return err
	}
	way := e.way
	if way == nil {
		way = e.crashes.transport()
	}
	e.smokeball, err = openVendor(vendorConfig{cfg: e.cfg, log: e.log, metrics: e.metrics, tracer: e.traces.tracer, store: e.store, secrets: secrets,
		tokens: e.crashes.tokens(tokenStore{connect.NewTokens(e.store.ledger, secrets)}), way: way})
	if err == nil {
		e.closers.add(func() error { e.smokeball.client.Close(); return nil })
	}
	return err
}

// openHandlers opens what takes in and what works by itself.
func (e *Engine) openHandlers(ctx context.Context) error {
	checkpoints, err := e.msg.buckets(ctx, bus.State)
	if err != nil {
		return fmt.Errorf("open the bucket of checkpoints: %w", err)
	}
	notifier := &syncing.Notifier{}
	e.jobs, e.sweeps = e.newJobs(notifier, checkpoints), e.newSweeps(checkpoints)
	e.in = newIntake(e.in.limits, e.store, e.smokeball, e.msg, notifier, e.log)
	if e.store.keys != nil {
		e.listFile = newListFile(e)
	}
	e.registerGauges()
	return e.openSignIn(ctx)
}

func (e *Engine) openSignIn(ctx context.Context) (err error) {
	kv, err := e.msg.buckets(ctx, bus.Sessions)
	if err != nil {
		return fmt.Errorf("open the bucket of sessions: %w", err)
	}
	calls, err := e.msg.buckets(ctx, bus.Calls)
	if err != nil {
		return fmt.Errorf("open the bucket of calls: %w", err)
	}
	e.signIn.calls = &idempotency.Calls{Secrets: secrets.New(e.smokeball.secrets.Vault, calls)}
	e.signIn.sessions = session.Sessions{Secrets: secrets.New(e.smokeball.secrets.Vault, kv), Now: time.Now}
	if e.signIn.users == nil && e.cfg.JWKSURL != "" {
		e.signIn.users, err = casehug.NewUsers(e.cfg.JWKSURL, e.cfg.JWTIssuer, e.cfg.JWTAudience)
	}
	return err
}
