package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
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

// readErasures reads a list of erasures; nil without a file. One that was cut, or is another thing, is
// refused as a whole: what it lacks would come back.
func readErasures(path string) (*domain.ErasureList, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &config.UsageError{Err: fmt.Errorf("--erasures: %w", err)}
	}
	var file api.ErasureList
	if err := json.Unmarshal(text, &file); err != nil || file.Items == nil {
		return nil, &config.UsageError{Err: errors.Join(fmt.Errorf("--erasures: %s is no list of erasures; it needs what “smokeball-sync erase list --out FILE” wrote", path), err)}
	}
	list := file.List()
	for i, e := range list.Entries {
		if !e.Valid() {
			return nil, &config.UsageError{Err: fmt.Errorf("--erasures: entry %d of %s, %s, is no erasure; it needs what “smokeball-sync erase list --out FILE” wrote", i+1, path, e.ID)}
		}
	}
	return &list, nil
}

// write puts the list in a file, which has the old list or the whole new one at any time.
func (c *eraseListCmd) write(t *terminal, list api.ErasureList) error {
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := engine.WritePrivate(c.Out, append(text, '\n')); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	if c.JSON {
		return nil
	}
	_, err = fmt.Fprintf(t.out, "Wrote %s to %s, signed, up to ledger position %d.\n", counted(len(list.Items), "erasure"), c.Out, list.Position)
	return err
}
