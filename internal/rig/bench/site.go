package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// firm is the firm that the rows measure, and account its account in Smokeball.
const (
	firm    domain.FirmID = "f_oak"
	account string        = "0a4c0000-0000-4000-8000-000000000001"
	app     string        = "bench"
)

// site is an engine in this process, a Smokeball and CaseHug's services.
type site struct {
	cfg       config.Settings
	engine    *engine.Engine // nil: it is a process of its own
	process   *child         // of the engine; nil: it is in this one
	smokeball *smokeballsim.Server
	vendor    string // Smokeball's address
	issuer    *casehug.Issuer
	admin     string // a firm admin's token
	hooks     *tap
	services  *services
	way       *http.Client
	stop      func() error
}

// conditions are what a site is opened under.
type conditions struct {
	rate      string // calls a second
	burst     string
	connected bool
	apart     bool                   // the engine is a process of its own, so that its memory can be measured
	accounts  []smokeballsim.Account // firms in Smokeball; none: the one that the rows measure
	visible   string                 // the engine's setting; "": the default
	late      bool                   // Smokeball shows what it accepted after 300 ms to 1.5 s, as integrators meet it; else at once
}

// unlimited are conditions in which only the engine takes time.
var unlimited = conditions{rate: "1000", burst: "1000", connected: true}

// openSite starts everything and connects the firm.
func (l *lab) openSite(ctx context.Context, c conditions) (s *site, err error) {
	return l.openSiteWith(ctx, c, history{})
}

// openSiteWith starts an engine with a past, and waits until its views have all of it.
func (l *lab) openSiteWith(ctx context.Context, c conditions, past history) (s *site, err error) {
	s = &site{hooks: newTap(), way: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}, stop: func() error { return nil }}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	visible := smokeballsim.Delay{Max: 1}
	if c.late {
		visible = smokeballsim.Delay{}
	}
	accounts := c.accounts
	if len(accounts) == 0 {
		accounts = []smokeballsim.Account{{ID: account, Name: "Oak LLP"}}
	}
	s.smokeball = smokeballsim.New(smokeballsim.Config{ClientID: app, ClientSecret: app, APIKey: app, AutoConsent: account, Rate: -1, Seed: 1, VisibleAfter: visible,
		HTTP: &http.Client{Transport: s.hooks}, Accounts: accounts})
	at, err := s.smokeball.Start("127.0.0.1:0")
	if err != nil {
		return s, err
	}
	s.vendor = "http://" + strings.TrimPrefix(at, "http://")
	dir := l.folder()
	if err := past.write(ctx, filepath.Join(dir, "data")); err != nil {
		return s, err
	}
	publishers, err := s.openEngine(ctx, dir, c)
	if err != nil {
		return s, err
	}
	if s.services, err = connectServices(ctx, publishers); err != nil {
		return s, err
	}
	if err := s.catchUp(ctx, past); err != nil {
		return s, err
	}
	if c.connected {
		err = s.connect(ctx)
	}
	return s, err
}

// openEngine starts an engine and returns where it takes publishers when it takes work.
func (s *site) openEngine(ctx context.Context, dir string, c conditions) (publishers string, err error) {
	if s.issuer, err = casehug.NewIssuer(issuerName, audience); err != nil {
		return "", err
	}
	if s.admin, err = s.adminOf(firm); err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.cfg = settings(dir, listener.Addr().String(), s.vendor, c)
	if c.apart {
		return s.startApart(listener)
	}
	if err := s.cfg.Check(); err != nil {
		return "", errors.Join(err, listener.Close())
	}
	if s.engine, err = engine.Open(ctx, s.cfg, engine.Options{Log: quiet(), Users: s.issuer.Users(), Listener: listener}); err != nil {
		return "", errors.Join(err, listener.Close())
	}
	return s.engine.Publishers(), s.serve(ctx)
}

// What the engine is told of CaseHug's sign-in.
const (
	issuerName = "https://login.casehug.example"
	audience   = "smokeball-sync"
)

// adminOf is the token of an admin of a firm.
func (s *site) adminOf(f domain.FirmID) (string, error) {
	return s.issuer.Sign(domain.User{Subject: "u_admin", Firm: f, Role: domain.FirmAdmin, Name: "Ada Oak", Expires: time.Now().Add(2 * time.Hour)})
}

// startApart starts the engine as a process, which listens where listener does.
func (s *site) startApart(listener net.Listener) (publishers string, err error) {
	keys := httptest.NewServer(s.issuer)
	s.cfg.JWKSURL, s.cfg.JWTIssuer, s.cfg.JWTAudience = keys.URL, issuerName, audience
	if err := listener.Close(); err != nil { // the port stays free for a moment: nobody else asks for it
		return "", err
	}
	s.process, err = startChild(task{Settings: s.cfg})
	if err != nil {
		keys.Close()
		return "", err
	}
	s.stop = sync.OnceValue(func() error { defer keys.Close(); return s.process.stop() })
	return s.process.started.Publishers, nil
}

// quiet logs what an operator has to see.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

// serve runs the engine until stop.
func (s *site) serve(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.engine.Serve(work, func() { close(ready) }) }()
	s.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	select {
	case <-ready:
		return nil
	case err := <-ended:
		ended <- nil
		return errors.Join(errors.New("the engine does not start"), err)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// settings are those of an engine that a row measures.
func settings(dir, listen, vendor string, c conditions) config.Settings {
	return config.Settings{DataDir: filepath.Join(dir, "data"), Listen: listen, PublicURL: "http://" + listen, NATSListen: "127.0.0.1:0", Replicas: "1",
		ClientID: app, ClientSecret: app, APIKey: app, Region: "us", Environment: "production", APIURL: vendor, AuthURL: vendor, Rate: c.rate, Burst: c.burst,
		Authorization: "720h", Visible: cmp.Or(c.visible, "30s"), Confirm: "3m", GiveUp: "24h", Sweep: "10m", LogLevel: "error"}
}

// catchUp waits until the views have the whole past.
func (s *site) catchUp(ctx context.Context, past history) error {
	if past.events == 0 {
		return nil
	}
	last := past.matters() * past.perMatter()
	if s.engine != nil {
		return s.engine.Views().Wait(ctx, uint64(last))
	}
	for { // an answer waits for a while by itself
		err := s.call(ctx, http.MethodGet, fmt.Sprintf("/connection?min_position=%d", last), nil, nil)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		if err := retry.Wait(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *site) close() error {
	if s.services != nil {
		s.services.close()
	}
	err := s.stop()
	if s.smokeball != nil {
		err = errors.Join(err, s.smokeball.Close())
	}
	s.way.CloseIdleConnections()
	return err
}

// choose sets the firm's settings.
func (s *site) choose(ctx context.Context, v domain.Settings) error {
	return s.call(ctx, http.MethodPut, "/settings", v, nil)
}

// until waits until the views show what is wanted.
func (s *site) until(ctx context.Context, what string, shown func() (bool, error)) error {
	views := s.engine.Views()
	for {
		_, moved := views.Changes()
		if ok, err := shown(); ok || err != nil {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain until %s: %w", what, context.Cause(ctx))
		}
	}
}
