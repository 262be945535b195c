package cli

import (
	"log/slog"
	"os"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// serveCmd runs the engine.
type serveCmd struct {
	config.Settings `embed:""`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(t *terminal) error {
	if err := c.Check(); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(t.err, &slog.HandlerOptions{Level: c.Parsed.Level}))
	if limit := limitMemory(machine(), os.Getenv); limit > 0 {
		log.Debug("memory is limited", "bytes", limit)
	}
	e, err := engine.Open(t.ctx, c.Settings, engine.Options{Log: log})
	if err != nil {
		return err
	}
	return e.Serve(t.ctx, func() {})
}
