package bus

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// supervisor restarts the embedded server after a fault of the disk: after such a fault, most
// often a full disk, a stream stores nothing more until its server is restarted.
type supervisor struct {
	of    *embedded
	log   *slog.Logger
	try   func() error // nil: the disk is writable
	ctx   context.Context
	stop  context.CancelFunc
	ended chan struct{}

	mu  sync.Mutex
	ill error // why the server stores nothing; nil: it does
}

// checkEvery is the pause between two checks of the server.
const checkEvery = time.Second

func supervise(e *embedded, log *slog.Logger, try func() error) *supervisor {
	c := &supervisor{of: e, log: log, try: try, ended: make(chan struct{})}
	c.ctx, c.stop = context.WithCancel(context.Background())
	go func() { defer close(c.ended); c.run() }()
	return c
}

func (c *supervisor) run() {
	var hopeless error // the fault that remained after a restart
	for retry.Wait(c.ctx, checkEvery) == nil {
		was, fault := c.state(), c.of.fault()
		c.note(fault)
		switch {
		case was == nil || fault == nil: // a fault seen only once may be a stream that is being created
		case hopeless != nil && hopeless.Error() == fault.Error(), c.try() != nil:
		default:
			hopeless = c.restart()
		}
	}
}

// restart restarts the server and returns the fault that remains, or nil.
func (c *supervisor) restart() error {
	if c.of.blocks.take(c.ctx) != nil { // a server reads its files when it starts
		return nil
	}
	defer c.of.blocks.end()
	c.of.stop()
	if err := c.of.start(c.ctx); err != nil {
		c.log.Error("can't restart the embedded NATS server; the engine retries", "err", err)
		return nil
	}
	fault := c.of.fault()
	c.note(fault)
	return fault
}

// note stores the state and logs its changes.
func (c *supervisor) note(fault error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.ill
	c.ill = fault
	switch {
	case was == nil && fault != nil:
		c.log.Error("the embedded NATS server can't write, so no events are taken in; free space on the disk of ENGINE_DATA_DIR, or replace it; the engine then continues by itself",
			"dir", c.of.config.store(), "err", fault)
	case was != nil && fault == nil:
		c.log.Info("the embedded NATS server was restarted and takes events in again")
	}
}

func (c *supervisor) state() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ill
}

// end stops the supervisor; once it returns, nothing restarts the server.
func (c *supervisor) end() {
	c.stop()
	<-c.ended
}

// fault returns the reason why the server stores no messages, or nil.
func (e *embedded) fault() error {
	if h := e.server().Healthz(&server.HealthzOptions{}); h.Error != "" {
		return errors.New(h.Error)
	}
	return nil
}

// trialBytes is the free space that the disk must have before the server is restarted.
const trialBytes = 4 << 20

// writable reports why a file cannot be written and synced, or nil.
func (e *embedded) writable() error {
	f, err := os.CreateTemp(e.config.DataDir, "trial-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, trialBytes))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}
