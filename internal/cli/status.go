package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"text/tabwriter"
	"time"
)

// statusCmd shows each firm's connection.
type statusCmd struct {
	where `embed:""`
	Firm  string `arg:"" optional:"" help:"The firm's id; without one, every firm."`
}

// firmStatus is what the operator sees of a firm's connection.
type firmStatus struct {
	Firm    string `json:"firm_id"`
	Status  string `json:"status"`
	Account *struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"smokeball_account"`
	ReauthorizeBy *time.Time `json:"reauthorize_by"`
	Webhooks      struct {
		Status   string `json:"status"`
		Received int    `json:"received"`
	} `json:"webhooks"`
	LastSuccessAt *time.Time `json:"last_success_at"`
	LastError     *struct {
		Code    string     `json:"code"`
		Message string     `json:"message"`
		Remedy  string     `json:"remedy"`
		Since   *time.Time `json:"since,omitempty"`
	} `json:"last_error"`
	Queue struct {
		Waiting int `json:"waiting"`
		Running int `json:"running"`
		Stalled int `json:"stalled"`
	} `json:"queue"`
	Position uint64 `json:"position"`
}

func allFirms(t *terminal, o *operator) ([]firmStatus, error) {
	var page struct {
		Items []firmStatus `json:"items"`
	}
	err := o.ask(t.ctx, "/v1/operator/firms", &page)
	return page.Items, err
}

// Run prints the status.
func (c *statusCmd) Run(t *terminal) (err error) {
	o, err := openOperator(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	var list []firmStatus
	if c.Firm == "" {
		list, err = allFirms(t, o)
	} else {
		list = make([]firmStatus, 1)
		err = o.ask(t.ctx, "/v1/firms/"+url.PathEscape(c.Firm)+"/connection", &list[0])
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, list)
	}
	return printStatus(t.out, list)
}

func printStatus(w io.Writer, list []firmStatus) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No firm is known yet. A firm appears with its first event or connection.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FIRM\tSTATUS\tSMOKEBALL ACCOUNT\tREAUTHORIZE BY\tWEBHOOKS\tWAITING\tRUNNING\tSTALLED\tLAST SUCCESS\tLAST ERROR")
	for _, f := range list {
		account, failure := "–", "–"
		if f.Account != nil {
			account = f.Account.ID
		}
		if f.LastError != nil {
			failure = f.LastError.Code
			if f.LastError.Since != nil {
				failure += " since " + moment(f.LastError.Since)
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", f.Firm, f.Status, account, day(f.ReauthorizeBy), cmp.Or(f.Webhooks.Status, "none"),
			f.Queue.Waiting, f.Queue.Running, f.Queue.Stalled, moment(f.LastSuccessAt), failure)
	}
	return table.Flush()
}

func day(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.UTC().Format(time.DateOnly)
}

func moment(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.UTC().Format(time.DateTime)
}
