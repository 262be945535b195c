package cli

import (
	"fmt"

	"github.com/casehug/smokeball-sync/internal/engine"
)

// versionCmd prints the version.
type versionCmd struct {
	JSON bool `name:"json" help:"For programs."`
}

// Run prints it.
func (c *versionCmd) Run(t *terminal) error {
	if c.JSON {
		_, err := fmt.Fprintf(t.out, "{\"version\":%q}\n", engine.Version())
		return err
	}
	_, err := fmt.Fprintln(t.out, "smokeball-sync", engine.Version())
	return err
}
