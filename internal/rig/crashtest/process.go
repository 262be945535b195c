package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a program that a campaign started, and may kill.
type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed when it has
	err     error         // how it ended; for those who saw it end
}

// start starts a program with nothing but env, its output appended to a file. It dies
// with its parent.
func start(log string, env map[string]string, path string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	defer out.Close() // the program has its own copy
	p := &process{command: exec.Command(path, args...), ended: make(chan struct{})}
	p.command.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	for name, v := range env {
		p.command.Env = append(p.command.Env, name+"="+v)
	}
	p.command.Stdout, p.command.Stderr, p.command.SysProcAttr = out, out, dieWithParent()
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	return p, nil
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it fails where the process has ended already
	<-p.ended
}

// freeze lets the process run no further instruction, and returns when none of its threads
// does. Those that the kernel is at work for do not come back from it.
func (p *process) freeze(ctx context.Context) error {
	if err := stop(p.command.Process.Pid); err != nil {
		return fmt.Errorf("freeze: %w", err)
	}
	return until(ctx, timeout, "all threads stand still", func(context.Context) bool { return frozen(p.command.Process.Pid) })
}

// thaw lets a frozen process run on.
func (p *process) thaw() { _ = p.command.Process.Signal(syscall.SIGCONT) }

// terminate asks the process to end.
func (p *process) terminate() { _ = p.command.Process.Signal(syscall.SIGTERM) }

// endsWithin reports whether the process ends by itself within the time.
func (p *process) endsWithin(ctx context.Context, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-p.ended:
		return true
	case <-ctx.Done():
		return false
	}
}

// wasKilled reports whether SIGKILL ended the process.
func (p *process) wasKilled() bool {
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

var errEnded = errors.New("the process ended by itself")

// answers waits until what is true of the process. One that ends before is an error with
// the last line of its log.
func (p *process) answers(ctx context.Context, what, log string, is func(context.Context) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.ended:
			cancel(fmt.Errorf("%w: %v; it logged %s", errEnded, p.err, lastLine(log)))
		case <-ctx.Done():
		}
	}()
	return until(ctx, timeout, what, is)
}

// timeout is how long a campaign waits for what has to happen. Only a machine that
// stands still needs so long.
const timeout = 4 * time.Minute

var errInVain = errors.New("waited in vain")

// until asks again and again until what is true.
func until(ctx context.Context, within time.Duration, what string, is func(context.Context) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, errInVain)
	defer cancel()
	again := time.NewTicker(25 * time.Millisecond)
	defer again.Stop()
	for !is(ctx) {
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
	}
	return nil
}

// untilNone asks again and again how much is left until nothing is. It gives up where
// that has not become less for the time of patience, however slow the machine.
func untilNone(ctx context.Context, what string, left func(context.Context) int) error {
	least := unknown
	for least > 0 {
		before := least
		err := until(ctx, timeout, what, func(ctx context.Context) bool {
			least = min(least, left(ctx))
			return least < before || least == 0
		})
		if err != nil {
			return fmt.Errorf("%w; %d left", err, least)
		}
	}
	return nil
}
