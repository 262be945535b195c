package cli

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// screen is what a command that keeps running prints.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and replaced at each print
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	close(s.changed)
	s.changed = make(chan struct{})
	return len(p), nil
}

// until waits for what the screen shall show.
func (s *screen) until(ctx context.Context, t *testing.T, shows func(string) bool) string {
	t.Helper()
	for {
		s.mu.Lock()
		text, changed := s.text.String(), s.changed
		s.mu.Unlock()
		if shows(text) {
			return text
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("the screen shows:\n%s", text)
		}
	}
}

// TestHistoryFollowsAFirm prints a sync that waits and, after the engine was away, one that
// succeeds: each change once.
func TestHistoryFollowsAFirm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smokeballsim.Config{})
	r := w.serve(t)
	r.connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	people, programs, ended := newScreen(), newScreen(), make(chan int, 2)
	follow := func(out *screen, more ...string) {
		args := append([]string{"history", string(testFirm), "--follow", "--data-dir", r.settings["ENGINE_DATA_DIR"]}, more...)
		ended <- Main(ctx, args, func(string) string { return "" }, out, &bytes.Buffer{})
	}
	go follow(people)
	go follow(programs, "--json")
	people.until(ctx, t, func(text string) bool { return strings.Contains(text, "No syncs.") })

	p := r.publisher(t)
	p.say(t, "matter.created", "e1", matter("m_1", 1, "Pedestrian Mishap"))
	p.approve(t, "d_1", "m_1")
	people.until(ctx, t, func(text string) bool { return strings.Contains(text, "waiting  matter_type_unmapped") })
	r.stop()
	r = w.serve(t)
	p = r.publisher(t)
	p.say(t, "matter.created", "e2", matter("m_2", 1, "Auto Accident"))
	p.approve(t, "d_2", "m_2")
	done := r.latest(t, "m_2", domain.Succeeded)
	line := string(done.ID) + "  m_2 (CH-2)  document_approved  succeeded"
	text := people.until(ctx, t, func(text string) bool { return strings.Contains(text, line) })
	if n := strings.Count(text, "waiting  matter_type_unmapped"); n != 1 || strings.Count(text, line) != 1 {
		t.Errorf("the waiting sync is told %d times:\n%s", n, text)
	}
	programs.until(ctx, t, func(text string) bool {
		return strings.Contains(text, `"status":"succeeded"`) && strings.Contains(text, string(done.ID))
	})
	cancel()
	for range 2 {
		if code := <-ended; code != 0 {
			t.Errorf("stopped, the command exits with %d", code)
		}
	}
}

func TestFollowRequiresARunningEngineAndOneFirm(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	if o := execute(t, r.settings, "history", "--follow"); o.code != wrongUsage || !strings.Contains(o.err, "--follow: requires the id of one firm") {
		t.Errorf("without a firm: exit %d, %s", o.code, o.err)
	}
	r.stop()
	if o := execute(t, r.settings, "history", string(testFirm), "--follow"); o.code != Failed || !strings.Contains(o.err, "no engine runs") {
		t.Errorf("without an engine: exit %d, %s", o.code, o.err)
	}
}

func TestReadEvents(t *testing.T) {
	var got []event
	text := ": comment\n\nid: 7\nevent: history\ndata: {\"a\":\ndata: 1}\n\nevent: matter\ndata: {}\n\nid: 8\nevent: cut"
	if err := readEvents(strings.NewReader(text), func(e event) error { got = append(got, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0] != (event{"7", "history", `{"a":1}`}) || got[1] != (event{"7", "matter", "{}"}) {
		t.Errorf("%+v", got)
	}
}
