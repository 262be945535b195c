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

// play tells the story and, at its end, checks it against the simulated Smokeball.
func (d *demo) play(ctx context.Context, ready <-chan struct{}, once bool) error {
	select {
	case <-ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if once {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, demoTime)
		defer cancel()
	}
	d.say("The engine runs at %s, the simulated Smokeball at %s.", d.cfg.PublicURL, d.cfg.APIURL)
	w, rows, err := newWatch(d)
	switch {
	case err != nil:
		return err
	case standings(rows).Over():
		d.say("Everything was done already by an earlier demo; --fresh starts over.")
		return d.report(once)
	case d.again:
		d.say("An earlier demo is gone on with; --fresh starts over.")
	}
	if err := d.acts(ctx, w); err != nil {
		return err
	}
	return d.report(once)
}

// acts plays what is not done yet.
func (d *demo) acts(ctx context.Context, w *watch) error {
	if err := d.connect(ctx); err != nil {
		return err
	}
	sender, err := connectServices(ctx, d.engine.Publishers())
	if err != nil {
		return err
	}
	defer sender.close()
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
	}.Play()
}

// standings are the matters as the story knows them.
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
	row, err := d.engine.Views().Connection(demoFirm)
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
	token, err := d.issuer.Sign(d.admin())
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
		_ = resp.Body.Close() // it was read to its end
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
	token, err := d.issuer.Sign(d.admin())
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
