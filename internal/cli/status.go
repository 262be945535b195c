package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
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

// Run prints the status.
func (c *statusCmd) Run(t *terminal) (err error) {
	o, err := openOperator(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	list, err := c.ask(t, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, list)
	}
	rows, err := decodeAll[firmStatus](list)
	if err != nil {
		return err
	}
	if err := printStatus(t, rows); err != nil {
		return err
	}
	o.warnOfTrouble(t)
	return nil
}

// ask lists the connections as the API shows them.
func (c *statusCmd) ask(t *terminal, o *operator) ([]json.RawMessage, error) {
	if c.Firm != "" {
		if _, err := o.firms(t.ctx, c.Firm); err != nil {
			return nil, err
		}
		list := make([]json.RawMessage, 1)
		return list, o.ask(t.ctx, "/v1/firms/"+url.PathEscape(c.Firm)+"/connection", &list[0])
	}
	page := struct {
		Items []json.RawMessage `json:"items"`
	}{Items: []json.RawMessage{}}
	err := o.ask(t.ctx, "/v1/operator/firms", &page)
	return page.Items, err
}

func printStatus(t *terminal, list []firmStatus) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(t.out, "No firm is known yet. A firm appears with its first event or connection.")
		return err
	}
	rows := columns{header: []string{"FIRM", "STATUS", "SMOKEBALL ACCOUNT", "REAUTHORIZE BY", "WEBHOOKS", "WAITING", "RUNNING", "STALLED", "LAST SUCCESS (UTC)", "LAST ERROR"}, spare: []string{"STALLED", "RUNNING", "REAUTHORIZE BY", "SMOKEBALL ACCOUNT", "LAST SUCCESS (UTC)"}}
	for _, f := range list {
		account, trouble := "–", "–"
		if f.Account != nil {
			account = cmp.Or(f.Account.Name, f.Account.ID)
		}
		if f.LastError != nil {
			trouble = f.LastError.Code
			if f.LastError.Since != nil {
				trouble += " since " + moment(f.LastError.Since)
			}
		}
		rows.row(f.Firm, f.Status, account, day(f.ReauthorizeBy), cmp.Or(f.Webhooks.Status, "none"),
			fmt.Sprint(f.Queue.Waiting), fmt.Sprint(f.Queue.Running), fmt.Sprint(f.Queue.Stalled), moment(f.LastSuccessAt), trouble)
	}
	return rows.print(t.out, t.width)
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
