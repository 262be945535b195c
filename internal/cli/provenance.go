package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// provenanceCmd shows where the values of a matter come from.
type provenanceCmd struct {
	where  `embed:""`
	Firm   string `arg:"" help:"The firm's id."`
	Matter string `arg:"" help:"The matter's id in CaseHug."`
}

// provenance is what the table shows. Programs get the API's own answer.
type provenance struct {
	Fields []struct {
		Field   string `json:"field"`
		Client  string `json:"client_id"`
		CaseHug string `json:"casehug"`
		There   string `json:"smokeball"`
		State   string `json:"state"`
		From    struct {
			Source string    `json:"source"`
			ID     string    `json:"id"`
			At     time.Time `json:"at"`
			Proof  proof     `json:"proof"`
		} `json:"from"`
		Mapping struct {
			ID       string `json:"id"`
			Revision int    `json:"revision"`
		} `json:"mapping"`
		Sent      *proven `json:"sent"`
		Confirmed *proven `json:"confirmed"`
	} `json:"fields"`
	Chains   []proof `json:"chains"`
	Position uint64  `json:"position"`
}

// proof is a fact in the ledger.
type proof struct {
	Position uint64 `json:"position"`
	Stream   string `json:"stream"`
	Version  uint64 `json:"version"`
	Hash     string `json:"hash"`
}

// proven is a call, or what showed a value.
type proven struct {
	At      time.Time `json:"at"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Request string    `json:"request_id"`
	Sync    string    `json:"sync_id"`
	By      string    `json:"by"`
	Proof   proof     `json:"proof"`
}

// Help says what the figures in brackets are.
func (provenanceCmd) Help() string {
	return "For each field: the event of CaseHug that gave its value, the mapping, the call that wrote it to Smokeball, and what showed it there. [n] is the position of that fact in the ledger. " +
		"The streams are read from the ledger for it, and their hash chains are checked on the way."
}

// Run prints where the values come from.
func (c *provenanceCmd) Run(t *terminal) error {
	return c.with(t, c.Firm, func(o *operator) error {
		var answer json.RawMessage
		if err := o.ask(t.ctx, "/v1/firms/"+url.PathEscape(c.Firm)+"/matters/"+url.PathEscape(c.Matter)+"/provenance", &answer); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(t.out, answer)
		}
		var p provenance
		if err := json.Unmarshal(answer, &p); err != nil {
			return err
		}
		return p.print(t)
	})
}

func (p provenance) print(t *terminal) error {
	rows := columns{header: []string{"FIELD", "OF", "CASEHUG", "FROM (UTC)", "MAPPING", "WRITTEN (UTC)", "SMOKEBALL", "SHOWN BY (UTC)", "STATE"}}
	for _, f := range p.Fields {
		mapping := cmp.Or(f.Mapping.ID, "–")
		if f.Mapping.Revision > 0 {
			mapping += fmt.Sprintf(" (revision %d)", f.Mapping.Revision)
		}
		rows.row(f.Field, cmp.Or(f.Client, "–"), cmp.Or(f.CaseHug, "–"), fmt.Sprintf("%s %s %s", moment(&f.From.At), f.From.ID, f.From.Proof), mapping,
			f.Sent.words(), cmp.Or(f.There, "–"), f.Confirmed.words(), f.State)
	}
	if err := rows.print(t.out, t.width); err != nil {
		return err
	}
	chains := columns{header: []string{"LEDGER", "PLACE", "POSITION", "HASH"}}
	for _, c := range p.Chains {
		chains.row(c.Stream, fmt.Sprint(c.Version), fmt.Sprint(c.Position), c.Hash)
	}
	if _, err := fmt.Fprintf(t.out, "\nRead up to ledger position %d. The hash of each stream's last fact is over all facts before it:\n\n", p.Position); err != nil {
		return err
	}
	return chains.print(t.out, 0)
}

// String is where the fact stands, in brackets.
func (p proof) String() string { return fmt.Sprintf("[%d]", p.Position) }

// words are the call or the showing in a cell.
func (p *proven) words() string {
	if p == nil {
		return "–"
	}
	words := []string{moment(&p.At)}
	for _, part := range []string{p.By, p.Method, p.Path, p.Request} {
		if part != "" {
			words = append(words, part)
		}
	}
	return strings.Join(append(words, p.Proof.String()), " ")
}
