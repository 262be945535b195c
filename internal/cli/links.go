package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
)

// searchCmd searches Smokeball's matters.
type searchCmd struct {
	where `embed:""`
	Firm  string   `arg:"" help:"The firm's id."`
	Text  []string `arg:"" optional:"" help:"Name, number or client; without, any matter."`
}

// Run prints what was found.
func (c *searchCmd) Run(t *terminal) error {
	return c.with(t, c.Firm, func(o *operator) error {
		var found struct {
			Items []reading.FoundMatter `json:"items"`
			More  bool                  `json:"more"`
		}
		path := query("/v1/firms/"+url.PathEscape(c.Firm)+"/smokeball/matters", map[string]string{"q": strings.Join(c.Text, " ")})
		if err := o.ask(t.ctx, path, &found); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, found)
		}
		return printFound(t, found.Items, found.More)
	})
}

func printFound(t *terminal, list []reading.FoundMatter, more bool) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(t.out, "Smokeball finds nothing.")
		return err
	}
	rows := columns{header: []string{"SMOKEBALL MATTER", "NUMBER", "NAME", "CLIENT", "STATUS", "LINKED TO"}, spare: []string{"STATUS"}}
	for _, m := range list {
		var clients []string
		for _, c := range m.Clients {
			clients = append(clients, orDash(c.Name))
		}
		rows.row(string(m.ID), cmp.Or(m.Number, "–"), cmp.Or(m.Name, "–"), cmp.Or(strings.Join(clients, ", "), "–"), string(m.Status), orDash(m.LinkedTo))
	}
	if err := rows.print(t.out, t.width); err != nil || !more {
		return err
	}
	_, err := fmt.Fprintln(t.out, "Smokeball has more matches: search for more of the name or the number.")
	return err
}

func orDash[T ~string](p *T) string {
	if p == nil || *p == "" {
		return "–"
	}
	return string(*p)
}

// linkCmd links a matter.
type linkCmd struct {
	where     `embed:""`
	Firm      string `arg:"" help:"The firm's id."`
	Matter    string `arg:"" help:"The matter's id in CaseHug."`
	Smokeball string `arg:"" help:"The id of Smokeball's matter, as search shows it."`
	Client    string `name:"client" enum:"keep,add,same," default:"" help:"If the client there is not known to be CaseHug's: keep the clients there, add CaseHug's, or say that the contact is the same person."`
	Contact   string `name:"contact" help:"With --client same: the contact, if there are several candidates."`
}

// Run links it.
func (c *linkCmd) Run(t *terminal) error {
	return c.with(t, c.Firm, func(o *operator) error {
		body := map[string]string{"smokeball_matter_id": c.Smokeball}
		for name, value := range map[string]string{"client": c.Client, "contact_id": c.Contact} {
			if value != "" {
				body[name] = value
			}
		}
		var m linkedMatter
		if err := o.send(t.ctx, http.MethodPost, linkPath(c.Firm, c.Matter), body, &m); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, m)
		}
		_, err := fmt.Fprintf(t.out, "Matter %s of firm %s is linked to Smokeball's matter %s. Nothing was overwritten there.\n", c.Matter, c.Firm, orDash(m.Smokeball.ID))
		return err
	})
}

// linkedMatter is a matter with its link.
type linkedMatter struct {
	ID        string `json:"matter_id"`
	Firm      string `json:"firm_id"`
	Title     string `json:"title"`
	Smokeball struct {
		ID *string `json:"matter_id"`
	} `json:"smokeball"`
	Position uint64 `json:"position"`
}

// unlinkCmd unlinks a matter.
type unlinkCmd struct {
	where  `embed:""`
	Firm   string `arg:"" help:"The firm's id."`
	Matter string `arg:"" help:"The matter's id in CaseHug."`
}

// Run unlinks it.
func (c *unlinkCmd) Run(t *terminal) error {
	return c.with(t, c.Firm, func(o *operator) error {
		var m linkedMatter
		if err := o.tell(t.ctx, http.MethodDelete, linkPath(c.Firm, c.Matter), &m); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, m)
		}
		_, err := fmt.Fprintf(t.out, "Matter %s of firm %s is unlinked. What is in Smokeball stays there; no sync makes another matter until somebody asks for one.\n", c.Matter, c.Firm)
		return err
	})
}

func linkPath(firm, matter string) string {
	return "/v1/firms/" + url.PathEscape(firm) + "/matters/" + url.PathEscape(matter) + "/link"
}

// with calls f with the engine that has the firm.
func (c *where) with(t *terminal, firm string, f func(*operator) error) (err error) {
	o, err := openFirm(t.ctx, c.DataDir, firm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	return f(o)
}
