package cli

import (
	"errors"
	"log/slog"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/demo"
)

// demoCmd runs the whole story on this machine.
type demoCmd struct {
	Once        bool   `name:"once" help:"End when the practice is synced, with a table of what happened."`
	Fresh       bool   `name:"fresh" help:"Forget an earlier demo first."`
	Unconnected bool   `name:"unconnected" help:"Leave the connection to you: the matters wait until you connect in the console."`
	DataDir     string `name:"data-dir" default:"./data/demo" help:"What the demo keeps; started again after a kill, it continues."`
	Listen      string `name:"listen" help:"HTTP address of the engine; by default 127.0.0.1:8080, or a free port." placeholder:"HOST:PORT"`
	Verbose     bool   `name:"verbose" short:"v" help:"Show the engine's log."`
}

// Run plays the story.
func (c *demoCmd) Run(t *terminal) error {
	if c.Once && c.Unconnected {
		return &config.UsageError{Err: errors.New("--once: ends when all is synced, which --unconnected leaves to you; give one of them")}
	}
	least := slog.LevelError
	if c.Verbose {
		least = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: least}))
	return demo.Run(t.ctx, demo.Options{Once: c.Once, Fresh: c.Fresh, Unconnected: c.Unconnected, DataDir: c.DataDir, Listen: c.Listen, Log: log}, t.out)
}
