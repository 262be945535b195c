package cli

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// eraseListCmd lists the erasures of all firms.
type eraseListCmd struct {
	where `embed:""`
	Out   string `name:"out" help:"Write the signed list to this file, for “restore --erasures”. Keep it apart from the data directory." placeholder:"FILE"`
}

// Run lists them.
func (c *eraseListCmd) Run(t *terminal) (err error) {
	o, err := openOperator(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	var list api.ErasureList
	if err := o.ask(t.ctx, "/v1/operator/erasures", &list); err != nil {
		return err
	}
	if c.Out != "" {
		if err := c.write(t, list); err != nil || !c.JSON {
			return err
		}
	}
	if c.JSON {
		return printJSON(t.out, list)
	}
	if len(list.Items) == 0 {
		_, err := fmt.Fprintln(t.out, "Nothing was erased.")
		return err
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ERASURE\tFIRM\tOF\tMATTERS\tCLIENTS\tREQUESTED\tDONE")
	for _, r := range list.Items {
		of, done := "matter "+r.Matter, "–"
		if r.Client != "" {
			of = "client " + r.Client
		}
		if r.Done != nil {
			done = r.Done.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", r.ID, r.Firm, of, len(r.Matters), len(r.Clients), r.At.UTC().Format(time.RFC3339), done)
	}
	return table.Flush()
}

// write puts the list in a file.
func (c *eraseListCmd) write(t *terminal, list api.ErasureList) error {
	if err := engine.WriteErasures(c.Out, list); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	if c.JSON {
		return nil
	}
	_, err := fmt.Fprintf(t.out, "Wrote %s to %s, signed, up to ledger position %d.\n", counted(len(list.Items), "erasure"), c.Out, list.Position)
	return err
}
