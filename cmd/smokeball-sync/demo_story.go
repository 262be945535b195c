package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
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
	d.say("The engine runs at %s, the simulated Smokeball at %s.", d.engine.cfg.PublicURL, d.engine.cfg.APIURL)
	w, rows, err := newWatch(d)
	switch {
	case err != nil:
		return err
	case ended(rows):
		d.say("Everything was done already by an earlier demo; --fresh begins anew.")
		return d.report(once)
	case d.again:
		d.say("An earlier demo is gone on with; --fresh begins anew.")
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
	sender, err := connectServices(ctx, d.engine.bus.ClientURL())
	if err != nil {
		return err
	}
	defer sender.close()
	for _, act := range []func(context.Context, *services, *watch) error{d.intake, d.byHand, d.correct, d.close} {
		if err := act(ctx, sender, w); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.out, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// connect does what a firm admin does in the console: connect, allow, register
// webhooks.
func (d *demo) connect(ctx context.Context) error {
	row, err := d.engine.views.Connection(demoFirm)
	if err != nil || row.Connection.Usable(time.Now()) {
		return err
	}
	var link struct {
		URL string `json:"authorize_url"`
	}
	if err := d.call(ctx, http.MethodPost, "/connection/authorize", nil, &link); err != nil {
		return err
	}
	if err := visit(ctx, link.URL); err != nil {
		return err
	}
	if err := d.call(ctx, http.MethodPost, "/webhooks", nil, nil); err != nil {
		return err
	}
	d.say("The firm admin connected Hartwell & Osei LLP to Smokeball and registered webhooks.")
	return nil
}

// visit follows the consent page's redirects as a browser would; the simulated
// Smokeball signs in by itself.
func visit(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("visit Smokeball's consent page: %w", err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// call asks the engine's API as the firm admin.
func (d *demo) call(ctx context.Context, method, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, d.engine.cfg.PublicURL+"/v1/firms/"+string(demoFirm)+path, bytes.NewReader(data))
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

// intake publishes what CaseHug's services say of the practice. A bus may deliver
// twice, so everything is said twice.
func (d *demo) intake(ctx context.Context, s *services, w *watch) error {
	for range 2 {
		for _, m := range practice() {
			if err := s.created(ctx, m); err != nil {
				return err
			}
		}
		for _, p := range papers() {
			if err := s.approve(ctx, p); err != nil {
				return err
			}
		}
	}
	d.say("CaseHug published %d matters and %d approved documents, each of them twice.", len(practice()), len(papers()))
	return w.until(ctx, "the documents are in Smokeball", func(e map[domain.MatterID]projections.MatterRow) bool {
		for _, id := range []domain.MatterID{"m_1001", "m_1002", "m_1003", "m_1005"} {
			if !settled(e[id]) {
				return false
			}
		}
		return e["m_1006"].Status == domain.Waiting || settled(e["m_1006"])
	})
}

func settled(r projections.MatterRow) bool {
	return r.ID != "" && r.Matter.Current == nil && r.Status.Ended() && len(r.Matter.Unsent()) == 0
}

// ended reports whether the whole story has been played.
func ended(rows map[domain.MatterID]projections.MatterRow) bool {
	for _, m := range practice() {
		if !settled(rows[m.ID]) {
			return false
		}
	}
	return corrected(rows) && closed(rows)
}

func corrected(rows map[domain.MatterID]projections.MatterRow) bool {
	return rows["m_1006"].Matter.Data.Version > 1
}

func closed(rows map[domain.MatterID]projections.MatterRow) bool {
	r := rows["m_1002"]
	return settled(r) && r.Matter.Smokeball.Sent.Status == "Closed" && r.Matter.Smokeball.Confirmed
}

// byHand syncs a matter without documents as somebody who clicks the button.
func (d *demo) byHand(ctx context.Context, _ *services, w *watch) error {
	rows, err := w.look()
	if err != nil || settled(rows["m_1004"]) {
		return err
	}
	if rows["m_1004"].Matter.Current == nil {
		if err := d.call(ctx, http.MethodPost, "/matters/m_1004/sync", nil, nil); err != nil {
			return err
		}
		d.say("Somebody clicked “Sync to Smokeball” on m_1004, which has no documents.")
	}
	return w.until(ctx, "m_1004 is in Smokeball", func(e map[domain.MatterID]projections.MatterRow) bool { return settled(e["m_1004"]) })
}

// correct gives the matter that waits for a mapping a case type that Smokeball has.
func (d *demo) correct(ctx context.Context, s *services, w *watch) error {
	if rows, err := w.look(); err != nil || corrected(rows) && settled(rows["m_1006"]) {
		return err
	}
	m := practice()[5]
	m.Version, m.CaseType = 2, "Auto Accident"
	if err := s.updated(ctx, m); err != nil {
		return err
	}
	d.say("m_1006 waited, since Smokeball has no “Pedestrian Mishap”; CaseHug corrected its case type.")
	return w.until(ctx, "m_1006 is in Smokeball", func(e map[domain.MatterID]projections.MatterRow) bool { return settled(e["m_1006"]) })
}

// close closes a matter in CaseHug, which Smokeball follows.
func (d *demo) close(ctx context.Context, s *services, w *watch) error {
	if rows, err := w.look(); err != nil || closed(rows) {
		return err
	}
	m := practice()[1]
	at := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
	m.Version, m.Status, m.ClosedAt = 2, "closed", &at
	if err := s.updated(ctx, m); err != nil {
		return err
	}
	d.say("CaseHug closed m_1002.")
	return w.until(ctx, "m_1002 is closed in Smokeball", closed)
}
