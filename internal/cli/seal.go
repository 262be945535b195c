package cli

import (
	"fmt"

	"github.com/casehug/smokeball-sync/internal/engine"
)

// sealCmd seals a ledger that was written before ledgers were sealed.
type sealCmd struct {
	where         `embed:""`
	MasterKeyFile string `name:"master-key-file" setting:"ENGINE_MASTER_KEY_FILE" help:"The master key file; by default in the data directory ($$ENGINE_MASTER_KEY_FILE)." placeholder:"FILE"`
}

// Run seals it.
func (c *sealCmd) Run(t *terminal) error {
	s, err := engine.SealLedger(t.ctx, c.DataDir, c.MasterKeyFile)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, s)
	}
	_, err = fmt.Fprintf(t.out, "The ledger is sealed: %d of its %d events were not. Its %d signatures fitted and were made again; ledger.sealed says how the old ledger and the new one belong together.\n"+
		"Backups that were made before hold the old one in plain text: let them end.\n", s.Sealed, s.Events, s.Signatures)
	return err
}
