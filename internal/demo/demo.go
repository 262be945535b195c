package demo

import (
	"cmp"
	"context"
	"crypto/rand"
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

// demoOptions say how the demo runs.
type Options struct {
	Once    bool   // end when the practice is synced, with a table of what happened
	Fresh   bool   // forget an earlier demo first
	DataDir string // of the demo; started again on the same one, it goes on
	Listen  string // HTTP address of the engine; "": 127.0.0.1:8080, or a free port
	Log     *slog.Logger
}

// demoTime is the longest that a demo with Once waits for the practice to be synced.
const demoTime = 3 * time.Minute

// runDemo plays the story and tells it to out.
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
	told := d.play(ctx, ready, o.Once)
	if told == nil && !o.Once && ctx.Err() == nil {
		d.invite()
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

// demo is the cast: the engine, a simulated Smokeball, and CaseHug's services.
type demo struct {
	out       io.Writer
	cfg       config.Settings
	engine    *engine.Engine
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
	d := &demo{out: out, again: again, code: rand.Text()}
	if d.smokeball, err = smokeballsim.Open(simulated(filepath.Join(o.DataDir, "smokeball.json"))); err != nil {
		return nil, err
	}
	if err := d.openStage(ctx, o, s); err != nil {
		return nil, errors.Join(err, d.smokeball.Close())
	}
	return d, nil
}

// openStage starts Smokeball and the engine. It listens before it notes the addresses, so that
// demos that start at the same time do not choose the same.
func (d *demo) openStage(ctx context.Context, o Options, s stage) (err error) {
	if s.Smokeball, err = d.startSmokeball(s.Smokeball); err != nil {
		return fmt.Errorf("start the simulated Smokeball: %w; is a demo running already?", err)
	}
	l, err := listen(s.Listen, !d.again && o.Listen == "")
	if err != nil {
		return fmt.Errorf("listen on %s: %w; is a demo running already?", s.Listen, err)
	}
	s.Listen = l.Addr().String()
	if err := o.note(s); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := d.openEngine(ctx, o.config(s), o.Log, l); err != nil {
		return errors.Join(err, l.Close())
	}
	return nil
}

// startSmokeball starts it at the address, or on another port if that is taken and nothing
// holds the demo to it.
func (d *demo) startSmokeball(address string) (string, error) {
	at, err := d.smokeball.Start(address)
	if err != nil && !d.again {
		at, err = d.smokeball.Start(anyPort)
	}
	return strings.TrimPrefix(at, "http://"), err
}

const anyPort = "127.0.0.1:0"

func listen(address string, orElsewhere bool) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil && orElsewhere {
		return net.Listen("tcp", anyPort)
	}
	return l, err
}

// stage is where an earlier demo on the same data was, or where a first one would like to be.
func (o Options) stage() (s stage, again bool, err error) {
	data, err := os.ReadFile(o.stageFile())
	if err == nil && json.Unmarshal(data, &s) == nil {
		s.Listen = cmp.Or(o.Listen, s.Listen)
		return s, true, nil
	}
	return stage{Listen: cmp.Or(o.Listen, "127.0.0.1:8080"), Smokeball: "127.0.0.1:8090"}, false, nil
}

func (o Options) stageFile() string { return filepath.Join(o.DataDir, "demo.json") }

func (o Options) note(s stage) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(o.stageFile(), data, 0o600)
}

func simulated(file string) smokeballsim.Config {
	return smokeballsim.Config{ClientID: demoApp, ClientSecret: demoApp, APIKey: demoApp, AutoConsent: demoAccount, StateFile: file,
		Accounts: []smokeballsim.Account{{ID: demoAccount, Name: "Hartwell & Osei LLP", Location: "IL"}}}
}

// demoApp stands for each of the app's credentials, demoAccount for the firm's
// account, and demoFirm for the firm in CaseHug.
const (
	demoApp                   = "demo"
	demoAccount               = "0d2f5c1e-54c1-4a8e-9c55-7b1f6f6d3a10"
	demoFirm    domain.FirmID = "f_hartwell"
)

func (o Options) config(s stage) config.Settings {
	return config.Settings{DataDir: filepath.Join(o.DataDir, "engine"), Listen: s.Listen, PublicURL: "http://" + s.Listen, NATSListen: "127.0.0.1:0", Replicas: "1",
		ClientID: demoApp, ClientSecret: demoApp, APIKey: demoApp, Region: "us", Environment: "production",
		APIURL: "http://" + s.Smokeball, AuthURL: "http://" + s.Smokeball, Rate: "5", Burst: "5",
		Authorization: "720h", Visible: "5s", Confirm: "1m", GiveUp: "1h", LogLevel: "info"}
}

func (d *demo) openEngine(ctx context.Context, cfg config.Settings, log *slog.Logger, l net.Listener) (err error) {
	if err := cfg.Check(); err != nil {
		return err
	}
	if d.issuer, err = casehug.NewIssuer("https://casehug.example", "smokeball-sync"); err != nil {
		return err
	}
	d.cfg = cfg
	d.engine, err = engine.Open(ctx, cfg, engine.Options{Log: log, Users: d.issuer.Users(), OneTime: d.signInOnce(), Listener: l})
	return err
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
		d.cfg.PublicURL, d.code, d.cfg.APIURL, d.engine.Publishers(), demoFirm)
}
