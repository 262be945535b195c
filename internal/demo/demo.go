package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// Options say how the demo runs.
type Options struct {
	Once        bool   // end when the practice is synced, with a table of what happened
	Fresh       bool   // forget an earlier demo first
	Unconnected bool   // leave the connection to the user
	DataDir     string // the demo's data; started again with the same directory, it continues
	Listen      string // HTTP address of the engine; "": 127.0.0.1:8080, or a free port
	Log         *slog.Logger
}

// demoTime is the timeout of a demo with Once.
const demoTime = 3 * time.Minute

// Run plays the story and prints it to out.
func Run(parent context.Context, o Options, out io.Writer) error {
	ctx, stop := context.WithCancel(parent)
	defer stop()
	d, err := o.open(ctx, out)
	if err != nil {
		return err
	}
	var engine sync.WaitGroup
	var served error
	ready := make(chan struct{})
	engine.Go(func() { served = d.engine.Serve(ctx, func() { close(ready) }); stop() })
	told := d.play(ctx, ready, o)
	if told == nil && !o.Once && ctx.Err() == nil {
		d.invite(o)
		<-ctx.Done()
	}
	interrupted := parent.Err() != nil
	stop()
	engine.Wait()
	if interrupted && !o.Once && errors.Is(told, context.Canceled) {
		told = nil
	}
	return errors.Join(told, served, d.smokeball.Close())
}

// demo runs the engine, a simulated Smokeball and CaseHug's services.
type demo struct {
	out       io.Writer
	cfg       config.Settings
	engine    *engine.Engine
	smokeball *smokeballsim.Server
	issuer    *casehug.Issuer
	again     bool // it continues an earlier demo
	began     time.Time
	links     links
}

// stage holds what a continued demo has to use again.
type stage struct {
	Listen    string    `json:"listen"`
	Smokeball string    `json:"smokeball"`
	Began     time.Time `json:"began"`
}

func (o Options) open(ctx context.Context, out io.Writer) (*demo, error) {
	if o.Fresh {
		if err := os.RemoveAll(o.DataDir); err != nil {
			return nil, fmt.Errorf("forget the earlier demo: %w", err)
		}
	}
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("--data-dir is %s: %w", o.DataDir, err)
	}
	s, again, err := o.stage()
	if err != nil {
		return nil, err
	}
	d := &demo{out: out, again: again}
	if d.smokeball, err = smokeballsim.Open(o.simulated()); err != nil {
		return nil, err
	}
	if err := d.openStage(ctx, o, s); err != nil {
		return nil, errors.Join(err, d.smokeball.Close())
	}
	return d, nil
}

// The addresses of a demo where they are free.
const (
	usualListen     = "127.0.0.1:8080"
	usualSmokeball  = "127.0.0.1:8090"
	usualPublishers = "127.0.0.1:4222"
	anyPort         = "127.0.0.1:0"
)

// publishers is where the bus takes publishers: at the usual address if it is free. Of the demos on
// one machine only the one with the usual HTTP address tries it, so that two never try at once.
func (s stage) publishers() string {
	if s.Listen != usualListen {
		return anyPort
	}
	l, err := net.Listen("tcp", usualPublishers)
	if err != nil || l.Close() != nil {
		return anyPort
	}
	return usualPublishers
}

// openStage starts Smokeball and the engine. It listens before it stores the addresses, so that
// demos that start at the same time do not choose the same ones.
func (d *demo) openStage(ctx context.Context, o Options, s stage) (err error) {
	if s.Smokeball, err = d.startSmokeball(s.Smokeball); err != nil {
		return fmt.Errorf("start the simulated Smokeball: %w; is a demo running already?", err)
	}
	l, err := listen(s.Listen, !d.again && o.Listen == "")
	if err != nil {
		return fmt.Errorf("listen on %s: %w; is a demo running already?", s.Listen, err)
	}
	s.Listen, d.began = l.Addr().String(), s.Began
	if err := o.note(s); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := d.openEngine(ctx, o.config(s), o.Log, l); err != nil {
		return errors.Join(err, l.Close())
	}
	return nil
}

// startSmokeball starts the simulated Smokeball at the address. If the port is taken and the demo
// does not depend on it, it chooses another one.
func (d *demo) startSmokeball(address string) (string, error) {
	at, err := d.smokeball.Start(address)
	if err != nil && !d.again {
		at, err = d.smokeball.Start(anyPort)
	}
	return strings.TrimPrefix(at, "http://"), err
}

func listen(address string, orElsewhere bool) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil && orElsewhere {
		return net.Listen("tcp", anyPort)
	}
	return l, err
}

// stage returns the addresses of an earlier demo on the same data, or the defaults of a first one.
func (o Options) stage() (s stage, again bool, err error) {
	data, err := os.ReadFile(o.stageFile())
	now := time.Now().UTC().Truncate(time.Second)
	if err == nil && json.Unmarshal(data, &s) == nil {
		s.Listen = cmp.Or(o.Listen, s.Listen)
		if s.Began.IsZero() { // a demo of an earlier version began
			s.Began = now
		}
		return s, true, nil
	}
	return stage{Listen: cmp.Or(o.Listen, usualListen), Smokeball: usualSmokeball, Began: now}, false, nil
}

func (o Options) stageFile() string { return filepath.Join(o.DataDir, "demo.json") }

func (o Options) note(s stage) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(o.stageFile(), data, 0o600)
}

// simulated is the demo's Smokeball. A user who connects in the browser sees its consent page.
func (o Options) simulated() smokeballsim.Config {
	c := smokeballsim.Config{ClientID: demoApp, ClientSecret: demoApp, APIKey: demoApp, AutoConsent: demoAccount, StateFile: filepath.Join(o.DataDir, "smokeball.json"),
		Accounts: []smokeballsim.Account{{ID: demoAccount, Name: "Hartwell & Osei LLP", Location: "IL"}}}
	if o.Unconnected {
		c.AutoConsent = ""
	}
	return c
}

// demoApp is each of the app's credentials, demoAccount the firm's account, and demoFirm the firm
// in CaseHug.
const (
	demoApp                   = "demo"
	demoAccount               = "0d2f5c1e-54c1-4a8e-9c55-7b1f6f6d3a10"
	demoFirm    domain.FirmID = "f_hartwell"
)

func (o Options) config(s stage) config.Settings {
	return config.Settings{DataDir: filepath.Join(o.DataDir, "engine"), Listen: s.Listen, PublicURL: "http://" + s.Listen, NATSListen: s.publishers(), Replicas: "1",
		ClientID: demoApp, ClientSecret: demoApp, APIKey: demoApp, Region: "us", Environment: "production",
		APIURL: "http://" + s.Smokeball, AuthURL: "http://" + s.Smokeball, Rate: "5", Burst: "5",
		Authorization: "720h", Visible: "5s", Confirm: "1m", GiveUp: "1h", Sweep: "1m", LogLevel: "info"}
}

func (d *demo) openEngine(ctx context.Context, cfg config.Settings, log *slog.Logger, l net.Listener) (err error) {
	if err := cfg.Check(); err != nil {
		return err
	}
	if d.issuer, err = casehug.NewIssuer("https://casehug.example", demoAudience); err != nil {
		return err
	}
	d.cfg = cfg
	d.links = newLinks(d.issuer)
	d.engine, err = engine.Open(ctx, cfg, engine.Options{Log: log, Users: d.issuer.Users(), Codes: d.links.token, Listener: l})
	return err
}
