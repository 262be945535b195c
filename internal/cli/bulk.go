package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// bulkCmd manages bulk syncs, which “sync” starts.
type bulkCmd struct {
	List   bulkListCmd   `cmd:"" default:"withargs" help:"List a firm's bulk syncs, newest first (the default)."`
	Show   bulkShowCmd   `cmd:"" help:"Show the progress of one."`
	Pause  bulkPauseCmd  `cmd:"" help:"Start no further matters for now."`
	Resume bulkResumeCmd `cmd:"" help:"Go on after a pause."`
	Cancel bulkCancelCmd `cmd:"" help:"Start no further matters; what is done stays."`
	Report bulkReportCmd `cmd:"" help:"Print the outcome of each matter."`
}

type bulkListCmd struct {
	where `embed:""`
	Firm  string `arg:"" help:"The firm's id."`
	Limit int    `name:"limit" default:"50" help:"At most so many (500 at most)."`
}

// bulkAt names one bulk sync.
type bulkAt struct {
	where `embed:""`
	Firm  string `arg:"" help:"The firm's id."`
	ID    string `arg:"" help:"The bulk sync's id."`
}

type (
	bulkShowCmd struct {
		bulkAt `embed:""`
	}
	bulkPauseCmd struct {
		bulkAt `embed:""`
	}
	bulkResumeCmd struct {
		bulkAt `embed:""`
	}
	bulkCancelCmd struct {
		bulkAt `embed:""`
	}
	bulkReportCmd struct {
		bulkAt `embed:""`
		CSV    bool `name:"csv" help:"For spreadsheets."`
	}
)

func bulksPath(firm string) string { return "/v1/firms/" + url.PathEscape(firm) + "/bulk-syncs" }

func bulkPath(firm, id string) string { return bulksPath(firm) + "/" + url.PathEscape(id) }

// Run prints the list.
func (c *bulkListCmd) Run(t *terminal) (err error) {
	o, err := openFirm(t.ctx, c.DataDir, c.Firm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	var page struct {
		Items []reading.BulkBody `json:"items"`
	}
	if err := o.ask(t.ctx, query(bulksPath(c.Firm), map[string]string{"limit": fmt.Sprint(c.Limit)}), &page); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, page.Items)
	}
	if len(page.Items) == 0 {
		_, err := fmt.Fprintln(t.out, "No bulk syncs. “sync FIRM --all” starts one.")
		return err
	}
	rows := columns{header: []string{"STARTED (UTC)", "ID", "STATUS", "MATTERS", "DONE", "SKIPPED", "FAILED", "WAITING", "CALLS"}, spare: []string{"CALLS", "SKIPPED"}}
	for _, b := range page.Items {
		rows.row(b.Started.UTC().Format(time.DateTime), string(b.ID), string(b.Status), fmt.Sprint(b.Total), fmt.Sprint(b.Done), fmt.Sprint(b.Skipped), fmt.Sprint(b.Failed), fmt.Sprint(b.Waiting),
			fmt.Sprintf("%d of %d", b.Calls.Made, b.Calls.Estimated))
	}
	return rows.print(t.out, t.width)
}

// Run shows it.
func (c *bulkShowCmd) Run(t *terminal) error { return c.do(t, http.MethodGet, "") }

// Run pauses it.
func (c *bulkPauseCmd) Run(t *terminal) error { return c.do(t, http.MethodPost, "/pause") }

// Run resumes it.
func (c *bulkResumeCmd) Run(t *terminal) error { return c.do(t, http.MethodPost, "/resume") }

// Run cancels it.
func (c *bulkCancelCmd) Run(t *terminal) error { return c.do(t, http.MethodDelete, "") }

// Run prints the report.
func (c *bulkReportCmd) Run(t *terminal) (err error) {
	o, err := openFirm(t.ctx, c.DataDir, c.Firm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	r := apiRequest{method: http.MethodGet, path: bulkPath(c.Firm, c.ID) + "/report", accept: "application/json"}
	if c.CSV {
		r.accept = "text/csv"
	}
	if c.JSON || c.CSV {
		var text []byte
		if err := o.do(t.ctx, r, &text); err != nil {
			return err
		}
		_, err := t.out.Write(append(text, '\n'))
		return err
	}
	lines, err := reportOf(t, o, c.Firm, c.ID)
	if err != nil {
		return err
	}
	return printReport(t, lines)
}

// reportOf asks for the report of a bulk sync.
func reportOf(t *terminal, o *operator, firm, id string) ([]reading.ReportLine, error) {
	var report struct {
		Items []reading.ReportLine `json:"items"`
	}
	err := o.do(t.ctx, apiRequest{method: http.MethodGet, path: bulkPath(firm, id) + "/report", accept: "application/json"}, &report)
	return report.Items, err
}

// reasonsShown is how many matters that failed are named when a bulk sync ends.
const reasonsShown = 20

// printReasons says why matters failed, and what to do.
func printReasons(t *terminal, lines []reading.ReportLine, firm, id string) error {
	lines = slices.DeleteFunc(lines, func(l reading.ReportLine) bool { return l.Outcome != domain.BulkFailed })
	for _, l := range lines[:min(len(lines), reasonsShown)] {
		if _, err := fmt.Fprintf(t.out, "%s failed (%s): %s\n", l.Matter, l.Code, strings.TrimSpace(words.Sentence(l.Message)+" "+words.Sentence(l.Remedy))); err != nil {
			return err
		}
	}
	if len(lines) <= reasonsShown {
		return nil
	}
	_, err := fmt.Fprintf(t.out, "%d more failed; “bulk report %s %s” shows all.\n", len(lines)-reasonsShown, firm, id)
	return err
}

func printReport(t *terminal, lines []reading.ReportLine) error {
	rows := columns{header: []string{"MATTER", "NUMBER", "OUTCOME", "SYNC NOW", "CODE", "CANDIDATES", "WHY"}, spare: []string{"SYNC NOW", "CANDIDATES"}}
	for _, l := range lines {
		outcome := l.Outcome
		switch {
		case outcome == "" && l.Status == "":
			outcome = "not started"
		case outcome == "":
			outcome = "on its way"
		}
		rows.row(string(l.Matter), l.CaseNumber, string(outcome), string(l.Status), string(l.Code), fmt.Sprint(len(l.Candidates)), l.Message)
	}
	return rows.print(t.out, t.width)
}

// do posts an action on the bulk sync, and prints the result.
func (c *bulkAt) do(t *terminal, method, action string) (err error) {
	o, err := openFirm(t.ctx, c.DataDir, c.Firm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	var b reading.BulkBody
	if err := o.do(t.ctx, apiRequest{method: method, path: bulkPath(c.Firm, c.ID) + action}, &b); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, b)
	}
	return printBulk(t.out, b)
}

// printBulk prints one bulk sync.
func printBulk(w io.Writer, b reading.BulkBody) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "bulk sync\t%s\nstatus\t%s\nmatters\t%d\n", b.ID, b.Status, b.Total)
	if b.Estimate {
		fmt.Fprintf(table, "estimate\t%s, %g s with the allowance to itself\n", words.Plural(b.Calls.Estimated, "call"), b.Expects.Seconds)
		fmt.Fprintf(table, "of these\t%s, %s, %s to link, %d that would wait\n", words.Plural(b.Expects.NewClients, "new client"), words.Plural(b.Expects.Documents, "document"), words.Plural(b.Expects.Links, "matter"), b.Expects.Lacking)
		return table.Flush()
	}
	fmt.Fprintf(table, "done\t%d (%d of them linked)\nskipped\t%d\nfailed\t%d\nwaiting\t%d\n", b.Done, b.Linked, b.Skipped, b.Failed, b.Waiting)
	if b.LinkOnly {
		fmt.Fprintf(table, "to decide\t%d\nnot in Smokeball\t%d\n", b.Undecided, b.NotThere)
	}
	fmt.Fprintf(table, "calls\t%d of %d estimated\n", b.Calls.Made, b.Calls.Estimated)
	switch {
	case b.Status != domain.BulkRunning:
	case b.Eta == nil:
		fmt.Fprintln(table, "to go\tnot known yet")
	default:
		fmt.Fprintf(table, "to go\t%s\n", time.Duration(*b.Eta)*time.Second)
	}
	return table.Flush()
}
