package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/practice"
	"github.com/casehug/smokeball-sync/projections"
)

// play plays the story and, at its end, checks it against the simulated Smokeball.
func (d *demo) play(ctx context.Context, ready <-chan struct{}, o Options) error {
	select {
	case <-ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if o.Once {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, demoTime)
		defer cancel()
	}
	d.say("The engine runs at %s, the simulated Smokeball at %s.", d.cfg.PublicURL, d.cfg.APIURL)
	w, rows, err := newWatch(d)
	over := standings(rows).Over()
	switch {
	case err != nil:
		return err
	case over && (o.Once || o.Unconnected || troubled(rows)):
		d.say("Everything was done already by an earlier demo; --fresh starts over.")
		return d.report(o.Once)
	case d.again:
		d.say("This continues an earlier demo; --fresh starts over.")
	}
	if err := d.acts(ctx, w, o, over); err != nil || o.Unconnected {
		return err
	}
	return d.report(o.Once)
}

// acts plays the acts that an earlier demo has not played. If the story is over, only the troubles
// are missing: they are left out by a demo that ends with the story.
func (d *demo) acts(ctx context.Context, w *watch, o Options, over bool) error {
	sender, err := connectServices(ctx, d.engine.Publishers(), d.began)
	if err != nil {
		return err
	}
	defer sender.close()
	if o.Unconnected {
		return d.intake(ctx, sender)
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	if !over {
		if err := d.stage(ctx, w, sender).Play(); err != nil || o.Once {
			return err
		}
	}
	return d.troubles(ctx, w, sender)
}

// intake publishes matters and documents, which wait for the connection.
func (d *demo) intake(ctx context.Context, sender *services) error {
	for _, m := range practice.Matters() {
		if err := sender.created(ctx, m); err != nil {
			return err
		}
	}
	for _, p := range practice.DocumentsOf() {
		if err := sender.approve(ctx, p); err != nil {
			return err
		}
	}
	d.say("CaseHug published %d matters and %d approved documents. They wait for the connection.", len(practice.Matters()), len(practice.DocumentsOf()))
	return nil
}

func (d *demo) stage(ctx context.Context, w *watch, sender *services) practice.Stage {
	return practice.Stage{
		Created:  func(m domain.MatterData) error { return sender.created(ctx, m) },
		Updated:  func(m domain.MatterData) error { return sender.updated(ctx, m) },
		Approved: func(p practice.Paper) error { return sender.approve(ctx, p) },
		Click: func(m domain.MatterID) error {
			return d.call(ctx, http.MethodPost, "/matters/"+string(m)+"/sync", nil, nil)
		},
		Until: func(what string, wanted func(practice.Standings) bool) error {
			return w.until(ctx, what, func(rows map[domain.MatterID]projections.MatterRow) bool { return wanted(standings(rows)) })
		},
		Say: d.say,
	}
}

// standings returns the rows of the story's matters.
func standings(rows map[domain.MatterID]projections.MatterRow) practice.Standings {
	all := practice.Standings{}
	for id, r := range rows {
		all[id] = practice.Standing{Matter: r.Matter, Status: r.Status}
	}
	return all
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.out, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// connect does what a firm admin does in the console: connect, allow, register
// webhooks.
func (d *demo) connect(ctx context.Context) error {
	row, err := d.engine.Views().Connections.Connection(demoFirm)
	if err != nil || row.Connection.Usable(time.Now()) {
		return err
	}
	var link struct {
		URL string `json:"authorize_url"`
	}
	if err := d.call(ctx, http.MethodPost, "/connection/authorize", nil, &link); err != nil {
		return err
	}
	if err := d.giveConsent(ctx, link.URL); err != nil {
		return err
	}
	if err := d.call(ctx, http.MethodPost, "/webhooks", nil, nil); err != nil {
		return err
	}
	d.say("The firm admin connected Hartwell & Osei LLP to Smokeball and registered webhooks.")
	return nil
}

// giveConsent signs the firm admin in to the console and follows the consent page's redirects in
// the same browser; the simulated Smokeball signs in by itself.
func (d *demo) giveConsent(ctx context.Context, address string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	token, err := d.issuer.Sign(admin())
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar}
	signIn, err := http.NewRequestWithContext(ctx, http.MethodPost, d.cfg.PublicURL+"/session", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		return err
	}
	signIn.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	consent, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	for _, req := range []*http.Request{signIn, consent} {
		resp, err := browser.Do(req)
		if err != nil {
			return fmt.Errorf("open Smokeball's consent page: %w", err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return fmt.Errorf("open Smokeball's consent page: %w", err)
		}
		_ = resp.Body.Close() // its error does not matter: the body was read to its end
	}
	return nil
}

// call asks the engine's API as the firm admin.
func (d *demo) call(ctx context.Context, method, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, d.cfg.PublicURL+"/v1/firms/"+string(demoFirm)+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	token, err := d.issuer.Sign(admin())
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body == nil {
		req.Body, req.ContentLength = http.NoBody, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s %v", method, path, resp.Status, answer, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
