package cli

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/engine"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// serveWith runs the engine in this process with options of the test's own.
func (w *world) serveWith(t *testing.T, o engine.Options) *running {
	t.Helper()
	var cmds commands
	parser, err := newParser(&cmds, w.getenv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil {
		t.Fatal(err)
	}
	if err := cmds.Serve.Check(); err != nil {
		t.Fatal(err)
	}
	r := &running{world: w, log: newLogbook()}
	o.Log = slog.New(slog.NewJSONHandler(r.log, nil))
	e, err := engine.Open(t.Context(), cmds.Serve.Settings, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- e.Serve(ctx, func() {})
		r.log.end()
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	})
	t.Cleanup(r.stop)
	r.find(t)
	return r
}

// brittle is a ledger on which the engine panics or hangs at some matters.
type brittle struct {
	eventstore.Store
	mu     sync.Mutex
	faults map[domain.MatterID]func()
}

func (b *brittle) Read(ctx context.Context, s domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	b.mu.Lock()
	fault := b.faults[domain.MatterID(s.ID)]
	b.mu.Unlock()
	if fault != nil && s.Kind == domain.KindMatter {
		fault()
	}
	return b.Store.Read(ctx, s)
}

// mend makes it a sound ledger.
func (b *brittle) mend() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = nil
}

// TestPoisonGoesToTheDeadLetters sends events on which the engine panics and hangs among a hundred others. When the engine is mended a retry takes them in.
func TestPoisonGoesToTheDeadLetters(t *testing.T) {
	t.Parallel()
	onlyInCI(t, "what hangs is buried after half a minute")
	w := newWorld(t, smokeballsim.Config{})
	released := make(chan struct{})
	ledger := &brittle{faults: map[domain.MatterID]func(){"m_panics": func() { panic("poison") }, "m_hangs": func() { <-released }}}
	r := w.serveWith(t, engine.Options{Limits: engine.Limits{Handler: 3 * time.Second, Grace: 4 * time.Second},
		Ledger: func(s eventstore.Store) eventstore.Store { ledger.Store = s; return ledger }})
	p := r.publisher(t)
	p.say(t, "matter.created", "panics", matter("m_panics", 1, "Auto Accident"))
	p.say(t, "matter.created", "hangs", matter("m_hangs", 1, "Auto Accident"))
	for n := range 100 {
		id := strconv.Itoa(n)
		p.say(t, "matter.created", id, matter("m_"+id, 1, "Auto Accident"))
	}
	eventually(t, "the others are taken in", func() bool { return r.matters(t) >= 100 })
	eventually(t, "the poison is kept", func() bool { return len(r.deadLetters(t)) == 2 })
	for _, reason := range []string{"makes the engine fail (string in cli.TestPoisonGoesToTheDeadLetters", "keeps the engine busy without end"} {
		r.wantReason(t, reason)
	}
	r.wantMetric(t, `smokeball_sync_bus_messages_total{handler="intake",outcome="dead_lettered"} 2`)
	r.wantMetric(t, `smokeball_sync_bus_messages_total{handler="intake",outcome="handled"} 100`)
	r.retryAll(t, map[string]string{"panics": "event_not_handled", "hangs": "event_not_handled"})
	close(released)
	ledger.mend()
	r.retryAll(t, map[string]string{"panics": "", "hangs": ""})
	eventually(t, "they are matters", func() bool { return r.matters(t) == 102 })
	if left := r.deadLetters(t); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
}

func (r *running) matters(t *testing.T) int {
	t.Helper()
	var page struct{ Items []struct{} }
	r.call(t, clerk(), http.MethodGet, "/matters?limit=500", nil).want(http.StatusOK).into(&page)
	return len(page.Items)
}

func (r *running) wantReason(t *testing.T, reason string) {
	t.Helper()
	for _, l := range r.deadLetters(t) {
		if strings.HasPrefix(l.Reasons[0].Reason, reason) {
			return
		}
	}
	t.Errorf("no dead letter %s: %+v", reason, r.deadLetters(t))
}

func (r *running) wantMetric(t *testing.T, line string) {
	t.Helper()
	eventually(t, line, func() bool { return strings.Contains(string(r.visit(t, r.url+"/metrics").body), line+"\n") })
}

// retryAll retries each open dead letter and requires its code, by event; none: it is taken in.
func (r *running) retryAll(t *testing.T, want map[string]string) {
	t.Helper()
	for _, l := range r.deadLetters(t) {
		a := r.call(t, admin(), http.MethodPost, "/dead-letters/"+l.ID+"/retry", nil)
		code := want[l.Event]
		switch {
		case code == "":
			a.want(http.StatusOK)
		case a.want(http.StatusConflict).code() != code:
			t.Errorf("the retry of %s answers %s, want %s", l.Event, a.body, code)
		}
	}
}
