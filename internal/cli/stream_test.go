package cli

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// follow opens the firm's stream after a position ("": now) and yields its events.
func (r *running) follow(t *testing.T, after string) *follower {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/v1/firms/"+string(testFirm)+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token(t, clerk()))
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the stream answers %d", resp.StatusCode)
	}
	return &follower{t: t, lines: bufio.NewScanner(resp.Body)}
}

type follower struct {
	t     *testing.T
	lines *bufio.Scanner
	id    string // of the last event
}

// until reads up to the history event of a sync of the matter with the status.
func (f *follower) until(m domain.MatterID, s domain.Status) {
	f.t.Helper()
	var name string
	for f.lines.Scan() {
		field, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			f.id = value
		case "data":
			var entry projections.Entry
			if err := json.Unmarshal([]byte(value), &entry); err != nil {
				f.t.Fatal(err)
			}
			if name == "history" && entry.Matter == m && entry.Status == s {
				return
			}
		}
	}
	f.t.Fatalf("the stream ended (%v) without a sync of %s that is %s", f.lines.Err(), m, s)
}

// TestAStreamOutlastsTheEngine: it ends cleanly when the engine stops, and goes on at the next
// one where it was.
func TestAStreamOutlastsTheEngine(t *testing.T) {
	t.Parallel()
	r := newWorld(t, smokeballsim.Config{}).serve(t)
	r.connect(t)
	f := r.follow(t, "")
	r.call(t, clerk(), http.MethodPost, "/matters/m_1/sync", map[string]any{"matter": matter("m_1", 1, "Auto Accident")}).want(http.StatusAccepted)
	f.until("m_1", domain.Succeeded)
	stopped := make(chan struct{})
	go func() { defer close(stopped); r.stop() }()
	for f.lines.Scan() { // up to the end of the stream
	}
	if err := f.lines.Err(); err != nil {
		t.Errorf("the engine stopped and the stream broke: %v", err)
	}
	<-stopped

	r = r.serve(t)
	r.call(t, clerk(), http.MethodPost, "/matters/m_2/sync", map[string]any{"matter": matter("m_2", 1, "Auto Accident")}).want(http.StatusAccepted)
	r.latest(t, "m_2", domain.Succeeded)
	f = r.follow(t, f.id)
	f.until("m_2", domain.Succeeded)
}
