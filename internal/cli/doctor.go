package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// doctorCmd checks the engine's health.
type doctorCmd struct {
	Check   doctorCheckCmd   `cmd:"" default:"withargs" help:"Check everything and say what to do (the default)."`
	Gather  doctorGatherCmd  `cmd:"" help:"Write what a helper needs to know into an archive: no secrets and no personal data."`
	Analyze doctorAnalyzeCmd `cmd:"" help:"Print the findings of an archive that gather wrote."`
}

// doctorAt names the engine. Its settings are checked if the engine does not run.
type doctorAt struct {
	config.Settings `embed:""`
	JSON            bool `name:"json" help:"For programs."`
}

type doctorCheckCmd struct {
	doctorAt `embed:""`
}

// Run checks and prints. It fails if anything does not work; warnings are no failure.
func (c *doctorCheckCmd) Run(t *terminal) error {
	r, err := c.examine(t.ctx)
	if err != nil {
		return err
	}
	return printHealth(t, r, c.JSON)
}

// examine asks the running engine, or reads the folder of one that does not run.
func (c *doctorAt) examine(ctx context.Context) (r doctor.Report, err error) {
	running, runs, err := runningEngine(ctx, c.DataDir)
	if err != nil {
		return r, err
	}
	if !runs {
		return engine.Examine(ctx, c.Settings)
	}
	if err := running.get(ctx, "/v1/operator/health?deep=true", &r); err != nil {
		return r, err
	}
	own := []doctor.Finding{{Code: doctor.Engine, Severity: doctor.OK, Found: "it runs at " + running.URL},
		sameVersion(engine.Version(), r.Version)}
	r.Findings = append(own, r.Findings...)
	return r, nil
}

func sameVersion(own, engines string) doctor.Finding {
	if own == engines {
		return doctor.Finding{Code: doctor.Version, Severity: doctor.OK, Found: own}
	}
	return doctor.Finding{Code: doctor.Version, Severity: doctor.Warning, Found: "this program is " + own + ", the engine is " + engines,
		Means: "a command may not know what the engine answers", Do: "run the engine's own program, or start the engine again with this one"}
}

// printHealth prints what was found, and fails if something does not work.
func printHealth(t *terminal, r doctor.Report, asJSON bool) error {
	show := func() error { return printFindings(t, r) }
	if asJSON {
		show = func() error { return printJSON(t.out, r) }
	}
	if err := show(); err != nil {
		return err
	}
	if doctor.Count(r.Findings, doctor.Failed) > 0 {
		return errExit(Failed)
	}
	return nil
}

// marks are the severities as the table shows them.
var marks = map[doctor.Severity]cell{
	doctor.OK: {"ok", green}, doctor.Warning: {"warning", yellow}, doctor.Failed: {"FAILED", red}, doctor.Skipped: {"skipped", uncoloured},
}

// printFindings prints a table, and below it what to do about each trouble.
func printFindings(t *terminal, r doctor.Report) error {
	rows := columns{header: []string{"CHECK", "RESULT", "ABOUT", "FOUND"}}
	for _, f := range r.Findings {
		rows.rows = append(rows.rows, []cell{{text: string(f.Code)}, marks[f.Severity], {text: orDash(&f.Subject)}, {text: foundOf(f)}})
	}
	if err := rows.print(t.out, t.width); err != nil {
		return err
	}
	for _, s := range []doctor.Severity{doctor.Failed, doctor.Warning} {
		for _, f := range r.Findings {
			if f.Severity == s {
				if err := printAdvice(t, f); err != nil {
					return err
				}
			}
		}
	}
	_, err := fmt.Fprintln(t.out, "\n"+verdict(r))
	return err
}

// foundOf is what was seen, in one line.
func foundOf(f doctor.Finding) string {
	text, _, _ := strings.Cut(f.Found, "\n")
	if len(f.Because) > 0 {
		var causes []string
		for _, c := range f.Because {
			causes = append(causes, string(c))
		}
		text += ": first " + strings.Join(causes, ", ")
	}
	return text
}

// printAdvice prints one trouble whole.
func printAdvice(t *terminal, f doctor.Finding) error {
	about := string(f.Code)
	if f.Subject != "" {
		about += " " + f.Subject
	}
	lines := []string{about + ": " + f.Found}
	for _, l := range []struct{ label, text string }{{"Means: ", f.Means}, {"To do: ", f.Do}, {"Run:   ", f.Command}} {
		if l.text != "" {
			lines = append(lines, "  "+l.label+l.text)
		}
	}
	lines = append(lines, "  More:  docs/doctor.md#"+string(f.Code))
	_, err := fmt.Fprintln(t.out, "\n"+strings.Join(lines, "\n"))
	return err
}

// verdict sums a report up.
func verdict(r doctor.Report) string {
	failed, warned, skipped := doctor.Count(r.Findings, doctor.Failed), doctor.Count(r.Findings, doctor.Warning), doctor.Count(r.Findings, doctor.Skipped)
	if failed+warned+skipped == 0 {
		return "Everything is in order."
	}
	text := fmt.Sprintf("%d failed, %s", failed, words.Plural(warned, "warning"))
	if skipped > 0 {
		text += fmt.Sprintf(", %d not checked", skipped)
	}
	return text + "."
}

// healthWithin is how long status waits for the quick checks.
const healthWithin = 3 * time.Second

// warnOfTrouble says on the error output what the running engine's quick checks found to be
// broken. Firms' own troubles stand in the table already.
func (o *operator) warnOfTrouble(t *terminal) {
	ctx, cancel := context.WithTimeout(t.ctx, healthWithin)
	defer cancel()
	var r doctor.Report
	if err := o.ask(ctx, "/v1/operator/health", &r); err != nil {
		return // an engine of an older version; the table has been printed
	}
	list := slices.DeleteFunc(r.Findings, func(f doctor.Finding) bool {
		return f.Severity != doctor.Failed || slices.Contains([]doctor.Code{doctor.Connection, doctor.Answers, doctor.Webhooks}, f.Code)
	})
	if f := doctor.FirstFailed(list); f != nil {
		fmt.Fprintf(t.err, "%s of the engine failed; the first is %s: %s. See smokeball-sync doctor.\n", words.Plural(len(list), "check"), f.Code, f.Found)
	}
}

type doctorGatherCmd struct {
	doctorAt `embed:""`
	File     string `arg:"" optional:"" default:"smokeball-sync-doctor.zip" help:"The archive to write; it must not exist yet."`
}

// Run writes the archive.
func (c *doctorGatherCmd) Run(t *terminal) error {
	r, err := c.examine(t.ctx)
	if err != nil {
		return err
	}
	a := archive{Report: r, Settings: c.Masked(), Files: filesIn(c.DataDir), Secrets: c.SecretValues()}
	if a.Firms, a.Metrics, err = c.observe(t.ctx); err != nil {
		return err
	}
	if err := a.write(c.File); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, map[string]string{"file": c.File})
	}
	_, err = fmt.Fprintln(t.out, "Written to "+c.File+": findings, settings without secrets, sizes of files, counts. Whoever gets it reads it with smokeball-sync doctor analyze.")
	return err
}

// observe reads each firm's state, and the metrics of a running engine.
func (c *doctorAt) observe(ctx context.Context) (firms []firmState, metrics []byte, err error) {
	o, err := openOperator(ctx, c.DataDir)
	if err != nil {
		return nil, nil, nil // the report says why the data can't be read
	}
	defer func() { err = errors.Join(err, o.close()) }()
	page := struct {
		Items []firmState `json:"items"`
	}{}
	if err := o.ask(ctx, "/v1/operator/firms", &page); err != nil {
		return nil, nil, err
	}
	return page.Items, metrics, o.ask(ctx, "/metrics", &metrics)
}

type doctorAnalyzeCmd struct {
	File string `arg:"" help:"The archive."`
	JSON bool   `name:"json" help:"For programs."`
}

// Run prints what the archive's report found.
func (c *doctorAnalyzeCmd) Run(t *terminal) error {
	r, err := readArchive(c.File)
	if err != nil {
		return err
	}
	if !c.JSON {
		fmt.Fprintf(t.out, "Gathered %s by version %s.\n\n", r.At.UTC().Format(time.RFC3339), r.Version)
	}
	return printHealth(t, r, c.JSON)
}
