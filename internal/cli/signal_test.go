package cli

import (
	"syscall"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// busy is a program in whose sync a call to Smokeball hangs.
func busy(t *testing.T) *process {
	t.Helper()
	w := newWorld(t, smokeballsim.Config{})
	p := w.launch(t)
	p.find(t)
	p.connect(t)
	hang := smokeballsim.Fault{Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(time.Minute)}
	if err := w.sim.Fault(hang); err != nil {
		t.Fatal(err)
	}
	say := p.publisher(t)
	say.say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
	say.approve(t, "d_1", "m_1")
	p.latest(t, "m_1", domain.Running)
	return p
}

// TestTermEndsWell stops an engine while a call hangs; the next one does what is left.
func TestTermEndsWell(t *testing.T) {
	t.Parallel()
	p := busy(t)
	p.signal(t, syscall.SIGTERM)
	if code := p.wait(t, 15*time.Second); code != done {
		t.Fatalf("exit %d, want 0; it logged:\n%s", code, p.log)
	}
	p.sim.ClearFaults()
	next := p.world.launch(t)
	next.find(t)
	next.latest(t, "m_1", domain.Succeeded)
	next.wantOne(t, "m_1", "d_1")
	next.signal(t, syscall.SIGINT)
	if code := next.wait(t, 15*time.Second); code != done {
		t.Errorf("exit %d after SIGINT, want 0; it logged:\n%s", code, next.log)
	}
}

func TestSecondTermEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := busy(t)
	p.signal(t, syscall.SIGTERM)
	p.log.await(t, "stopping")
	p.signal(t, syscall.SIGTERM)
	if code := p.wait(t, 2*time.Second); code != Failed {
		t.Errorf("exit %d, want 1: what ran was cut off", code)
	}
}
