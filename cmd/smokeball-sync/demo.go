package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/smokeballsim"
)

// demoCmd runs the whole story on this machine.
type demoCmd struct {
	Once    bool   `name:"once" help:"End when the practice is synced, with a table of what happened."`
	Fresh   bool   `name:"fresh" help:"Forget an earlier demo first."`
	DataDir string `name:"data-dir" default:"./data/demo" help:"What the demo keeps; started again after a kill, it goes on."`
	Listen  string `name:"listen" help:"HTTP address of the engine; by default 127.0.0.1:8080, or a free port." placeholder:"HOST:PORT"`
	Verbose bool   `name:"verbose" short:"v" help:"Show the engine's log."`
}

// demoTime is the longest that demo --once waits for the practice to be synced.
const demoTime = 3 * time.Minute

// Run plays the story.
func (c *demoCmd) Run(t *terminal) error {
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	d, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	var engine sync.WaitGroup
	var served error
	ready := make(chan struct{})
	engine.Go(func() { served = d.engine.serve(ctx, func(string) { close(ready) }); stop() })
	told := d.play(ctx, ready, c.Once)
	if told == nil && !c.Once && ctx.Err() == nil {
		d.invite()
		<-ctx.Done()
	}
	interrupted := t.ctx.Err() != nil
	stop()
	engine.Wait()
	if interrupted && !c.Once && errors.Is(told, context.Canceled) {
		told = nil
	}
	return errors.Join(told, served, d.smokeball.Close())
}

// demo is the cast: the engine, a simulated Smokeball, and CaseHug's services.
type demo struct {
	out       io.Writer
	engine    *engine
	smokeball *smokeballsim.Server
	issuer    *casehug.Issuer
	again     bool // an earlier demo is gone on with
	code      string
}

// stage is what a demo that goes on has to find where it left it.
type stage struct {
	Listen    string `json:"listen"`
	Smokeball string `json:"smokeball"`
}

func (c *demoCmd) open(ctx context.Context, t *terminal) (*demo, error) {
	if c.Fresh {
		if err := os.RemoveAll(c.DataDir); err != nil {
			return nil, fmt.Errorf("forget the earlier demo: %w", err)
		}
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("--data-dir is %s: %w", c.DataDir, err)
	}
	s, again, err := c.stage()
	if err != nil {
		return nil, err
	}
	d := &demo{out: t.out, again: again, code: randomID()}
	if d.smokeball, err = smokeballsim.Open(simulated(filepath.Join(c.DataDir, "smokeball.json"), s.Smokeball)); err != nil {
		return nil, err
	}
	if _, err := d.smokeball.Start(s.Smokeball); err != nil {
		return nil, errors.Join(fmt.Errorf("start the simulated Smokeball: %w; is a demo running already?", err), d.smokeball.Close())
	}
	if err := d.openEngine(ctx, c.config(s), c.logTo(t)); err != nil {
		return nil, errors.Join(err, d.smokeball.Close())
	}
	return d, nil
}

// stage chooses the addresses, once for all runs on the same data.
func (c *demoCmd) stage() (s stage, again bool, err error) {
	path := filepath.Join(c.DataDir, "demo.json")
	if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &s) == nil {
		if c.Listen != "" {
			s.Listen = c.Listen
		}
		return s, true, nil
	}
	if s.Listen = c.Listen; s.Listen == "" {
		s.Listen, err = free("127.0.0.1:8080")
	}
	if err == nil {
		s.Smokeball, err = free("127.0.0.1:8090")
	}
	if err != nil {
		return s, false, fmt.Errorf("find a free port: %w", err)
	}
	data, err := json.Marshal(s)
	if err != nil {
		return s, false, err
	}
	return s, false, os.WriteFile(path, data, 0o600)
}

// free is the address, or one on another port where it is taken.
func free(address string) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return "", err
		}
	}
	return l.Addr().String(), l.Close()
}

func simulated(file, address string) smokeballsim.Config {
	return smokeballsim.Config{ClientID: demoApp, ClientSecret: demoApp, APIKey: demoApp, AutoConsent: demoAccount, URL: "http://" + address, StateFile: file,
		Accounts: []smokeballsim.Account{{ID: demoAccount, Name: "Hartwell & Osei LLP", Location: "IL"}}}
}

// demoApp stands for each of the app's credentials, demoAccount for the firm's
// account, and demoFirm for the firm in CaseHug.
const (
	demoApp                   = "demo"
	demoAccount               = "0d2f5c1e-54c1-4a8e-9c55-7b1f6f6d3a10"
	demoFirm    domain.FirmID = "f_hartwell"
)

func (c *demoCmd) config(s stage) config {
	return config{DataDir: filepath.Join(c.DataDir, "engine"), Listen: s.Listen, PublicURL: "http://" + s.Listen, NATSListen: "127.0.0.1:0", Replicas: "1",
		ClientID: demoApp, ClientSecret: demoApp, APIKey: demoApp, Region: "us", Environment: "production",
		APIURL: "http://" + s.Smokeball, AuthURL: "http://" + s.Smokeball, Rate: "5", Burst: "5",
		Authorization: "720h", Visible: "5s", Confirm: "1m", GiveUp: "1h", LogLevel: "info"}
}

func (c *demoCmd) logTo(t *terminal) *slog.Logger {
	if c.Verbose {
		return slog.New(slog.NewTextHandler(t.err, nil))
	}
	return slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelError}))
}

func (d *demo) openEngine(ctx context.Context, cfg config, log *slog.Logger) (err error) {
	if err := cfg.check(); err != nil {
		return err
	}
	if d.issuer, err = casehug.NewIssuer("https://casehug.example", "smokeball-sync"); err != nil {
		return err
	}
	if d.engine, err = openEngine(ctx, cfg, log); err != nil {
		return err
	}
	d.engine.users = d.issuer.Users()
	d.engine.oneTime = d.signInOnce()
	return nil
}

// admin is the firm admin who plays the story.
func (d *demo) admin() domain.User {
	return domain.User{Subject: "u_osei", Firm: demoFirm, Role: domain.FirmAdmin, Name: "Folasade Osei", Email: "folasade@hartwell.example",
		Expires: time.Now().Add(12 * time.Hour)}
}

// signInOnce trades the printed code for the admin's token, one time.
func (d *demo) signInOnce() func(string) (string, bool) {
	var once sync.Mutex
	used := false
	return func(code string) (string, bool) {
		once.Lock()
		defer once.Unlock()
		if used || code != d.code {
			return "", false
		}
		token, err := d.issuer.Sign(d.admin())
		used = err == nil
		return token, used
	}
}

// invite tells how to look around.
func (d *demo) invite() {
	fmt.Fprintf(d.out, "\nConsole:   %s/session/demo/%s  (signs you in once, as firm admin)\nSmokeball: %s\nPublish:   %s  (NATS; subjects casehug.%s.…)\nCtrl-C ends the demo; started again it goes on.\n",
		d.engine.cfg.PublicURL, d.code, d.engine.cfg.APIURL, d.engine.bus.ClientURL(), demoFirm)
}
