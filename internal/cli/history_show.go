package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// Run shows one sync.
func (c *historyShowCmd) Run(t *terminal) (err error) {
	o, err := openOperator(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	firms, err := o.firms(t.ctx, c.Firm)
	if err != nil {
		return err
	}
	for _, f := range firms {
		var raw json.RawMessage
		err := o.ask(t.ctx, historyPath(f)+"/"+url.PathEscape(c.ID), &raw)
		var refused *refusedError
		switch {
		case errors.As(err, &refused) && refused.status == http.StatusNotFound:
			continue
		case err != nil:
			return err
		case c.JSON:
			return printJSON(t.out, raw)
		}
		var e syncEntry
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		return printSync(t, e)
	}
	return &failure{Code: domain.CodeNotFound, Message: "there is no sync " + c.ID, Remedy: "“smokeball-sync history” lists the syncs with their ids."}
}

// printSync prints what is known of a sync, then its steps.
func printSync(t *terminal, e syncEntry) error {
	head := [][2]string{{"sync", e.ID}, {"firm", e.Firm}, {"matter", matterLabel(e)}, {"trigger", e.Trigger}, {"requested by", e.RequestedBy},
		{"status", string(e.Status)}, {"queued", instant(&e.QueuedAt)}, {"started", instant(e.StartedAt)}, {"finished", instant(e.FinishedAt)},
		{"attempts", fmt.Sprint(e.Attempts)}, {"next attempt", instant(e.NextAttemptAt)}, {"Smokeball matter", e.Smokeball.Matter}}
	for _, id := range e.Smokeball.Contacts {
		head = append(head, [2]string{"Smokeball contact", id})
	}
	for _, f := range e.Smokeball.Files {
		head = append(head, [2]string{"Smokeball file", f.ID + " (document " + f.Document + ")"})
	}
	if e.Error != nil {
		head = append(head, [2]string{"why", e.Error.Code + ": " + words.Sentence(e.Error.Message)}, [2]string{"to do", words.Sentence(e.Error.Remedy)})
	}
	for _, w := range e.Warnings {
		head = append(head, [2]string{"warning", w.Code + ": " + words.Sentence(w.Message)})
	}
	for _, line := range head {
		if line[1] == "" {
			continue
		}
		if _, err := fmt.Fprintf(t.out, "%-17s  %s\n", line[0], line[1]); err != nil {
			return err
		}
	}
	return printSteps(t, e)
}

func printSteps(t *terminal, e syncEntry) error {
	if len(e.Steps) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(t.out); err != nil {
		return err
	}
	steps := columns{header: []string{"AT (UTC)", "STEP", "OUTCOME", "SMOKEBALL ID", "REQUEST"}}
	for _, s := range e.Steps {
		steps.row(s.At.UTC().Format(time.DateTime), s.Name, s.Outcome, cmp.Or(s.Smokeball, "–"), cmp.Or(s.Request, "–"))
	}
	return steps.print(t.out, t.width)
}

func instant(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime) + " UTC"
}
