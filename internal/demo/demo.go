package demo

import (
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
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
	"github.com/casehug/smokeball-sync/internal/smokeballsim"
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
	if d.smokeball, err = smokeballsim.Open(simulated(filepath.Join(o.DataDir, "smokeball.json"), s.Smokeball)); err != nil {
		return nil, err
	}
	if _, err := d.smokeball.Start(s.Smokeball); err != nil {
		return nil, errors.Join(fmt.Errorf("start the simulated Smokeball: %w; is a demo running already?", err), d.smokeball.Close())
	}
	if err := d.openEngine(ctx, o.config(s), o.Log); err != nil {
		return nil, errors.Join(err, d.smokeball.Close())
	}
	return d, nil
}

// stage chooses the addresses, once for all runs on the same data.
func (o Options) stage() (s stage, again bool, err error) {
	path := filepath.Join(o.DataDir, "demo.json")
	if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &s) == nil {
		if o.Listen != "" {
			s.Listen = o.Listen
		}
		return s, true, nil
	}
	if s.Listen = o.Listen; s.Listen == "" {
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

func (o Options) config(s stage) config.Settings {
	return config.Settings{DataDir: filepath.Join(o.DataDir, "engine"), Listen: s.Listen, PublicURL: "http://" + s.Listen, NATSListen: "127.0.0.1:0", Replicas: "1",
		ClientID: demoApp, ClientSecret: demoApp, APIKey: demoApp, Region: "us", Environment: "production",
		APIURL: "http://" + s.Smokeball, AuthURL: "http://" + s.Smokeball, Rate: "5", Burst: "5",
		Authorization: "720h", Visible: "5s", Confirm: "1m", GiveUp: "1h", LogLevel: "info"}
}

func (d *demo) openEngine(ctx context.Context, cfg config.Settings, log *slog.Logger) (err error) {
	if err := cfg.Check(); err != nil {
		return err
	}
	if d.issuer, err = casehug.NewIssuer("https://casehug.example", "smokeball-sync"); err != nil {
		return err
	}
	d.cfg = cfg
	d.engine, err = engine.Open(ctx, cfg, engine.Options{Log: log, Users: d.issuer.Users(), OneTime: d.signInOnce()})
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
