package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/projections"
)

// where names the engine that an operator's command asks.
type where struct {
	Config  string `name:"config" help:"YAML file with settings ($$ENGINE_CONFIG)." placeholder:"FILE"`
	DataDir string `name:"data-dir" setting:"ENGINE_DATA_DIR" default:"./data" help:"The engine's data directory ($$ENGINE_DATA_DIR)."`
	JSON    bool   `name:"json" help:"For programs."`
}

// historyCmd lists the syncs of a firm.
type historyCmd struct {
	where   `embed:""`
	Firm    string `arg:"" optional:"" help:"The firm's id; without one, of every firm."`
	Matter  string `name:"matter" help:"Only of this matter."`
	Status  string `name:"status" help:"Only of these statuses, separated by commas."`
	Trigger string `name:"trigger" help:"Only with this trigger."`
	Search  string `name:"search" short:"q" help:"Only with this text in id, matter, title, case number or error."`
	Limit   int    `name:"limit" default:"50" help:"At most so many for each firm (500 at most)."`
}

// Run prints the history.
func (c *historyCmd) Run(t *terminal) (err error) {
	if err := c.check(); err != nil {
		return &config.UsageError{Err: err}
	}
	o, err := openOperator(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	firms, err := c.firms(t, o)
	if err != nil {
		return err
	}
	list := []projections.Entry{}
	for _, f := range firms {
		var page struct {
			Items []projections.Entry `json:"items"`
		}
		path := query("/v1/firms/"+url.PathEscape(f)+"/sync-history", map[string]string{"matter_id": c.Matter, "status": c.Status, "trigger": c.Trigger,
			"q": c.Search, "limit": fmt.Sprint(c.Limit)})
		if err := o.ask(t.ctx, path, &page); err != nil {
			return err
		}
		list = append(list, page.Items...)
	}
	if c.JSON {
		return printJSON(t.out, list)
	}
	return printHistory(t.out, list)
}

// mostEntries is the longest list that the API gives.
const mostEntries = 500

// check finds wrong flags, also where there is no firm to ask about.
func (c *historyCmd) check() error {
	var faults []error
	for s := range strings.SplitSeq(c.Status, ",") {
		if s != "" && !slices.Contains(reading.Statuses(), s) {
			faults = append(faults, fmt.Errorf("--status: must be one of %s", strings.Join(reading.Statuses(), ", ")))
			break
		}
	}
	if c.Trigger != "" && !slices.Contains(reading.Triggers(), c.Trigger) {
		faults = append(faults, fmt.Errorf("--trigger: must be one of %s", strings.Join(reading.Triggers(), ", ")))
	}
	if c.Limit < 1 || c.Limit > mostEntries {
		faults = append(faults, fmt.Errorf("--limit: must be from 1 to %d", mostEntries))
	}
	return errors.Join(faults...)
}

func (c *historyCmd) firms(t *terminal, o *operator) ([]string, error) {
	if c.Firm != "" {
		return []string{c.Firm}, nil
	}
	rows, err := allFirms(t, o)
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Firm)
	}
	return ids, err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printHistory prints a line a sync, and why and what to do under those that did not
// succeed.
func printHistory(w io.Writer, list []projections.Entry) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No syncs. They appear when a document is approved or somebody clicks “Sync to Smokeball”.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "QUEUED\tFIRM\tMATTER\tTRIGGER\tSTATUS\tSMOKEBALL MATTER\tFILES\tTOOK")
	for _, e := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", e.QueuedAt.UTC().Format(time.DateTime), e.Firm, matterLabel(e), e.Trigger, e.Status,
			cmp.Or(string(e.Smokeball.Matter), "–"), len(e.Smokeball.Files), took(e))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return printTroubles(w, list)
}

func printTroubles(w io.Writer, list []projections.Entry) error {
	var err error
	for _, e := range list {
		if e.Error == nil {
			continue
		}
		_, werr := fmt.Fprintf(w, "\n%s of %s (%s): %s\n  To do: %s\n", e.Status, e.Matter, e.Error.Code, e.Error.Message, e.Error.Remedy)
		err = errors.Join(err, werr)
		if e.NextAttemptAt != nil {
			_, werr = fmt.Fprintf(w, "  Next attempt: %s\n", e.NextAttemptAt.UTC().Format(time.DateTime))
			err = errors.Join(err, werr)
		}
	}
	return err
}

// matterLabel names a matter by ids only: what an operator prints may be kept.
func matterLabel(e projections.Entry) string {
	if e.CaseNumber == "" {
		return string(e.Matter)
	}
	return string(e.Matter) + " (" + e.CaseNumber + ")"
}

func took(e projections.Entry) string {
	if e.StartedAt == nil || e.FinishedAt == nil {
		return "–"
	}
	return e.FinishedAt.Sub(e.QueuedAt).Round(100 * time.Millisecond).String()
}
