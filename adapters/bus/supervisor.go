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

// supervisor starts the embedded server again after a fault of the disk: a stream that met one, a
// full disk most of all, takes nothing more for as long as its server runs.
type supervisor struct {
	of    *embedded
	log   *slog.Logger
	try   func() error // nil: the disk takes writes
	ctx   context.Context
	stop  context.CancelFunc
	ended chan struct{}

	mu  sync.Mutex
	ill error // why the server takes nothing; nil: it does
}

// checkEvery is the pause between two looks at the server.
const checkEvery = time.Second

func supervise(e *embedded, log *slog.Logger, try func() error) *supervisor {
	c := &supervisor{of: e, log: log, try: try, ended: make(chan struct{})}
	c.ctx, c.stop = context.WithCancel(context.Background())
	go func() { defer close(c.ended); c.run() }()
	return c
}

func (c *supervisor) run() {
	var hopeless error // what a new start did not help against
	for retry.Wait(c.ctx, checkEvery) == nil {
		was, fault := c.state(), c.of.fault()
		c.note(fault)
		switch {
		case was == nil || fault == nil: // one fault alone may be a stream that is just being made
		case hopeless != nil && hopeless.Error() == fault.Error(), c.try() != nil:
		default:
			hopeless = c.restart()
		}
	}
}

// restart starts the server again and returns the fault that it has all the same, or nil.
func (c *supervisor) restart() error {
	c.of.stop()
	if err := c.of.start(c.ctx); err != nil {
		c.log.Error("can't restart the embedded NATS server; the engine retries", "err", err)
		return nil
	}
	fault := c.of.fault()
	c.note(fault)
	return fault
}

// note remembers the state and logs its changes.
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

// end returns when the server is not touched any more.
func (c *supervisor) end() {
	c.stop()
	<-c.ended
}

// fault is what keeps the server from taking messages, or nil.
func (e *embedded) fault() error {
	if h := e.server().Healthz(&server.HealthzOptions{}); h.Error != "" {
		return errors.New(h.Error)
	}
	return nil
}

// trialBytes have to fit on the disk before the server is restarted.
const trialBytes = 4 << 20

// writable reports whether the disk takes a file, and keeps it.
func (e *embedded) writable() error {
	f, err := os.CreateTemp(e.config.DataDir, "trial-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, trialBytes))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

// Fault is what keeps the bus from taking messages in at present, or nil. It knows the
// embedded server's disk; a cluster looks after itself.
func (b *Bus) Fault() error {
	if b.supervisor == nil {
		return nil
	}
	return b.supervisor.state()
}
