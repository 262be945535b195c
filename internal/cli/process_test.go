package cli

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// process is the program in a process of its own, which a test may kill.
type process struct {
	*running
	command *exec.Cmd
	ended   chan struct{} // closed when it has
	err     error         // how it ended; for those who saw it end
}

// launch starts the program and does not wait until it is ready.
func (w *world) launch(t *testing.T) *process {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return w.launchWith(t, path)
}

// launchWith is launch with another binary.
func (w *world) launchWith(t *testing.T, path string) *process {
	t.Helper()
	log := newLogbook()
	p := &process{running: &running{world: w, log: log}, command: exec.Command(path, "serve"), ended: make(chan struct{})}
	for name, v := range w.settings {
		p.command.Env = append(p.command.Env, name+"="+v)
	}
	p.command.Stderr = log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.command.Wait()
		log.end()
		close(p.ended)
	}()
	t.Cleanup(func() { p.kill(t) })
	return p
}

// kill ends the process at once, as a power cut would, where it has not ended yet.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	<-p.ended
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// wait returns the exit code of a process that ends within the time.
func (p *process) wait(t *testing.T, within time.Duration) int {
	t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		t.Fatalf("the process did not end within %s; it logged:\n%s", within, p.log)
	}
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		return exit.ExitCode()
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
	return done
}

// endsWithin tells whether the process ends by itself within the time.
func (p *process) endsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
		return false
	}
}
