package audit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/audit"
)

const oak = domain.FirmID("f_oak")

// refusals are what a firm's trail says was refused, by action, target and code, with
// how often.
func refusals(t *testing.T, s eventstore.Store, f domain.FirmID, day time.Time) (times map[string]int, events int) {
	t.Helper()
	times = map[string]int{}
	for env, err := range s.Read(t.Context(), domain.AuditStream(f, day)) {
		if err != nil {
			t.Fatal(err)
		}
		e, ok := env.Event.(domain.RequestRefused)
		if !ok {
			t.Fatalf("the trail has a %s", env.Event.EventName())
		}
		times[fmt.Sprintf("%s %s %s %s", e.Actor, e.Action, e.Target, e.Code)] += e.Times
		events++
	}
	return times, events
}

func newLedger(t *testing.T) *eventstore.Bolt {
	t.Helper()
	b, err := eventstore.OpenBolt(filepath.Join(t.TempDir(), "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func trail(s eventstore.Store, now func() time.Time) *audit.Trail {
	return &audit.Trail{Ledger: s, Now: now, Log: slog.New(slog.DiscardHandler)}
}

func refused(actor, target string) domain.RequestRefused {
	return domain.RequestRefused{Actor: actor, Role: domain.StandardUser, Action: "settings.change", Target: target, Code: domain.CodeForbidden, Reason: "For firm admins"}
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func wants(t *testing.T, got map[string]int, want map[string]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the trail says %v, want %v", got, want)
	}
}

// TestTheFirstIsWrittenAtOnce: a refusal is on disk before the caller hears of it.
func TestTheFirstIsWrittenAtOnce(t *testing.T) {
	ledger, c := newLedger(t), newClock()
	tr := trail(ledger, c.now)
	tr.Refuse(t.Context(), oak, refused("u_5", "m_1"))
	got, _ := refusals(t, ledger, oak, c.now())
	wants(t, got, map[string]int{"u_5 settings.change m_1 forbidden": 1})
}

// TestACallerWhoIsGone: hanging up does not keep a refusal out of the trail.
func TestACallerWhoIsGone(t *testing.T) {
	ledger, c := newLedger(t), newClock()
	ctx, gone := context.WithCancel(t.Context())
	gone()
	trail(ledger, c.now).Refuse(ctx, oak, refused("u_5", "m_1"))
	if got, _ := refusals(t, ledger, oak, c.now()); len(got) != 1 {
		t.Errorf("the trail says %v", got)
	}
}

// TestTheSameIsCounted: a flood of one refusal is two events, which say how
// often it was.
func TestTheSameIsCounted(t *testing.T) {
	ledger, c := newLedger(t), newClock()
	tr := trail(ledger, c.now)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				tr.Refuse(t.Context(), oak, refused("u_5", "m_1"))
			}
		})
	}
	all.Wait()
	at := tr.Settle(t.Context(), oak)
	if last, err := ledger.Last(t.Context()); err != nil || at != uint64(last) {
		t.Errorf("it is settled at %d, the ledger is at %d, %v", at, last, err)
	}
	got, events := refusals(t, ledger, oak, c.now())
	wants(t, got, map[string]int{"u_5 settings.change m_1 forbidden": 4000})
	if events > 3 {
		t.Errorf("4000 refusals are %d events", events)
	}
	if again := tr.Settle(t.Context(), oak); again != at {
		t.Errorf("nothing more is settled at %d, want %d", again, at)
	}
	if none := tr.Settle(t.Context(), "f_elm"); none != 0 {
		t.Errorf("a firm without refusals is settled at %d", none)
	}
}

// TestAMinuteLaterItIsAnother: each minute has its own row.
func TestAMinuteLaterItIsAnother(t *testing.T) {
	ledger, c := newLedger(t), newClock()
	tr := trail(ledger, c.now)
	for range 3 {
		tr.Refuse(t.Context(), oak, refused("u_5", "m_1"))
		tr.Refuse(t.Context(), oak, refused("u_5", "m_1"))
		c.pass(audit.Window)
	}
	keys := map[string]int{}
	for env, err := range ledger.Read(t.Context(), domain.AuditStream(oak, c.now())) {
		if err != nil {
			t.Fatal(err)
		}
		e := env.Event.(domain.RequestRefused)
		keys[e.Key()] += e.Times
	}
	tr.Settle(t.Context(), oak)
	if len(keys) != 3 {
		t.Errorf("the minutes have the rows %v", keys)
	}
	got, _ := refusals(t, ledger, oak, c.now())
	wants(t, got, map[string]int{"u_5 settings.change m_1 forbidden": 6})
}

// TestManyKinds: whoever asks for ever new things does not fill the ledger, and
// that the trails of others stay whole.
func TestManyKinds(t *testing.T) {
	ledger, c := newLedger(t), newClock()
	tr := trail(ledger, c.now)
	for i := range 1000 {
		tr.Refuse(t.Context(), oak, refused("u_5", fmt.Sprintf("m_%d", i)))
	}
	tr.Refuse(t.Context(), "f_elm", refused("u_9", "m_1"))
	tr.Settle(t.Context(), oak)
	got, events := refusals(t, ledger, oak, c.now())
	if n := got["u_5 many  too_many_refusals"]; n != 1000-audit.MostKinds || events != audit.MostKinds+2 {
		t.Errorf("1000 kinds are %d events, %d of them not told apart", events, n)
	}
	elm, _ := refusals(t, ledger, "f_elm", c.now())
	wants(t, elm, map[string]int{"u_9 settings.change m_1 forbidden": 1})
	c.pass(audit.Window)
	tr.Refuse(t.Context(), oak, refused("u_5", "m_0"))
	if again, _ := refusals(t, ledger, oak, c.now()); again["u_5 settings.change m_0 forbidden"] != 2 {
		t.Errorf("a minute later it is %v", again)
	}
}

// TestRunTells: counts are written when their minute is over, and the rest
// when the engine stops.
func TestRunTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &memory{}
		tr := trail(ledger, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- tr.Run(ctx) }()
		tr.Refuse(ctx, oak, refused("u_5", "m_1"))
		tr.Refuse(ctx, oak, refused("u_5", "m_1"))
		time.Sleep(audit.Window + audit.Window/6)
		synctest.Wait()
		if ledger.times() != 2 {
			t.Errorf("after its minute the ledger has %d of 2", ledger.times())
		}
		for range 5 {
			tr.Refuse(ctx, oak, refused("u_5", "m_1"))
		}
		stop()
		if err := <-done; err != nil || ledger.times() != 7 {
			t.Errorf("at the end the ledger has %d of 7, %v", ledger.times(), err)
		}
	})
}

// TestALedgerThatFails: a refusal which could not be written is told with the
// next count.
func TestALedgerThatFails(t *testing.T) {
	ledger, log := &memory{fail: errors.New("the disk is full")}, &strings.Builder{}
	c := newClock()
	tr := trail(ledger, c.now)
	tr.Log = slog.New(slog.NewTextHandler(log, nil))
	tr.Refuse(t.Context(), oak, refused("u_5", "m_1"))
	if !strings.Contains(log.String(), "could not be recorded") || strings.Contains(log.String(), "u_5") {
		t.Errorf("the log says %s", log)
	}
	ledger.fail = nil
	tr.Refuse(t.Context(), oak, refused("u_5", "m_1"))
	tr.Settle(t.Context(), oak)
	if ledger.times() != 2 {
		t.Errorf("the ledger has %d of 2", ledger.times())
	}
}

// TestTwoEngines: two engines write one trail, over midnight too.
func TestTwoEngines(t *testing.T) {
	ledger, c := newLedger(t), newClock()
	c.pass(12*time.Hour - 90*time.Second)
	one, two := trail(ledger, c.now), trail(ledger, c.now)
	before := c.now()
	for range 3 {
		one.Refuse(t.Context(), oak, refused("u_5", "m_1"))
		two.Refuse(t.Context(), oak, refused("u_6", "m_1"))
		c.pass(audit.Window)
	}
	for day, want := range map[time.Time]int{before: 2, c.now(): 1} {
		got, _ := refusals(t, ledger, oak, day)
		wants(t, got, map[string]int{"u_5 settings.change m_1 forbidden": want, "u_6 settings.change m_1 forbidden": want})
	}
}

// memory is a ledger of one stream that can fail.
type memory struct {
	eventstore.Store
	mu   sync.Mutex
	list []domain.Event
	fail error
}

func (m *memory) Append(_ context.Context, c eventstore.Commit) (eventstore.Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return eventstore.Head{}, m.fail
	}
	m.list = append(m.list, c.Events...)
	return eventstore.Head{Seq: eventstore.Seq(len(m.list)), Version: uint64(len(m.list))}, nil
}

func (m *memory) Read(context.Context, domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	return func(func(eventstore.Envelope, error) bool) {}
}

func (m *memory) times() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, e := range m.list {
		n += e.(domain.RequestRefused).Times
	}
	return n
}

// BenchmarkFlood is what one more of the same refusal costs.
func BenchmarkFlood(b *testing.B) {
	tr := &audit.Trail{Ledger: &memory{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for b.Loop() {
		tr.Refuse(b.Context(), oak, refused("u_5", "m_1"))
	}
}
