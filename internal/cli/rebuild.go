package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// rebuildCmd folds all views again from the ledger.
type rebuildCmd struct {
	where `embed:""`
}

// rebuilt is the outcome of a rebuild.
type rebuilt struct {
	Events  uint64  `json:"events"` // that the views include
	Seconds float64 `json:"seconds"`
	Running bool    `json:"engine_running"`
}

// Run rebuilds and prints the outcome.
func (c *rebuildCmd) Run(t *terminal) error {
	running, runs, err := runningEngine(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	bar := &rebuildBar{screen: t.screen, lines: t.err}
	if c.JSON {
		bar = &rebuildBar{}
	}
	began := time.Now()
	r := rebuilt{Running: runs}
	if runs {
		r.Events, err = rebuildRunning(t.ctx, running, bar.show)
	} else {
		r.Events, err = engine.Rebuild(t.ctx, c.DataDir, os.Getenv("ENGINE_MASTER_KEY_FILE"), bar.show)
	}
	bar.end()
	if err != nil {
		return err
	}
	r.Seconds = time.Since(began).Round(time.Millisecond).Seconds()
	if c.JSON {
		return printJSON(t.out, r)
	}
	_, err = fmt.Fprintf(t.out, "Rebuilt all views from %s in %s.\n", counted(int(r.Events), "event"), time.Since(began).Round(100*time.Millisecond))
	return err
}

// rebuildRunning has the running engine rebuild, and waits until that is done.
func rebuildRunning(ctx context.Context, c client, progress func(at, of uint64)) (uint64, error) {
	var before, v api.ViewsBody
	if err := c.get(ctx, "/v1/operator/views", &before); err != nil {
		return 0, err
	}
	if err := c.do(ctx, http.MethodPost, "/v1/operator/views/rebuild", &v); err != nil {
		return 0, err
	}
	for {
		if err := c.get(ctx, "/v1/operator/views", &v); err != nil {
			return 0, err
		}
		switch {
		case v.Rebuilds > before.Rebuilds:
			return v.Position, nil
		case !v.Rebuilding:
			return 0, &failure{Code: "rebuild_interrupted", Message: "the rebuild was interrupted; the views answer as before", Remedy: "Run the command again; the engine’s log says what interrupted it."}
		}
		progress(v.Rebuilt, v.Position)
		select {
		case <-ctx.Done():
			return 0, errors.Join(errors.New("the engine continues the rebuild"), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// rebuildBar shows the progress of a rebuild: on a terminal in one line, otherwise in a line for each
// tenth.
type rebuildBar struct {
	screen, lines io.Writer
	tenth         uint64
	shown         bool
}

func (b *rebuildBar) show(at, of uint64) {
	if of == 0 {
		return
	}
	line := fmt.Sprintf("%3d %%  %d of %d events", 100*at/of, at, of)
	switch tenth := 1 + 10*at/of; {
	case b.screen != nil:
		b.shown = true
		fmt.Fprintf(b.screen, "\r%-60s", line)
	case b.lines != nil && tenth > b.tenth && at > 0:
		b.tenth = tenth
		fmt.Fprintln(b.lines, line)
	}
}

func (b *rebuildBar) end() {
	if b.shown {
		fmt.Fprintln(b.screen)
	}
}
