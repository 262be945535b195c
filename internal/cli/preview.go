package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
)

// previewCmd shows what a sync would send.
type previewCmd struct {
	where  `embed:""`
	Firm   string `arg:"" help:"The firm's id."`
	Matter string `arg:"" help:"The matter's id in CaseHug."`
	Bodies bool   `name:"bodies" help:"Show the bodies of the calls, too. They hold names and addresses."`
}

// Run prints the preview.
func (c *previewCmd) Run(t *terminal) (err error) {
	o, err := openFirm(t.ctx, c.DataDir, c.Firm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	var p reading.PreviewBody
	if err := o.tell(t.ctx, http.MethodPost, "/v1/firms/"+url.PathEscape(c.Firm)+"/matters/"+url.PathEscape(c.Matter)+"/preview", &p); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, p)
	}
	return printPreview(t, p, c.Bodies)
}

// printPreview prints a line for each call, then what the sync would wait for or warn of.
func printPreview(t *terminal, p reading.PreviewBody, bodies bool) error {
	if err := printCalls(t, p, bodies); err != nil {
		return err
	}
	var b bytes.Buffer
	for _, d := range p.Documents {
		size := ""
		if d.Size != nil {
			size = fmt.Sprintf(", %d bytes", *d.Size)
		}
		fmt.Fprintf(&b, "document %s%s\n", d.ID, size)
	}
	fmt.Fprintf(&b, "Outcome: %s\n", p.Outcome)
	for _, x := range p.Warnings {
		fmt.Fprintf(&b, "\n%s: %s\n", x.Code, x.Message)
		if x.Remedy != "" {
			fmt.Fprintf(&b, "  To do: %s\n", x.Remedy)
		}
	}
	_, err := b.WriteTo(t.out)
	return err
}

// printCalls prints the calls and what they take. Bodies are whole, however wide the terminal is.
func printCalls(t *terminal, p reading.PreviewBody, bodies bool) error {
	if len(p.Calls) == 0 {
		_, err := fmt.Fprintln(t.out, "A sync would make no call.")
		return err
	}
	rows, width := columns{header: []string{"", "CALL", "WHY"}}, t.width
	if bodies {
		width = 0
	}
	for i, c := range p.Calls {
		path := c.Path
		if u, err := url.Parse(c.Path); err == nil && !bodies {
			path = u.Path // a query may hold an e-mail address
		}
		rows.row(strconv.Itoa(i+1), c.Method+" "+path, c.Why)
		var body bytes.Buffer
		if bodies && json.Compact(&body, c.Body) == nil && body.String() != "null" {
			rows.row("", body.String(), "")
		}
	}
	if err := rows.print(t.out, width); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.out, "\n%s, about %s s with the allowance to itself. Nothing was sent.\n", counted(len(p.Calls), "call"), strconv.FormatFloat(p.Estimate.Seconds, 'f', -1, 64))
	return err
}

// counted returns a number with its noun in the singular or plural.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
