package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// deadLettersCmd manages dead letters.
type deadLettersCmd struct {
	List    deadLettersListCmd    `cmd:"" default:"withargs" help:"List them, newest first (the default)."`
	Show    deadLettersShowCmd    `cmd:"" help:"Show one in full: the event as received, and why it could not be taken in."`
	Retry   deadLettersRetryCmd   `cmd:"" help:"Take one in again."`
	Discard deadLettersDiscardCmd `cmd:"" help:"Discard one; it stays readable."`
}

// deadLettersAt names the engine, and the firm.
type deadLettersAt struct {
	where `embed:""`
	Firm  string `name:"firm" help:"Only of this firm; “~” stands for events that name none."`
}

type deadLettersListCmd struct {
	deadLettersAt `embed:""`
	Status        string `name:"status" default:"open" help:"open, taken_in or discarded."`
	Limit         int    `name:"limit" default:"50" help:"At most so many for each firm (500 at most)."`
}

// deadLetterAt names one dead letter.
type deadLetterAt struct {
	deadLettersAt `embed:""`
	ID            string `arg:"" help:"The dead letter's id, as dead-letters list and the log show it."`
}

type deadLettersShowCmd struct {
	deadLetterAt `embed:""`
}

type deadLettersRetryCmd struct {
	deadLetterAt `embed:""`
}

type deadLettersDiscardCmd struct {
	deadLetterAt `embed:""`
}

// deadLetter is one as the engine's API shows it.
type deadLetter struct {
	ID       string              `json:"id"`
	Firm     string              `json:"firm_id"`
	Status   string              `json:"status"`
	Subject  string              `json:"subject"`
	Type     string              `json:"type"`
	Source   string              `json:"source"`
	EventID  string              `json:"event_id"`
	Code     string              `json:"code"`
	Reasons  []domain.FieldFault `json:"reasons"`
	Remedy   string              `json:"remedy"`
	Received time.Time           `json:"received_at"`
	Attempts int                 `json:"attempts"`
	LastTry  *deadLetterAction   `json:"last_attempt"`
	Settled  *deadLetterAction   `json:"settled"`
	Size     int                 `json:"size_bytes"`
	Complete bool                `json:"complete"`
	Payload  json.RawMessage     `json:"payload"`
}

// deadLetterAction is a person's action.
type deadLetterAction struct {
	By   string    `json:"by"`
	Name string    `json:"name,omitempty"`
	At   time.Time `json:"at"`
}

// Run prints the list.
func (c *deadLettersListCmd) Run(t *terminal) error {
	return c.with(t, func(o *operator, firms []string) error {
		list := []deadLetter{}
		for _, f := range firms {
			var page struct {
				Items []deadLetter `json:"items"`
			}
			path := query(deadLettersPath(f), map[string]string{"status": c.Status, "limit": fmt.Sprint(c.Limit)})
			if err := o.ask(t.ctx, path, &page); err != nil {
				return err
			}
			list = append(list, page.Items...)
		}
		if len(list) == 0 && c.Firm != "" && c.Firm != string(domain.Nobody) {
			// A firm may have nothing but dead letters, so an unknown firm is an error only here.
			if _, err := o.firms(t.ctx, c.Firm); err != nil {
				return err
			}
		}
		if c.JSON {
			return printJSON(t.out, list)
		}
		return printDeadLetters(t, list)
	})
}

// Run prints one.
func (c *deadLettersShowCmd) Run(t *terminal) error {
	return c.on(t, func(_ *operator, l deadLetter) error {
		if c.JSON {
			return printJSON(t.out, l)
		}
		return printDeadLetter(t.out, l)
	})
}

// Run retries one.
func (c *deadLettersRetryCmd) Run(t *terminal) error {
	return c.settle(t, http.MethodPost, "/retry", "is taken in")
}

// Run discards one.
func (c *deadLettersDiscardCmd) Run(t *terminal) error {
	return c.settle(t, http.MethodDelete, "", "is discarded")
}

// settle requests an action on the dead letter, and prints the result.
func (c *deadLetterAt) settle(t *terminal, method, action, what string) error {
	return c.on(t, func(o *operator, l deadLetter) error {
		if err := o.tell(t.ctx, method, deadLetterPath(l.Firm, l.ID)+action, &l); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, l)
		}
		of := "of firm " + l.Firm
		if l.Firm == string(domain.Nobody) {
			of = "of no firm"
		}
		_, err := fmt.Fprintf(t.out, "The event %s %s %s.\n", l.ID, of, what)
		return err
	})
}

func deadLettersPath(firm string) string {
	return "/v1/firms/" + url.PathEscape(firm) + "/dead-letters"
}

func deadLetterPath(firm, id string) string { return deadLettersPath(firm) + "/" + url.PathEscape(id) }

// with calls f with the running engine, or with its ledger if none runs, and the requested firms.
func (c *deadLettersAt) with(t *terminal, f func(o *operator, firms []string) error) (err error) {
	o, err := openOperator(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if c.Firm != "" {
		return f(o, []string{c.Firm})
	}
	firms, err := o.firms(t.ctx, "")
	if err != nil {
		return err
	}
	return f(o, append([]string{string(domain.Nobody)}, firms...))
}

// on calls f with the dead letter that has the id.
func (c *deadLetterAt) on(t *terminal, f func(*operator, deadLetter) error) error {
	return c.with(t, func(o *operator, firms []string) error {
		for _, firm := range firms {
			l, found, err := findDeadLetter(t.ctx, o, firm, c.ID)
			if err != nil {
				return err
			}
			if found {
				return f(o, l)
			}
		}
		return fmt.Errorf("there is no dead letter %s; “dead-letters list” shows the open ones, with --status taken_in or --status discarded the others", c.ID)
	})
}

func findDeadLetter(ctx context.Context, o *operator, firm, id string) (l deadLetter, found bool, err error) {
	err = o.ask(ctx, deadLetterPath(firm, id), &l)
	var refused *refusedError
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return l, false, nil
	}
	return l, err == nil, err
}

// printDeadLetters prints a line for each. Only show prints the event, which may be personal data.
func printDeadLetters(t *terminal, list []deadLetter) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(t.out, "None. Events that can't be taken in appear here.")
		return err
	}
	rows := columns{header: []string{"RECEIVED (UTC)", "ID", "FIRM", "TYPE", "STATUS", "CODE", "FIRST REASON"}, spare: []string{"STATUS", "CODE", "TYPE"}}
	for _, l := range list {
		rows.row(l.Received.UTC().Format(time.DateTime), l.ID, l.Firm, cmp.Or(l.Type, "–"), l.Status, l.Code, firstReason(l))
	}
	return rows.print(t.out, t.width)
}

func firstReason(l deadLetter) string {
	if len(l.Reasons) == 0 {
		return "–"
	}
	text := reasonText(l.Reasons[0])
	if more := len(l.Reasons) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

func reasonText(f domain.FieldFault) string { return cmp.Or(f.Field, "the event") + " " + f.Reason }

func printDeadLetter(w io.Writer, l deadLetter) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{{"id", l.ID}, {"firm", l.Firm}, {"status", l.Status}, {"received", l.Received.UTC().Format(time.DateTime)},
		{"subject", l.Subject}, {"type", l.Type}, {"event", l.EventID}, {"source", l.Source}, {"code", l.Code},
		{"last attempt", auditText(l.LastTry)}, {"settled", auditText(l.Settled)}, {"size", fmt.Sprintf("%d bytes", l.Size)}} {
		if line[1] != "" {
			fmt.Fprintf(table, "%s\t%s\n", line[0], line[1])
		}
	}
	for _, f := range l.Reasons {
		fmt.Fprintf(table, "reason\t%s\n", reasonText(f))
	}
	if l.Remedy != "" {
		fmt.Fprintf(table, "to do\t%s\n", l.Remedy)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	what := "Event as received:"
	if !l.Complete {
		what = "Beginning of the event as received, in base64:"
	}
	fmt.Fprintf(w, "\n%s\n", what)
	return printJSON(w, l.Payload)
}

func auditText(d *deadLetterAction) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s by %s", d.At.UTC().Format(time.DateTime), cmp.Or(d.Name, d.By))
}
