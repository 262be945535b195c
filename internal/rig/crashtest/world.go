package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	firm    = "f_brown"
	account = "6a1e2f30-54c1-4a8e-9c55-7b1f6f6d3a99"
)

// world is one firm and all that its engine meets: a simulated Smokeball that survives,
// CaseHug's sign-in and a publisher.
type world struct {
	dir       string
	data      string // ENGINE_DATA_DIR
	settings  map[string]string
	api       caller // the engine's HTTP side
	smokeball caller
	signIn    *signIn
	load      *publisher
	people    *people // who work in Smokeball; nil: nobody does
	heard     int     // changes of people's that CaseHug heard of, in the end
	front     *front  // of several engines
	simulator *process
	engine    *process   // the newest; nil: there are several, see cluster
	beside    []*process // what else ends with the world
	closers   []func()

	allowance string // of Smokeball, in calls a second
	tokens    string // how long its access tokens live; "": 2s
	deaf      bool   // there are no webhooks

	smokeballHas, ledgerHas int // effects, when all was worked off last
}

// newWorld starts a Smokeball and connects the firm to it through an engine that goes
// on running. data is where the engine keeps its files; "": in the world's folder.
func (t *trial) newWorld(ctx context.Context, data string) (*world, error) {
	return t.setUp(ctx, func(w *world) (err error) {
		if w.data = data; data == "" {
			w.data = filepath.Join(w.dir, "data")
		}
		addresses := t.freeAddresses(2)
		engine, nats := addresses[0], addresses[1]
		w.configure(engine)
		if t.name == bulkCampaign {
			w.settings["SMOKEBALL_RATE"], w.settings["SMOKEBALL_BURST"] = w.allowance, "5"
		}
		w.settings["ENGINE_DATA_DIR"], w.settings["ENGINE_LISTEN"], w.settings["ENGINE_NATS_LISTEN"] = w.data, engine, nats
		w.api = newCaller("http://"+engine, w.signIn.token)
		if w.load, err = newPublisher("nats://" + nats); err != nil {
			return err
		}
		if err = w.launch(t.engine); err != nil {
			return err
		}
		if err := w.ready(ctx); err != nil {
			return err
		}
		return w.connect(ctx)
	})
}

// setUp makes the world around engines, which fill brings in. Where that fails nothing
// of it goes on.
func (t *trial) setUp(ctx context.Context, fill func(*world) error) (w *world, err error) {
	t.worldsMade++
	w = &world{allowance: unlimited}
	switch t.name {
	case clusterCampaign:
		w.allowance = clusterAllowance
	case bulkCampaign:
		w.allowance, w.tokens = fmt.Sprint(bulkAllowance), "2m"
	}
	w.deaf = t.name == sweepsCampaign
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("set a world up: %w", err), w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp(t.dir, "world-"); err != nil {
		return w, err
	}
	if w.signIn, err = openSignIn(firm); err != nil {
		return w, err
	}
	if err = w.startSmokeball(ctx, t); err != nil {
		return w, err
	}
	return w, fill(w)
}

func (w *world) startSmokeball(ctx context.Context, t *trial) (err error) {
	address := t.freeAddresses(1)[0]
	w.smokeball = newCaller("http://"+address, "")
	log := filepath.Join(w.dir, "smokeball.log")
	w.simulator, err = start(log, nil, t.simulator, "--listen", address, "--account", account+"=Brown LLC", "--account", otherAccount+"=Green LLP",
		"--rate="+w.allowance, "--visible-after", "10ms..200ms", "--token-lifetime", cmp.Or(w.tokens, "2s"), "--seed", fmt.Sprint(t.chance.Uint64()))
	if err != nil {
		return err
	}
	return w.simulator.answers(ctx, "Smokeball answers", log, func(ctx context.Context) bool { return w.smokeball.answers(ctx, "/_sim/state") })
}

// unlimited is an allowance without a limit.
const unlimited = "-1"

// configure writes what engines at the public address are told wherever they keep their
// data: no limit of the rate to speak of, and waits that are short, but longer than this
// Smokeball needs on a machine that is busy.
func (w *world) configure(public string) {
	w.settings = map[string]string{
		"ENGINE_PUBLIC_URL": "http://" + public,
		"ENGINE_JWKS_URL":   w.signIn.server.URL, "ENGINE_JWT_ISSUER": issuerName, "ENGINE_JWT_AUDIENCE": audience,
		"SMOKEBALL_CLIENT_ID": "sim-client", "SMOKEBALL_CLIENT_SECRET": "sim-secret", "SMOKEBALL_API_KEY": "sim-key",
		"SMOKEBALL_API_URL": w.smokeball.base, "SMOKEBALL_AUTH_URL": w.smokeball.base, "SMOKEBALL_RATE": "1000", "SMOKEBALL_BURST": "100",
		"ENGINE_SWEEP_EVERY": "1s", "ENGINE_VISIBILITY_WAIT": "6s", "ENGINE_CONFIRMATION_WAIT": "90s",
	}
}

// freeAddresses are ports that nobody holds, outside the range from which the kernel
// gives ports to callers: an engine that is away must find its own again. No two worlds get
// the same one: what is free when it is tried may belong to an engine that is away.
func (t *trial) freeAddresses(n int) (list []string) {
	for len(list) < n {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+t.chance.IntN(12000))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		_ = l.Close() // it was only tried
		if t.reserve(address) {
			list = append(list, address)
		}
	}
	return list
}

// launch starts an engine and does not wait until it is ready. crash, if any, names the
// point that kills it.
func (w *world) launch(path string, crash ...string) (err error) {
	env := maps.Clone(w.settings)
	for _, point := range crash {
		env["ENGINE_CRASH_AT"] = point
	}
	w.engine, err = start(w.log(), env, path, "serve")
	return err
}

func (w *world) log() string { return filepath.Join(w.dir, "engine.log") }

// ready waits until the engine takes work. An engine that ends before is an error.
func (w *world) ready(ctx context.Context) error { return w.engine.ready(ctx, w.api, w.log()) }

// ready waits until an engine's api says that it takes work. An engine that ends before is
// an error.
func (p *process) ready(ctx context.Context, api caller, log string) error {
	return p.answers(ctx, "the engine is ready", log, func(ctx context.Context) bool { return api.answers(ctx, "/readyz") })
}

func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "nothing"
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return lines[len(lines)-1]
}

// connect connects the firm to Smokeball and registers webhooks.
func (w *world) connect(ctx context.Context) error {
	return w.connectFirm(ctx, w.api, firm, account)
}

// connectFirm connects a firm, whose admin api acts for, to an account.
func (w *world) connectFirm(ctx context.Context, api caller, firm, account string) error {
	var link struct {
		URL string `json:"authorize_url"`
	}
	if err := api.call(ctx, http.MethodPost, "/v1/firms/"+firm+"/connection/authorize", nil, &link); err != nil {
		return err
	}
	if err := api.consent(ctx, link.URL, account); err != nil {
		// A load balancer that repeats a slow redirect hears that the link was used.
		if inVain := until(ctx, time.Minute, "the firm is connected", api.connected(firm)); inVain != nil {
			return errors.Join(err, inVain)
		}
	}
	if w.deaf {
		return nil
	}
	return api.call(ctx, http.MethodPost, "/v1/firms/"+firm+"/webhooks", nil, nil)
}

// disturb arms a fault in Smokeball; calm disarms all.
func (w *world) disturb(ctx context.Context, fault map[string]any) error {
	return w.smokeball.call(ctx, http.MethodPost, "/_sim/faults", fault, nil)
}

func (w *world) calm(ctx context.Context) error {
	return w.smokeball.call(ctx, http.MethodDelete, "/_sim/faults", nil, nil)
}

// answerLate lets Smokeball do what is asked of it a moment later, so that it still
// happens when who asked is dead.
func (w *world) answerLate(ctx context.Context) error {
	return w.disturb(ctx, map[string]any{"route": "POST *", "kind": "delay", "delay": "150ms", "probability": 0.5})
}

// stop ends the engine well and returns how long that took.
func (w *world) stop(ctx context.Context) (time.Duration, error) { return w.engine.stop(ctx, w.log()) }

// stop ends an engine well and returns how long that took.
func (p *process) stop(ctx context.Context, log string) (time.Duration, error) {
	began := time.Now()
	p.terminate()
	err := p.endsWell(ctx, log)
	return time.Since(began), err
}

// endsWell waits until an engine that was told to stop has ended.
func (p *process) endsWell(ctx context.Context, log string) error {
	if !p.endsWithin(ctx, timeout) {
		return errors.New("the engine does not end after SIGTERM")
	}
	if p.err != nil {
		return fmt.Errorf("the engine did not end well after SIGTERM: %w; it logged %s", p.err, lastLine(log))
	}
	return nil
}

func (w *world) onClose(f func()) { w.closers = append(w.closers, f) }

// close ends all that belongs to the world. What it wrote goes with the bench.
func (w *world) close() error {
	if w.people != nil {
		w.people.end()
	}
	if w.load != nil {
		w.load.close()
	}
	for _, p := range append(w.beside, w.engine, w.simulator) {
		if p != nil {
			p.kill()
		}
	}
	if w.front != nil {
		w.front.Close()
	}
	for _, f := range w.closers {
		f()
	}
	if w.signIn != nil {
		w.signIn.server.Close()
	}
	return nil
}
