package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// serveWith runs the engine in this process, changed before it serves.
func (w *world) serveWith(t *testing.T, change func(*engine)) *running {
	t.Helper()
	var cmds commands
	parser, err := newParser(&cmds, w.getenv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil {
		t.Fatal(err)
	}
	if err := cmds.Serve.check(); err != nil {
		t.Fatal(err)
	}
	r := &running{world: w, log: newLogbook()}
	log := slog.New(slog.NewJSONHandler(r.log, nil))
	e, err := openEngine(t.Context(), cmds.Serve.config, log)
	if err != nil {
		t.Fatal(err)
	}
	change(e)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- e.serve(ctx, func(address string) { log.Info("ready", "listen", address, "publishers", e.bus.ClientURL()) })
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
	w := newWorld(t, smokeballsim.Config{})
	released := make(chan struct{})
	ledger := &brittle{faults: map[domain.MatterID]func(){"m_panics": func() { panic("poison") }, "m_hangs": func() { <-released }}}
	r := w.serveWith(t, func(e *engine) {
		ledger.Store, e.intake.Ledger, e.limit, e.grace = e.ledger, ledger, 3*time.Second, 4*time.Second
	})
	p := r.publisher(t)
	p.say(t, "matter.created", "panics", matter("m_panics", 1, "Auto Accident"))
	p.say(t, "matter.created", "hangs", matter("m_hangs", 1, "Auto Accident"))
	for n := range 100 {
		id := strconv.Itoa(n)
		p.say(t, "matter.created", id, matter("m_"+id, 1, "Auto Accident"))
	}
	eventually(t, "the others are taken in", func() bool { return r.matters(t) >= 100 })
	eventually(t, "the poison is kept", func() bool { return len(r.deadLetters(t)) == 2 })
	for _, reason := range []string{"makes the engine fail (string in smokeball-sync.TestPoisonGoesToTheDeadLetters", "keeps the engine busy without end"} {
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

// Trouble of the engine's own is no reason to give an event up; what would fail again is.
func TestTries(t *testing.T) {
	for err, want := range map[error]uint64{
		io.ErrUnexpectedEOF:                                  0,
		context.DeadlineExceeded:                             0,
		eventstore.ErrConflict:                               0,
		eventstore.ErrDamaged:                                0,
		eventstore.ErrClosed:                                 0,
		bus.ErrClosed:                                        0,
		errors.New("no space left"):                          0,
		eventstore.ErrTooLarge:                               badTries,
		&bus.PanicError{Type: "string"}:                      badTries,
		&bus.HangError{After: time.Hour}:                     badTries,
		&domain.Unprocessable{Code: domain.CodeInvalidEvent}: 1,
	} {
		if got := tries(fmt.Errorf("handle: %w", err)); got != want {
			t.Errorf("%v is tried %d times, want %d", err, got, want)
		}
	}
}

// A webhook whose subject names no firm is nobody's, and unfit.
func TestWebhookOfNobody(t *testing.T) {
	for subject, want := range map[string]domain.FirmID{"smokeball.f_1.webhook.matter.updated": "f_1", "smokeball.": domain.Nobody, "smokeball.f$1.webhook.x": domain.Nobody} {
		if got := firmOfWebhook(subject); got != want {
			t.Errorf("%s is of firm %s, want %s", subject, got, want)
		}
		if want != domain.Nobody {
			continue
		}
		err := (&engine{}).takeIn(t.Context(), syncing.Message{Subject: subject, Body: []byte(`{"data":{"type":"matter.updated"}}`)})
		if u := unprocessable(err); u == nil || u.Code != domain.CodeEventNotHandled {
			t.Errorf("%s is taken in with %v", subject, err)
		}
	}
}
