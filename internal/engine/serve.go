package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/net/netutil"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// serve runs all parts until ctx ends or one can't go on, then stops them in an order
// that loses nothing: first what takes in, then what acts, then what folds.
func (e *Engine) Serve(ctx context.Context, ready func()) (err error) {
	defer func() { err = errors.Join(err, e.Close()) }()
	listener, err := e.listen()
	if err != nil {
		return err
	}
	parts, up, err := e.start(listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err = parts.wait(ctx, up); err == nil && ctx.Err() == nil {
		e.announce(listener.Addr().String())
		ready()
		err = parts.wait(ctx, nil)
	}
	e.log.Info("stopping")
	parts.stop()
	return err
}

func (e *Engine) listen() (net.Listener, error) {
	if e.listener != nil {
		return e.listener, nil
	}
	l, err := net.Listen("tcp", e.cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_LISTEN is %s: %w; it needs an address that is free on this machine", e.cfg.Listen, err)
	}
	return l, nil
}

// announce logs that the engine works, where, and what its settings prevent.
func (e *Engine) announce(address string) {
	if err := e.leaveAddress(address); err != nil {
		e.log.Warn("the operator's commands won't find this engine", "err", err)
	}
	e.log.Info("ready", "listen", address, "publishers", e.msg.bus.ClientURL(), "console", e.cfg.PublicURL, "version", Version())
	if wait := e.cfg.Parsed.Waits.Visible; e.cfg.NATSURL != "" && wait <= bus.LeaseLifetime {
		e.log.Warn("ENGINE_VISIBILITY_WAIT is not longer than a lease lives without its engine: after a takeover something may be made twice; it needs more than that", "holds", wait, "lease", bus.LeaseLifetime)
	}
	if e.signIn.users == nil {
		e.log.Warn("every API call is refused: ENGINE_JWKS_URL is empty; it needs the address of CaseHug's key set")
	}
}

// start brings the parts up in the order in which they need each other. up is closed
// when events are being taken in.
func (e *Engine) start(listener net.Listener) (p *parts, up <-chan struct{}, err error) {
	router, err := e.newRouter()
	if err != nil {
		return nil, nil, err
	}
	stopping, endStreams := context.WithCancel(context.Background())
	handler, err := e.handler(stopping)
	if err != nil {
		endStreams()
		return nil, nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, MaxHeaderBytes: 64 << 10, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(e.log.Handler(), slog.LevelDebug)}
	server.RegisterOnShutdown(endStreams)
	p = newParts(e.log)
	e.work(p)
	p.once("router", router.Run)
	p.once("http", func(ctx context.Context) error {
		return serveHTTP(ctx, server, netutil.LimitListener(listener, mostConnections))
	})
	return p, router.Running(), nil
}

// work starts what goes on by itself from the ledger's facts.
func (e *Engine) work(p *parts) {
	l := e.leases()
	if views := e.store.views.Rebuilding(); len(views) > 0 {
		e.log.Info("views of a new version are rebuilt; rows of the older one answer until then", "views", views)
	}
	p.keep("views", folds, func(ctx context.Context) error { return e.store.views.Run(ctx, e.store.ledger) })
	p.keep("stalls", folds, e.jobs.stalls.Run)
	p.keep("outbox", folds, tellingAndErasing(e, l))
	p.keep("calls", acts, afterRestore(e.store.restored, e.cfg.Parsed.Waits.Visible, e.log, l.leading(e.allowance, e.jobs.schedule.Run, e.jobs.bulk.Run, e.jobs.plans.Run, e.jobs.followers.Run, e.jobs.settler.Run, e.reader().Run, e.sweeper().Run, e.checks().Run, e.smokeball.reconciler.Run, e.jobs.retention.Run, e.jobs.remover.Run, e.jobs.notary.Run, e.jobs.tidy.Run)))
	switch {
	case e.store.shared != nil:
		p.keep("erased views", folds, newRefolding(e).Run)
	case e.store.keys != nil:
		p.keep("erasures", acts, e.erasureRunner(e.store.views.Refold).Run)
	}
	if e.listFile != nil {
		p.keep("list of erasures", folds, func(ctx context.Context) error { return keepErasures(ctx, e) })
	}
	p.keep("backups", acts, e.backups.Run)
	p.keep("renewals", folds, renewerOf(e).Run)
	p.keep("gaps", folds, e.gaps().Run)
	p.keep("refusals", folds, e.jobs.refusals.Run)
	p.keep("health", folds, func(ctx context.Context) error {
		return together(ctx, []func(context.Context) error{e.smokeball.health.Run, e.smokeball.try})
	})
}

// allowance is the lease of the app's allowance.
func (e *Engine) allowance() (string, error) {
	app, err := e.smokeball.secrets.Vault.Name("allowance " + e.cfg.ClientID)
	return "allowance." + app, err
}

// mostConnections is how many HTTP connections are served at once; more wait in the kernel.
const mostConnections = 4096

// stopHTTP is how long requests that are under way get when the engine stops.
const stopHTTP = 3 * time.Second

func serveHTTP(ctx context.Context, server *http.Server, listener net.Listener) error {
	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		ctx, cancel := context.WithTimeout(context.Background(), stopHTTP)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // what is left hangs on its client
		}
	})
	err := server.Serve(listener)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	<-drained // requests that are under way still use the rest of the engine
	return nil
}

// parts run side by side. Those that take in and act are stopped together, then those
// that fold what they did, the last one first.
type parts struct {
	log    *slog.Logger
	list   []part
	broken chan error
}

type part struct {
	acts bool // takes in or acts
	stop context.CancelFunc
	done chan struct{}
}

// The kinds of parts.
const (
	acts  = true
	folds = false
)

func newParts(log *slog.Logger) *parts { return &parts{log: log, broken: make(chan error, 1)} }

// once runs a part that must not end before it is stopped.
func (p *parts) once(name string, run func(context.Context) error) {
	p.add(acts, func(ctx context.Context) {
		err := run(ctx)
		if ctx.Err() == nil || err != nil {
			select {
			case p.broken <- fmt.Errorf("%s ended: %w", name, orEnded(err)):
			default: // another part told first
			}
		}
	})
}

// restarts is how long the engine waits before it restarts a part that failed.
var restarts = retry.Backoff{First: time.Second, Limit: time.Minute}

// keep runs a part that is begun again when it fails: its state is on disk, and what
// failed it (the disk, the bus) may recover.
func (p *parts) keep(name string, kind bool, run func(context.Context) error) {
	p.add(kind, func(ctx context.Context) {
		pause := time.Duration(0)
		for ctx.Err() == nil {
			began := time.Now()
			err := run(ctx)
			if time.Since(began) > restarts.Limit {
				pause = 0 // it ran well for a while
			}
			pause = restarts.Next(pause)
			if err != nil && ctx.Err() == nil {
				p.log.Error("a part failed; it is begun again", "part", name, "in", pause, "err", err)
			}
			if retry.Wait(ctx, retry.Jitter(pause)) != nil {
				return
			}
		}
	})
}

func (p *parts) add(kind bool, run func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	p.list = append(p.list, part{kind, cancel, done})
	go func() { defer close(done); run(ctx) }()
}

var errEnded = errors.New("without being stopped")

func orEnded(err error) error {
	if err == nil {
		return errEnded
	}
	return err
}

// wait returns when ctx ends or up is closed, or with the error of a part that ended by
// itself.
func (p *parts) wait(ctx context.Context, up <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return nil
	case <-up:
		return nil
	case err := <-p.broken:
		return err
	}
}

// stop ends the parts: at once those that take in and act, then the others.
func (p *parts) stop() {
	for _, part := range p.list {
		if part.acts {
			part.stop()
		}
	}
	for _, part := range slices.Backward(p.list) {
		part.stop()
		<-part.done
	}
}
