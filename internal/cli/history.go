package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
)

// where names the engine of an operator's command.
type where struct {
	Config  string `name:"config" help:"YAML file with settings ($$ENGINE_CONFIG)." placeholder:"FILE"`
	DataDir string `name:"data-dir" setting:"ENGINE_DATA_DIR" default:"./data" help:"The engine's data directory ($$ENGINE_DATA_DIR)."`
	JSON    bool   `name:"json" help:"For programs."`
}

// historyCmd shows syncs.
type historyCmd struct {
	List historyListCmd `cmd:"" default:"withargs" help:"List the syncs, newest first (the default)."`
	Show historyShowCmd `cmd:"" help:"Show one sync in full: each step, and why it waits or failed."`
}

// historyListCmd lists syncs.
type historyListCmd struct {
	where   `embed:""`
	Firm    string `arg:"" optional:"" help:"The firm's id; without one, of every firm."`
	Matter  string `name:"matter" help:"Only of this matter."`
	Status  string `name:"status" help:"Only of these statuses, separated by commas."`
	Trigger string `name:"trigger" help:"Only with this trigger."`
	Search  string `name:"search" short:"q" help:"Only with this text in id, matter, title, case number or error."`
	Limit   int    `name:"limit" default:"50" help:"At most so many for each firm (500 at most)."`
	Follow  bool   `name:"follow" short:"f" help:"Then print each sync of the firm that changes, until Ctrl-C."`
}

// historyShowCmd shows one sync.
type historyShowCmd struct {
	where `embed:""`
	ID    string `arg:"" help:"The sync's id, as history and the log show it."`
	Firm  string `name:"firm" help:"The firm's id; without one, all firms are searched."`
}

// syncEntry is what the tables show of a sync. Programs get the API's own entry.
type syncEntry struct {
	ID            string        `json:"id"`
	Firm          string        `json:"firm_id"`
	Matter        string        `json:"matter_id"`
	CaseNumber    string        `json:"case_number"`
	Trigger       string        `json:"trigger"`
	RequestedBy   string        `json:"requested_by"`
	Status        domain.Status `json:"status"`
	Warnings      []fault       `json:"warnings"`
	Error         *fault        `json:"error"`
	QueuedAt      time.Time     `json:"queued_at"`
	StartedAt     *time.Time    `json:"started_at"`
	FinishedAt    *time.Time    `json:"finished_at"`
	Attempts      int           `json:"attempts"`
	NextAttemptAt *time.Time    `json:"next_attempt_at"`
	Smokeball     struct {
		Matter   string   `json:"matter_id"`
		Contacts []string `json:"contact_ids"`
		Files    []struct {
			ID       string `json:"id"`
			Document string `json:"document_id"`
		} `json:"files"`
	} `json:"smokeball"`
	Steps []struct {
		Name      string    `json:"name"`
		Outcome   string    `json:"outcome"`
		At        time.Time `json:"at"`
		Smokeball string    `json:"smokeball_id"`
		Request   string    `json:"request_id"`
	} `json:"steps"`
}

// fault is an error or a warning of an entry.
type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// Run prints the history.
func (c *historyListCmd) Run(t *terminal) (err error) {
	if err := c.check(); err != nil {
		return &config.UsageError{Err: err}
	}
	o, err := openOperator(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	firms, err := o.firms(t.ctx, c.Firm)
	if err != nil {
		return err
	}
	from, err := c.followFrom(t, o)
	if err != nil {
		return err
	}
	list, err := c.entries(t, o, firms)
	if err != nil {
		return err
	}
	switch {
	case c.JSON && c.Follow:
		slices.Reverse(list)
		err = printLines(t.out, list)
	case c.JSON:
		err = printJSON(t.out, list)
	default:
		err = c.print(t, list)
	}
	if err != nil || !c.Follow {
		return err
	}
	return c.follow(t, from, list)
}

// entries lists the syncs that match the filters, as the API shows them.
func (c *historyListCmd) entries(t *terminal, o *operator, firms []string) ([]json.RawMessage, error) {
	list := []json.RawMessage{}
	for _, f := range firms {
		var page struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := o.ask(t.ctx, query(historyPath(f), c.filters()), &page); err != nil {
			return nil, err
		}
		list = append(list, page.Items...)
	}
	return list, nil
}

// followFrom returns a ledger position that the first list is certain to include.
func (c *historyListCmd) followFrom(t *terminal, o *operator) (string, error) {
	if !c.Follow {
		return "", nil
	}
	if _, runs, err := runningEngine(t.ctx, c.DataDir); err != nil || !runs {
		return "", errors.Join(err, &failure{Code: codeFailed, Message: "no engine runs on this data, so nothing changes", Remedy: "Start the engine, or leave --follow out."})
	}
	var now struct {
		Position uint64 `json:"position"`
	}
	err := o.ask(t.ctx, "/v1/firms/"+url.PathEscape(c.Firm)+"/connection", &now)
	return fmt.Sprint(now.Position), err
}

func historyPath(firm string) string { return "/v1/firms/" + url.PathEscape(firm) + "/sync-history" }

// filters are the query of the API's list.
func (c *historyListCmd) filters() map[string]string {
	return map[string]string{"matter_id": c.Matter, "status": c.Status, "trigger": c.Trigger, "q": c.Search, "limit": fmt.Sprint(c.Limit)}
}

// mostEntries is the most entries that the API returns.
const mostEntries = 500

// check finds wrong flags, also if there is no firm whose API would refuse them.
func (c *historyListCmd) check() error {
	faults := []error{c.checkFollow()}
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

// printLines prints one object a line, so that a program can read each as it arrives.
func printLines(w io.Writer, list []json.RawMessage) error {
	var err error
	for _, raw := range list {
		var line bytes.Buffer
		err = errors.Join(err, json.Compact(&line, raw))
		line.WriteByte('\n')
		_, werr := line.WriteTo(w)
		err = errors.Join(err, werr)
	}
	return err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// print prints a line for each sync, and the reason and the remedy of those that did not succeed.
func (c *historyListCmd) print(t *terminal, list []json.RawMessage) error {
	entries, err := decodeAll[syncEntry](list)
	switch {
	case err != nil:
		return err
	case len(entries) > 0:
		return printHistory(t, entries)
	case c.Matter+c.Status+c.Trigger+c.Search != "":
		_, err = fmt.Fprintln(t.out, "No sync fits these filters.")
	default:
		_, err = fmt.Fprintln(t.out, "No syncs. They appear when a document is approved or somebody clicks “Sync to Smokeball”.")
	}
	return err
}

func decodeAll[T any](list []json.RawMessage) ([]T, error) {
	out := make([]T, len(list))
	for i, raw := range list {
		if err := json.Unmarshal(raw, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func printHistory(t *terminal, list []syncEntry) error {
	rows := columns{header: []string{"QUEUED (UTC)", "SYNC", "FIRM", "MATTER", "TRIGGER", "STATUS", "WHY", "FILES", "TOOK"}, spare: []string{"FILES", "TOOK", "TRIGGER", "WHY", "FIRM"}}
	for _, e := range list {
		rows.row(e.QueuedAt.UTC().Format(time.DateTime), e.ID, e.Firm, matterLabel(e), e.Trigger, string(e.Status), e.why(), fmt.Sprint(len(e.Smokeball.Files)), took(e))
		rows.rows[len(rows.rows)-1][5].colour = statusColour(e.Status)
	}
	if err := rows.print(t.out, t.width); err != nil {
		return err
	}
	return printTroubles(t.out, list)
}

// why returns the code of what a sync waits for or why it failed, or of its first warning.
func (e syncEntry) why() string {
	switch {
	case e.Error != nil:
		return e.Error.Code
	case len(e.Warnings) > 0:
		return e.Warnings[0].Code
	}
	return "–"
}

func statusColour(s domain.Status) colour {
	switch s {
	case domain.Succeeded:
		return green
	case domain.Failed:
		return red
	case domain.Waiting:
		return yellow
	}
	return uncoloured
}

func printTroubles(w io.Writer, list []syncEntry) error {
	var err error
	for _, e := range list {
		if e.Error != nil {
			err = errors.Join(err, printTrouble(w, e))
		}
	}
	return err
}

func printTrouble(w io.Writer, e syncEntry) error {
	_, err := fmt.Fprintf(w, "\n%s of %s (%s): %s\n  To do: %s\n", e.Status, e.Matter, e.Error.Code, words.Sentence(e.Error.Message), words.Sentence(e.Error.Remedy))
	if e.NextAttemptAt != nil {
		_, next := fmt.Fprintf(w, "  Next attempt: %s UTC\n", e.NextAttemptAt.UTC().Format(time.DateTime))
		err = errors.Join(err, next)
	}
	return err
}

// matterLabel names a matter by ids only: an operator's output may be kept.
func matterLabel(e syncEntry) string {
	if e.CaseNumber == "" {
		return e.Matter
	}
	return e.Matter + " (" + e.CaseNumber + ")"
}

func took(e syncEntry) string {
	if e.StartedAt == nil || e.FinishedAt == nil {
		return "–"
	}
	return e.FinishedAt.Sub(e.QueuedAt).Round(100 * time.Millisecond).String()
}
