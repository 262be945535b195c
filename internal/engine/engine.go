package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/audit"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/connect"
	"github.com/casehug/smokeball-sync/internal/inbound"
	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/lease"
	"github.com/casehug/smokeball-sync/internal/session"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

// ledger is the event store and what the engine needs of it beside.
type ledger interface {
	eventstore.Store
	Close() error
}

// engine is everything that works together, opened and wired, not yet running.
type Engine struct {
	cfg         config.Settings
	log         *slog.Logger
	metrics     *prometheus.Registry
	bus         *bus.Bus
	buckets     func(ctx context.Context, name string) (jetstream.KeyValue, error)
	ask         func(ctx context.Context, question func(context.Context) error) error // the bus, and again where that may help
	way         http.RoundTripper                                                     // to Smokeball; nil: the network
	news        message.Publisher                                                     // what CaseHug is told
	ledger      ledger
	views       *projections.Views
	client      *smokeball.Client
	secrets     *vault.Secrets
	connections *connect.Service
	reconciler  *connect.Reconciler
	health      *connect.Health
	intake      syncing.Intake
	requests    syncing.Requests
	inbound     inbound.Inbound
	deadLetters syncing.DeadLetters
	outbox      syncing.Outbox
	tidy        syncing.ObjectCleanup
	schedule    *syncing.Scheduler
	plans       syncing.Activities
	stalls      *syncing.Stalls
	refusals    *audit.Trail
	sessions    session.Sessions
	users       *casehug.Users                            // nil: nobody vouches for anyone
	oneTime     func(code string) (token string, ok bool) // nil: no such sign-in
	listener    net.Listener                              // nil: one on cfg.Listen
	limits      Limits
	token       string         // lets the operator's commands on this machine ask
	closers     []func() error // in the order of opening
	crashes     crashes        // nothing, but in the build for crash tests
}

// options are what an engine takes beside its settings.
type Options struct {
	Log *slog.Logger
	// Users vouches for CaseHug's users; nil: the key set that the settings name.
	Users *casehug.Users
	// OneTime trades a code for a token, once; nil: there is no such sign-in.
	OneTime func(code string) (token string, ok bool)
	// Listener is what the engine serves HTTP on, and closes; nil: it listens where the settings say.
	Listener net.Listener
	// Ledger wraps the ledger, for tests of faults; nil: it stays as it is.
	Ledger func(eventstore.Store) eventstore.Store
	Limits Limits
}

// limits bound what one message of the bus may cost. A zero value is the default.
type Limits struct {
	Event   int           // largest event that is taken in, in bytes
	Handler time.Duration // that a handler may take
	Grace   time.Duration // after that until the handler counts as hanging
}

func (l Limits) withDefaults() Limits {
	return Limits{Event: cmp.Or(l.Event, inbound.LargestEvent), Handler: cmp.Or(l.Handler, handlerTimeout), Grace: cmp.Or(l.Grace, handlerGrace)}
}

// openEngine opens what the configuration names and wires it. What was opened is
// closed again when a later part fails.
func Open(ctx context.Context, cfg config.Settings, o Options) (e *Engine, err error) {
	e = &Engine{cfg: cfg, log: o.Log, limits: o.Limits.withDefaults(), users: o.Users, oneTime: o.OneTime, listener: o.Listener, metrics: prometheus.NewRegistry()}
	e.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	for _, open := range []func(context.Context) error{e.openData, e.openLedgerFile, e.warnOfLooseFiles, e.openViews, e.openSpool,
		e.openBus, e.openLedgerStream, e.openCrashes, o.wrapLedger(e), e.openSmokeball, e.openHandlers} {
		if err := open(ctx); err != nil {
			return e, err
		}
	}
	return e, nil
}

// publishers is the address at which CaseHug's services connect to the bus.
func (e *Engine) Publishers() string { return e.bus.ClientURL() }

// rows are the engine's views.
func (e *Engine) Views() *projections.Views { return e.views }

func (o Options) wrapLedger(e *Engine) func(context.Context) error {
	return func(context.Context) error {
		if o.Ledger != nil {
			e.ledger = wrappedLedger{o.Ledger(e.ledger), e.ledger}
		}
		return nil
	}
}

// wrappedLedger is a ledger behind a Store that changes what it does.
type wrappedLedger struct {
	eventstore.Store
	ledger io.Closer
}

// Close closes the ledger.
func (l wrappedLedger) Close() error { return l.ledger.Close() }

func (e *Engine) onClose(f func() error) { e.closers = append(e.closers, f) }

// close closes what is open, the newest first.
func (e *Engine) Close() error {
	var err error
	for i := len(e.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, e.closers[i]())
	}
	e.closers = nil
	return err
}

func (e *Engine) spool() string { return filepath.Join(e.cfg.DataDir, "spool") }

// openData makes the data directory. The files that only one process may hold are
// opened next: an engine that finds another one there leaves before it touches more.
func (e *Engine) openData(context.Context) error {
	if err := os.MkdirAll(e.cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w; it needs a directory that the engine may write", e.cfg.DataDir, err)
	}
	return nil
}

// warnOfLooseFiles warns of files that others on the machine may read. They are used all the
// same: containers mount such files readable.
func (e *Engine) warnOfLooseFiles(context.Context) error {
	for _, f := range e.cfg.LooseFiles() {
		e.log.Warn("other users of this machine may read what only the engine should; remove their permissions: chmod go=", "setting", f.Setting, "path", f.Path, "mode", fmt.Sprintf("%04o", f.Mode))
	}
	return nil
}

// hasData requires an engine to have worked here before.
func (e *Engine) hasData(context.Context) error {
	if e.cfg.NATSURL != "" {
		return nil
	}
	if _, err := os.Stat(ledgerPath(e.cfg.DataDir)); err != nil {
		return noData(e.cfg.DataDir, err)
	}
	return nil
}

func noData(dir string, err error) error {
	return fmt.Errorf("ENGINE_DATA_DIR is %s: no engine runs on it and there is no ledger (%w); name the engine's data directory with --data-dir", dir, err)
}

// openSpool makes the spool and empties it of what a killed engine left.
func (e *Engine) openSpool(context.Context) error {
	if err := errors.Join(os.RemoveAll(e.spool()), os.MkdirAll(e.spool(), 0o700)); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: its spool can't be emptied: %w", e.cfg.DataDir, err)
	}
	return nil
}

// closeWithin is how long the bus may take to close.
const closeWithin = 5 * time.Second

func (e *Engine) openBus(ctx context.Context) error {
	b, err := bus.Open(ctx, bus.Config{URL: e.cfg.NATSURL, Listen: e.cfg.NATSListen, DataDir: e.cfg.DataDir, UsersFile: e.cfg.NATSUsersFile,
		TLSCert: e.cfg.NATSTLSCert, TLSKey: e.cfg.NATSTLSKey, Insecure: e.cfg.NATSInsecure,
		Creds: e.cfg.NATSCreds, CA: e.cfg.NATSCA, Replicas: e.cfg.Parsed.Replicas, Logger: e.log})
	if err != nil {
		return err
	}
	e.bus, e.buckets, e.ask = b, b.KeyValue, b.Ask
	if e.news, err = bus.NewPublisher(b.Conn(), bus.NewLogger(e.log)); err != nil {
		return errors.Join(err, b.Close(ctx))
	}
	e.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		return b.Close(ctx)
	})
	return nil
}

// openLedgerFile opens the ledger of one machine, a bbolt file.
func (e *Engine) openLedgerFile(context.Context) (err error) {
	if e.cfg.NATSURL != "" {
		return nil
	}
	if e.ledger, err = eventstore.OpenBolt(ledgerPath(e.cfg.DataDir), eventstore.BoltOptions{Log: e.log}); err != nil {
		return fmt.Errorf("ENGINE_DATA_DIR is %s: %w", e.cfg.DataDir, err)
	}
	e.onClose(e.ledger.Close)
	return nil
}

// openLedgerStream opens the ledger of a cluster, a JetStream stream.
func (e *Engine) openLedgerStream(ctx context.Context) (err error) {
	if e.cfg.NATSURL == "" {
		return nil
	}
	e.ledger, err = eventstore.OpenJetStream(ctx, e.bus.JetStream(), eventstore.JetStreamConfig{Replicas: e.cfg.Parsed.Replicas,
		MarkFile: filepath.Join(e.cfg.DataDir, "ledger.mark"), Log: e.log})
	if err != nil {
		return err
	}
	e.onClose(e.ledger.Close)
	return nil
}

func ledgerPath(dir string) string { return filepath.Join(dir, "ledger.db") }

func (e *Engine) openViews(context.Context) (err error) {
	if e.views, err = projections.Open(filepath.Join(e.cfg.DataDir, "views.db")); err != nil {
		return err
	}
	e.onClose(e.views.Close)
	return nil
}

// transport is the way to Smokeball; nil: the network.
func (e *Engine) transport() http.RoundTripper {
	if e.way != nil {
		return e.way
	}
	return e.crashes.transport()
}

// opens requires the master key file to be the one that the secrets were sealed with: with
// another one every firm would have to connect again.
func (e *Engine) opens(ctx context.Context, secrets *vault.Secrets) error {
	var lost []string
	err := e.ask(ctx, func(ctx context.Context) (err error) {
		lost, err = secrets.Lost(ctx)
		return err
	})
	if err != nil || len(lost) == 0 {
		return err
	}
	return fmt.Errorf("ENGINE_MASTER_KEY_FILE is %s: it does not open %d secrets that were sealed before; it needs the file that this data was sealed with, from your backup (if that is lost for good: smokeball-sync keys forget, and the firms connect again)",
		e.cfg.MasterKeyFile, len(lost))
}

// openSmokeball opens the vault and what is built on its secrets.
func (e *Engine) openSmokeball(ctx context.Context) error {
	secrets, err := e.openSecrets(ctx)
	e.secrets = secrets
	if err == nil {
		err = e.opens(ctx, secrets)
	}
	if err != nil {
		return err
	}
	e.health = connect.NewHealth(e.log)
	e.client, err = smokeball.New(smokeball.Config{Hosts: e.cfg.Parsed.Hosts, ClientID: e.cfg.ClientID, ClientSecret: e.cfg.ClientSecret,
		APIKey: e.cfg.APIKey, Rate: e.cfg.Parsed.Rate, Burst: e.cfg.Parsed.Burst, PrivateApps: e.cfg.Parsed.Private,
		Store: e.crashes.tokens(tokenStore{secrets}), Transport: e.transport(), Permit: lease.Sure, Trouble: e.troubled, Registerer: e.metrics, Log: e.log})
	if err != nil {
		return err
	}
	e.onClose(func() error { e.client.Close(); return nil })
	e.connections = connect.New(connect.Config{Ledger: e.ledger, Secrets: secrets, Names: secrets, Vault: secrets.Vault, Views: rows{e.views}, Region: e.cfg.Region, PublicURL: e.cfg.PublicURL,
		Consent: e.consent(), Try: e.consent().try, Subscriptions: subscriptions{e.client}, Accounts: e.client, Types: e.client,
		WebhookTypes: smokeball.WebhookTypes(), Issuer: cmp.Or(e.cfg.Issuer, e.cfg.Parsed.Hosts.Auth),
		Authorization: e.cfg.Parsed.Authorization, SharedAccounts: e.cfg.SharedAccounts, Now: time.Now, Log: e.log})
	e.reconciler = &connect.Reconciler{Service: e.connections, Log: e.log}
	e.health.Service = e.connections
	return nil
}

func (e *Engine) consent() consent { return consent{e.client, e.cfg.PublicURL + callbackPath} }

// trySmokeball tells operators at the start what of the settings does not fit Smokeball, as
// far as that can be asked at no cost; the engine goes on all the same.
func (e *Engine) trySmokeball(ctx context.Context) error {
	tell := func(what string, f domain.FirmID, err error) {
		if err != nil && ctx.Err() == nil {
			connect.Report(e.log, what+"; the engine goes on", f, err)
		}
	}
	tell("Smokeball’s sign-in does not take the app’s credentials", "", e.client.OAuth().TryCredentials(ctx))
	tell("Smokeball’s sign-in would not ask firms for their consent", "", e.consent().try(ctx, ""))
	for f, err := range e.client.TryOwn(ctx) {
		tell("Smokeball’s sign-in does not take the credentials of a firm’s own app", f, err)
	}
	tell("Nobody answers at the host of Smokeball’s API", "", e.client.TryHost(ctx))
	return nil
}

// troubled passes on whether Smokeball serves a firm.
func (e *Engine) troubled(t smokeball.Trouble) { e.health.Tell(t.Firm, t.Since, t.Failure) }

const callbackPath = "/oauth/smokeball/callback"

// active is how many syncs are at work at once. Smokeball's allowance is the narrow
// place; most of these wait for their turn or for a confirmation.
const active = 24

// grace is how long calls to Smokeball that are under way may go on after a stop.
const grace = 6 * time.Second

func (e *Engine) openHandlers(ctx context.Context) error {
	e.intake = syncing.Intake{Ledger: e.ledger, Now: time.Now}
	e.requests = syncing.Requests{Intake: e.intake, NewID: randomID, Views: e.views}
	e.refusals = &audit.Trail{Ledger: e.ledger, Now: time.Now, Log: e.log}
	notifier, calls := &syncing.Notifier{}, &syncing.Calls{}
	e.inbound = e.newInbound(syncing.Notices{Ledger: e.ledger, Now: time.Now, Routes: e.views, Notify: notifier.Notify})
	e.deadLetters = syncing.DeadLetters{Ledger: e.ledger, Now: time.Now, TakeIn: e.takeInAgain, Fetch: e.fetch}
	e.schedule = &syncing.Scheduler{Ledger: e.ledger, Views: e.views, Now: time.Now, Log: e.log, Active: active, Grace: grace,
		Handler: &syncing.Handler{Ledger: e.ledger, Smokeball: e.client, Documents: e.documents(), Views: e.views, Keys: e.secrets.Vault,
			Waits: e.cfg.Parsed.Waits, Retypes: e.cfg.Retypes, Now: time.Now, Log: e.log, Spool: e.spool(), Notifier: notifier, Calls: calls, Contacts: &keyed.Mutex[domain.Stream]{}, Fetches: syncing.NewFetches(), Priority: priority, Confirming: smokeball.ToConfirm}}
	e.stalls = &syncing.Stalls{Views: e.views, Calls: calls, Now: time.Now, Log: e.log}
	e.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "smokeball_sync_stalled",
		Help: "Running syncs without an event or a call for a minute."}, func() float64 { return float64(e.stalls.All()) }))
	e.plans = syncing.Activities{Ledger: e.ledger, Views: e.views, Smokeball: e.client, Attempt: unhurried, Now: time.Now, Log: e.log}
	kv, err := e.buckets(ctx, bus.State)
	if err != nil {
		return fmt.Errorf("open the bucket of checkpoints: %w", err)
	}
	e.outbox = syncing.Outbox{Ledger: e.ledger, Checkpoint: e.crashes.checkpoint(&checkpoint{kv, publishedKey}), Entry: e.entry, Connection: e.connectionStatus, Publish: e.publish,
		SetAside: e.setAside(kv), Stuck: &syncing.Stuck{}}
	e.tidy = e.newTidy(kv)
	if err := e.openSessions(ctx); err != nil {
		return err
	}
	if e.users == nil && e.cfg.JWKSURL != "" {
		if e.users, err = casehug.NewUsers(e.cfg.JWKSURL, e.cfg.JWTIssuer, e.cfg.JWTAudience); err != nil {
			return err
		}
	}
	e.token = randomID() + randomID()
	return nil
}

func (e *Engine) openSessions(ctx context.Context) error {
	kv, err := e.buckets(ctx, bus.Sessions)
	if err != nil {
		return fmt.Errorf("open the bucket of sessions: %w", err)
	}
	e.sessions = session.Sessions{Secrets: vault.NewSecrets(e.secrets.Vault, kv), Now: time.Now}
	return nil
}

// notary signs the ledger with the master keyset.
func (e *Engine) notary() eventstore.Notary {
	return eventstore.Notary{Ledger: e.ledger, Key: e.secrets.Vault, Now: time.Now, Log: e.log}
}
