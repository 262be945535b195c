package cli

import (
	"errors"
	"fmt"
)

// readyCmd tells by its exit code whether the engine of this machine can take work, for health
// checks of containers and scripts.
type readyCmd struct {
	Config  string `name:"config" help:"YAML file with settings ($$ENGINE_CONFIG)." placeholder:"FILE"`
	DataDir string `name:"data-dir" setting:"ENGINE_DATA_DIR" default:"./data" help:"The engine's data directory ($$ENGINE_DATA_DIR)."`
}

var errNotRunning = errors.New("no engine runs on this data directory, or it does not answer")

// Run asks the running engine.
func (c *readyCmd) Run(t *terminal) error {
	running, runs, err := runningEngine(t.ctx, c.DataDir)
	if err == nil && !runs {
		err = errNotRunning
	}
	if err == nil {
		err = running.get(t.ctx, "/readyz", nil)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, "The engine is ready.")
	return err
}
