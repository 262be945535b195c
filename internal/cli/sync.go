package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
)

// syncCmd starts a bulk sync and shows its progress.
type syncCmd struct {
	where    `embed:""`
	Firm     string            `arg:"" help:"The firm's id."`
	Matters  []string          `arg:"" optional:"" help:"The matters' ids in CaseHug."`
	All      bool              `name:"all" help:"All matters of the firm."`
	Filter   map[string]string `name:"filter" help:"Matters that match: status=not_synced, case_type=Divorce, updated_since=2026-11-01T00:00:00Z, differs=true. Several are joined by “;”." placeholder:"NAME=VALUE"`
	Estimate bool              `name:"estimate" help:"Only estimate: calls, time, matters that would wait."`
	LinkOnly bool              `name:"link-existing" help:"Only link matters that Smokeball has already; create none."`
	Key      string            `name:"key" help:"An idempotency key: the same key starts only one bulk sync, however often the command is run."`
	Detach   bool              `name:"detach" help:"Do not wait for its end."`
}

// Run starts the bulk sync.
func (c *syncCmd) Run(t *terminal) (err error) {
	body, err := c.request()
	if err != nil {
		return &config.UsageError{Err: err}
	}
	o, err := openFirm(t.ctx, c.DataDir, c.Firm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	var b reading.BulkBody
	if err := o.do(t.ctx, apiRequest{method: http.MethodPost, path: bulksPath(c.Firm), body: body, key: c.Key}, &b); err != nil {
		return err
	}
	if !c.Detach {
		if b, err = c.follow(t, o, b); err != nil {
			return err
		}
	}
	if c.JSON {
		err = printJSON(t.out, b)
	} else {
		err = c.print(t, o, b)
	}
	if err == nil && b.Failed > 0 {
		return errExit(Failed)
	}
	return err
}

// print prints the outcome, with the reasons of what failed.
func (c *syncCmd) print(t *terminal, o *operator, b reading.BulkBody) error {
	if err := printBulk(t.out, b); err != nil || b.Failed == 0 {
		return err
	}
	lines, err := reportOf(t, o, c.Firm, string(b.ID))
	if err != nil {
		return err
	}
	return printReasons(t, lines, c.Firm, string(b.ID))
}

// request returns the body of the API request.
func (c *syncCmd) request() (map[string]any, error) {
	body := map[string]any{"estimate_only": c.Estimate, "link_only": c.LinkOnly}
	ways := 0
	if len(c.Matters) > 0 {
		ways++
		body["matter_ids"] = c.Matters
	}
	if c.All {
		ways++
		body["all"] = true
	}
	if len(c.Filter) > 0 {
		ways++
		filter := map[string]any{}
		for name, value := range c.Filter {
			switch name {
			case "status", "case_type", "updated_since":
				filter[name] = value
			case "differs":
				if value != "true" && value != "false" {
					return nil, fmt.Errorf("--filter: differs is %q; it is true or false", value)
				}
				filter[name] = value == "true"
			default:
				return nil, fmt.Errorf("--filter: there is no %q; it knows status, case_type, updated_since and differs", name)
			}
		}
		body["filter"] = filter
	}
	if ways != 1 {
		return nil, errors.New("sync: name matters, or give either --all or --filter")
	}
	return body, nil
}

// follow shows the progress until the bulk sync ends. An interrupt ends only the command; the
// engine continues the bulk sync.
func (c *syncCmd) follow(t *terminal, o *operator, b reading.BulkBody) (reading.BulkBody, error) {
	bar := &progressBar{screen: t.screen, lines: t.err}
	if c.JSON {
		bar = &progressBar{}
	}
	defer bar.end()
	for !b.Status.Over() && b.Status != domain.BulkPaused {
		bar.show(b)
		select {
		case <-t.ctx.Done():
			bar.end()
			_, err := fmt.Fprintf(t.err, "The engine continues bulk sync %s; “bulk show %s %s” shows it, “bulk cancel” ends it.\n", b.ID, c.Firm, b.ID)
			return b, err
		case <-time.After(time.Second):
		}
		if err := o.ask(context.WithoutCancel(t.ctx), bulkPath(c.Firm, string(b.ID)), &b); err != nil {
			return b, err
		}
	}
	bar.show(b)
	return b, nil
}

// progressBar shows the progress of a bulk sync: on a terminal in one line that it overwrites,
// otherwise in a line for each tenth.
type progressBar struct {
	screen, lines io.Writer
	tenth         int
	shown         bool
}

// barWidth is the bar's width in characters.
const barWidth = 30

func (p *progressBar) show(b reading.BulkBody) {
	line, tenth := fmt.Sprintf("estimating, %s so far", words.Plural(b.Total, "matter")), 0
	if b.Status != domain.BulkEstimating && b.Total > 0 {
		full := barWidth * b.Through() / b.Total
		tenth = 1 + 10*b.Through()/b.Total
		line = fmt.Sprintf("[%s%s] %3d %%  %d of %d, %s%s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*b.Through()/b.Total, b.Through(), b.Total, words.Plural(b.Calls.Made, "call"), toGo(b))
	}
	switch {
	case p.screen != nil:
		p.shown = true
		fmt.Fprintf(p.screen, "\r%-78s", line)
	case p.lines != nil && tenth > p.tenth:
		p.tenth = tenth
		fmt.Fprintln(p.lines, line)
	}
}

func (p *progressBar) end() {
	if p.shown {
		fmt.Fprintln(p.screen)
		p.shown = false
	}
}

// toGo returns the estimated remaining time.
func toGo(b reading.BulkBody) string {
	switch {
	case b.Status.Over():
		return ""
	case b.Eta == nil:
		return ", time to go not known yet"
	}
	return ", " + (time.Duration(*b.Eta) * time.Second).String() + " to go"
}
