package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// eraseCmd erases personal data, or shows how an erasure stands.
type eraseCmd struct {
	Matter eraseMatterCmd `cmd:"" help:"Erase the personal data of a matter for good, and of its clients whom no other matter names."`
	Client eraseClientCmd `cmd:"" help:"Erase the personal data of a client for good, with all matters that name the client."`
	List   eraseListCmd   `cmd:"" help:"List all erasures; with --out FILE signed, as “restore --erasures” takes them."`
	Show   eraseShowCmd   `cmd:"" help:"Show how an erasure stands, step by step."`
}

type eraseMatterCmd struct {
	eraseFlags `embed:""`
	Firm       string `arg:"" help:"The firm's id."`
	Matter     string `arg:"" help:"The matter's id in CaseHug."`
}

type eraseClientCmd struct {
	eraseFlags `embed:""`
	Firm       string `arg:"" help:"The firm's id."`
	Client     string `arg:"" help:"The client's id in CaseHug."`
}

type eraseFlags struct {
	where `embed:""`
	Yes   bool `name:"yes" help:"Erase; without it nothing is erased."`
	Wait  bool `name:"wait" help:"Wait until the erasure is done."`
}

// Run erases the matter.
func (c *eraseMatterCmd) Run(t *terminal) error {
	return c.erase(t, c.Firm, "matters", c.Matter, "matter "+c.Matter)
}

// Run erases the client.
func (c *eraseClientCmd) Run(t *terminal) error {
	return c.erase(t, c.Firm, "clients", c.Client, "client "+c.Client+", and of all matters that name this client,")
}

// erasure is how an erasure stands.
type erasure struct {
	ID      string   `json:"erase_id"`
	Status  string   `json:"status"`
	Matters []string `json:"matters"`
	Clients []string `json:"clients"`
	Steps   []struct {
		Name string     `json:"name"`
		Done *time.Time `json:"done_at"`
	} `json:"steps"`
	Backups *time.Time `json:"backups_until,omitempty"` // that still hold it
}

func (c *eraseFlags) erase(t *terminal, firm, kind, id, what string) error {
	if !c.Yes {
		return &config.UsageError{Err: errors.New("the engine would erase the personal data of " + what + " for good: nobody can bring them back, and nothing of it is synced any more; " +
			"what CaseHug and Smokeball have stays there; to erase, add --yes")}
	}
	return c.with(t, firm, func(o *operator) error {
		var e erasure
		if err := o.send(t.ctx, http.MethodPost, "/v1/firms/"+url.PathEscape(firm)+"/"+kind+"/"+url.PathEscape(id)+"/erase", nil, &e); err != nil {
			return err
		}
		for c.Wait && e.Status != "done" {
			if err := retry.Wait(t.ctx, time.Second); err != nil {
				return err
			}
			if err := o.ask(t.ctx, erasurePath(firm, e.ID), &e); err != nil {
				return err
			}
		}
		return c.print(t, e)
	})
}

type eraseShowCmd struct {
	where `embed:""`
	Firm  string `arg:"" help:"The firm's id."`
	ID    string `arg:"" help:"The erasure's id."`
}

// Run shows the erasure.
func (c *eraseShowCmd) Run(t *terminal) error {
	return c.with(t, c.Firm, func(o *operator) error {
		var e erasure
		if err := o.ask(t.ctx, erasurePath(c.Firm, c.ID), &e); err != nil {
			return err
		}
		return (&eraseFlags{where: c.where}).print(t, e)
	})
}

func erasurePath(firm, id string) string {
	return "/v1/firms/" + url.PathEscape(firm) + "/erasures/" + url.PathEscape(id)
}

func (c *eraseFlags) print(t *terminal, e erasure) error {
	if c.JSON {
		return printJSON(t.out, e)
	}
	fmt.Fprintf(t.out, "Erasure %s is %s: %s, %s.\n", e.ID, e.Status, words.Plural(len(e.Matters), "matter"), words.Plural(len(e.Clients), "client"))
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STEP\tDONE")
	for _, s := range e.Steps {
		at := "–"
		if s.Done != nil {
			at = s.Done.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\n", s.Name, at)
	}
	if err := table.Flush(); err != nil || e.Backups == nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "Backups that were made before hold it until they are deleted, the last one on %s.\n", e.Backups.UTC().Format(time.DateOnly))
	return err
}
