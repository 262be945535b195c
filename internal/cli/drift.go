package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/internal/config"
)

// driftCmd looks after differences between CaseHug and Smokeball.
type driftCmd struct {
	List   driftListCmd   `cmd:"" default:"withargs" help:"List the fields that differ (the default)."`
	Check  driftCheckCmd  `cmd:"" help:"Read linked matters and their clients in Smokeball again."`
	Accept driftAcceptCmd `cmd:"" help:"Take Smokeball's value of a field for right. CaseHug is told."`
	Repair driftRepairCmd `cmd:"" help:"Write CaseHug's value of a field to Smokeball."`
}

type driftListCmd struct {
	where  `embed:""`
	Firm   string `arg:"" help:"The firm's id."`
	Matter string `name:"matter" help:"Only of this matter and its first client."`
	Limit  int    `name:"limit" default:"500" help:"At most so many."`
	Cursor string `name:"cursor" help:"Only those after this place, which a list that was cut short names." placeholder:"CURSOR"`
}

type driftCheckCmd struct {
	where  `embed:""`
	Firm   string `arg:"" help:"The firm's id."`
	Matter string `name:"matter" help:"Only this matter and its clients; without, all that are linked."`
}

// driftField names a field of a matter, about which somebody decides.
type driftField struct {
	where  `embed:""`
	Firm   string  `arg:"" help:"The firm's id."`
	Matter string  `arg:"" help:"The matter's id in CaseHug."`
	Field  string  `arg:"" help:"The field, as the list names it: status, client.phone …"`
	Seen   *string `name:"seen" help:"Smokeball's value that was decided on. If Smokeball has another one by now, nothing is decided." placeholder:"VALUE"`
}

type (
	driftAcceptCmd struct {
		driftField `embed:""`
	}
	driftRepairCmd struct {
		driftField `embed:""`
	}
)

func driftPath(firm string) string { return "/v1/firms/" + url.PathEscape(firm) + "/drift" }

// driftPage is a part of the list, which the engine answers as an array.
type driftPage struct {
	items []reading.DriftBody
	next  string // the cursor of the rest; "": none
}

// UnmarshalJSON reads the array.
func (p *driftPage) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &p.items) }

// readHeader takes the cursor of the rest from the link to it.
func (p *driftPage) readHeader(h http.Header) {
	link, _, found := strings.Cut(strings.TrimPrefix(h.Get("Link"), "<"), `>; rel="next"`)
	if rest, err := url.Parse(link); err == nil && found {
		p.next = rest.Query().Get("cursor")
	}
}

// Run prints the list.
func (c *driftListCmd) Run(t *terminal) error {
	if c.Limit < 1 {
		return &config.UsageError{Err: errors.New("--limit: must be at least 1")}
	}
	return c.with(t, c.Firm, func(o *operator) error {
		list, next, err := c.list(t, o)
		if err != nil {
			return err
		}
		if c.JSON {
			err = printJSON(t.out, list)
		} else {
			err = printDrift(t, list)
		}
		if err != nil || next == "" {
			return err
		}
		_, err = fmt.Fprintf(t.err, "There are more: add --cursor %s.\n", next)
		return err
	})
}

// list reads as many differences as were asked for, page by page; next is the cursor of the rest.
func (c *driftListCmd) list(t *terminal, o *operator) (list []reading.DriftBody, next string, err error) {
	list, next = []reading.DriftBody{}, c.Cursor
	for {
		var page driftPage
		ask := map[string]string{"matter_id": c.Matter, "limit": fmt.Sprint(min(c.Limit-len(list), mostEntries)), "cursor": next}
		if err := o.ask(t.ctx, query(driftPath(c.Firm), ask), &page); err != nil {
			return nil, "", err
		}
		list, next = append(list, page.items...), page.next
		if next == "" || len(list) >= c.Limit {
			return list, next, nil
		}
	}
}

func printDrift(t *terminal, list []reading.DriftBody) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(t.out, "Nothing is known to differ. “drift check FIRM” reads Smokeball again.")
		return err
	}
	rows := columns{header: []string{"MATTER", "FIELD", "CASEHUG", "SMOKEBALL", "SINCE (UTC)", "CHANGED LAST BY", "OWNER", "BEING WRITTEN BY"}}
	for _, d := range list {
		changed := "–"
		if d.LastChanged != nil {
			changed = string(d.LastChanged.By)
		}
		rows.row(string(d.Matter), d.Field, cmp.Or(d.CaseHug, "–"), cmp.Or(d.Smokeball, "–"), moment(&d.Since), changed, string(d.Owner), orDash(d.Repairing))
	}
	return rows.print(t.out, t.width)
}

// Run has the engine read again.
func (c *driftCheckCmd) Run(t *terminal) error {
	return c.with(t, c.Firm, func(o *operator) error {
		body, what := map[string]string{}, "all linked matters and their clients"
		if c.Matter != "" {
			body["matter_id"], what = c.Matter, "matter "+c.Matter+" and its clients"
		}
		var check struct {
			Matter   *string `json:"matter_id"`
			Status   string  `json:"status"`
			Position uint64  `json:"position"`
		}
		if err := o.send(t.ctx, http.MethodPost, driftPath(c.Firm)+"/check", body, &check); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, check)
		}
		_, err := fmt.Fprintf(t.out, "The engine reads %s of firm %s again. “drift %s” then lists what differs.\n", what, c.Firm, c.Firm)
		return err
	})
}

// Run accepts Smokeball's value.
func (c *driftAcceptCmd) Run(t *terminal) error {
	return c.decide(t, "accept", func(fieldDecided) string {
		return fmt.Sprintf("Smokeball's %s of matter %s is accepted. CaseHug is told.", c.Field, c.Matter)
	})
}

// Run repairs the field.
func (c *driftRepairCmd) Run(t *terminal) error {
	return c.decide(t, "repair", func(d fieldDecided) string {
		sync := orDash(d.Sync)
		return fmt.Sprintf("Sync %s writes CaseHug's %s of matter %s to Smokeball. “history show %s” shows how it ends.", sync, c.Field, c.Matter, sync)
	})
}

// fieldDecided is what was decided about a field.
type fieldDecided struct {
	Matter   string  `json:"matter_id"`
	Field    string  `json:"field"`
	Decision string  `json:"decision"`
	Sync     *string `json:"sync_id"`
	Position uint64  `json:"position"`
}

// decide tells the engine what was decided.
func (c *driftField) decide(t *terminal, what string, said func(fieldDecided) string) error {
	return c.with(t, c.Firm, func(o *operator) error {
		body := map[string]string{}
		if c.Seen != nil {
			body["seen"] = *c.Seen
		}
		path := "/v1/firms/" + url.PathEscape(c.Firm) + "/matters/" + url.PathEscape(c.Matter) + "/fields/" + url.PathEscape(c.Field) + "/" + what
		var d fieldDecided
		if err := o.send(t.ctx, http.MethodPost, path, body, &d); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, d)
		}
		_, err := fmt.Fprintln(t.out, said(d))
		return err
	})
}
