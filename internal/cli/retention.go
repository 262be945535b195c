package cli

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/api"
)

// retentionCmd shows how long a firm keeps things, or changes it.
type retentionCmd struct {
	where       `embed:""`
	Firm        string `arg:"" help:"The firm's id."`
	History     string `name:"history" help:"Keep entries of the sync history so long after their syncs have ended: default, forever, or days such as 730d."`
	Audit       string `name:"audit" help:"Keep entries of the audit trail so long: default, forever, or days such as 730d."`
	DeadLetters string `name:"dead-letters" help:"Keep dead letters so long after they were taken in or discarded: default, forever, or days such as 90d."`
}

// Run changes what is named, and prints what holds.
func (c *retentionCmd) Run(t *terminal) error {
	return c.with(t, c.Firm, func(o *operator) error {
		path, choice, kept := "/v1/firms/"+url.PathEscape(c.Firm)+"/retention", map[string]string{}, api.RetentionBody{}
		for name, value := range map[string]string{"history": c.History, "audit": c.Audit, "dead_letters": c.DeadLetters} {
			if value != "" {
				choice[name] = value
			}
		}
		var err error
		if len(choice) == 0 {
			err = o.ask(t.ctx, path, &kept)
		} else {
			err = o.send(t.ctx, http.MethodPut, path, choice, &kept)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, kept)
		}
		return printKept(t, kept)
	})
}

func printKept(t *terminal, kept api.RetentionBody) error {
	rows := columns{header: []string{"WHAT", "KEPT", "CHOSEN", "GONE BEFORE", "REMOVED"}}
	for _, k := range []struct {
		what string
		api.KeptBody
	}{{"history", kept.History}, {"audit", kept.Audit}, {"dead letters", kept.DeadLetters}} {
		before := ""
		if k.GoneBefore != nil {
			before = k.GoneBefore.UTC().Format(time.DateOnly)
		}
		rows.row(k.what, k.Time, k.Keep, cmp.Or(before, "–"), strconv.Itoa(k.Removed))
	}
	return rows.print(t.out, t.width)
}
