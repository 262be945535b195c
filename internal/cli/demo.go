package cli

import (
	"log/slog"

	"github.com/casehug/smokeball-sync/internal/demo"
)

// demoCmd runs the whole story on this machine.
type demoCmd struct {
	Once    bool   `name:"once" help:"End when the practice is synced, with a table of what happened."`
	Fresh   bool   `name:"fresh" help:"Forget an earlier demo first."`
	DataDir string `name:"data-dir" default:"./data/demo" help:"What the demo keeps; started again after a kill, it goes on."`
	Listen  string `name:"listen" help:"HTTP address of the engine; by default 127.0.0.1:8080, or a free port." placeholder:"HOST:PORT"`
	Verbose bool   `name:"verbose" short:"v" help:"Show the engine's log."`
}

// Run plays the story.
func (c *demoCmd) Run(t *terminal) error {
	least := slog.LevelError
	if c.Verbose {
		least = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: least}))
	return demo.Run(t.ctx, demo.Options{Once: c.Once, Fresh: c.Fresh, DataDir: c.DataDir, Listen: c.Listen, Log: log}, t.out)
}
