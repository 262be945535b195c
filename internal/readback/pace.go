package readback

import (
	"context"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// SweepShare is what sweeps may take of the allowance that all firms of the app share.
type SweepShare struct {
	PerSecond float64       // the allowance
	Least     time.Duration // between two sweeps of a firm without webhooks
}

const (
	// sweptPart of the allowance goes to sweeps at most, and only while no other call waits.
	sweptPart = 0.1
	// callsPerSweep is what a sweep of a firm costs of which little has changed: a page of
	// matters and one of contacts.
	callsPerSweep = 2
)

// Every is how often each of so many firms without webhooks is swept: as often as half of what
// sweeps may take allows. The other half is for the nights and for what follows a gap.
func (a SweepShare) Every(firms int) time.Duration {
	seconds := float64(firms*callsPerSweep) / (a.PerSecond * sweptPart / 2)
	return max(a.Least, time.Duration(seconds*float64(time.Second)))
}

// Pace spaces the calls of all sweeps.
func (a SweepShare) Pace(now func() time.Time) *Pace {
	return &Pace{every: time.Duration(float64(time.Second) / (a.PerSecond * sweptPart)), now: now}
}

// Pace lets one go after the other, at a distance.
type Pace struct {
	every time.Duration
	now   func() time.Time

	mu   sync.Mutex
	next time.Time
}

// wait returns when the caller may go on, or with ctx's error.
func (p *Pace) wait(ctx context.Context) error {
	p.mu.Lock()
	now := p.now()
	at := later2(p.next, now)
	p.next = at.Add(p.every)
	p.mu.Unlock()
	return retry.Wait(ctx, at.Sub(now))
}
