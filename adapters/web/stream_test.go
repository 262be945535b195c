package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// events is a stream that a test reads.
type events struct {
	t    *testing.T
	list chan event // closed at the end of the stream
	stop func()
}

// event is one event of a stream.
type event struct {
	name string
	id   uint64
	data string
}

// text is what the event says, in a line.
func (v event) text() string {
	var b struct {
		ID     string
		Matter string `json:"matter_id"`
		Status string
		Sync   struct{ Status string }
	}
	_ = json.Unmarshal([]byte(v.data), &b)
	return strings.Join(strings.Fields(fmt.Sprintln(v.name, b.ID, b.Matter, b.Status, b.Sync.Status)), " ")
}

// stream opens a stream and reads its first event, the connection.
func (e *engine) stream(t *testing.T, c call) (*events, event) {
	t.Helper()
	s := e.openStream(t, c)
	first := s.next()
	if first.name != "connection" && c.header["Last-Event-ID"] == "" {
		t.Fatalf("the first event is %+v, want the connection", first)
	}
	return s, first
}

func (e *engine) openStream(t *testing.T, c call) *events {
	t.Helper()
	if c.path == "" {
		c.path = "/v1/firms/f_1/stream"
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url+c.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.dress(r)
	res, err := e.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("a stream answers %d with %q", res.StatusCode, got)
	}
	s := &events{t: t, list: make(chan event, 1000), stop: stop}
	go func() {
		defer close(s.list)
		defer res.Body.Close()
		var v event
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				v.name = value
			case "id":
				v.id, _ = strconv.ParseUint(value, 10, 64)
			case "data":
				v.data = value
			case "":
				if v.data != "" {
					s.list <- v
				}
				v = event{}
			}
		}
	}()
	return s
}

// next is the next event; the test fails where there is none.
func (s *events) next() event {
	s.t.Helper()
	select {
	case v, ok := <-s.list:
		if !ok {
			s.t.Fatal("the stream has ended")
		}
		return v
	case <-time.After(stepWithin):
		s.t.Fatal("no event in a minute")
	}
	return event{}
}

// until reads events until one says want, and returns them.
func (s *events) until(want string) (list []event) {
	s.t.Helper()
	for {
		list = append(list, s.next())
		if list[len(list)-1].text() == want {
			return list
		}
	}
}

// ends waits for the end of the stream.
func (s *events) ends() {
	s.t.Helper()
	for deadline := time.After(stepWithin); ; {
		select {
		case _, more := <-s.list:
			if !more {
				return
			}
		case <-deadline:
			s.t.Fatal("the stream goes on")
		}
	}
}

// TestAChangeIsInTheStreamWithItsPosition: the entry, its matter and the connection, each as
// other calls answer them.
func TestAChangeIsInTheStreamWithItsPosition(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	s, first := e.stream(t, call{token: "user-token"})
	if now := e.views.Position(); first.id != now {
		t.Errorf("the stream begins at %d, want %d", first.id, now)
	}
	e.finishRunning()
	last := e.told(t).views.Position()
	seen := s.until("connection connected")
	for _, want := range []string{"history s_running m_1005 succeeded", "matter m_1005 active succeeded"} {
		i := slices.IndexFunc(seen, func(v event) bool { return v.text() == want && v.id == last })
		if i < 0 {
			t.Errorf("the stream has %+v and not “%s” at %d", seen, want, last)
		}
	}
	if !slices.IsSortedFunc(seen, func(a, b event) int { return int(a.id) - int(b.id) }) {
		t.Errorf("ids go back: %+v", seen)
	}
	var entry, fromStream projections.Entry
	e.call(t, call{path: "/v1/firms/f_1/sync-history/s_running", token: "user-token"}).want(http.StatusOK).into(&entry)
	for _, v := range seen {
		if v.name == "history" {
			if err := json.Unmarshal([]byte(v.data), &fromStream); err != nil {
				t.Fatal(err)
			}
		}
	}
	if fmt.Sprintf("%+v", entry.Steps) != fmt.Sprintf("%+v", fromStream.Steps) || entry.Status != fromStream.Status {
		t.Errorf("the stream has %+v, the history %+v", fromStream, entry)
	}
}

// TestAStreamTellsThatAMatterMayHaveChanged: from the webhook until the read, though nothing of the
// matter is new.
func TestAStreamTellsThatAMatterMayHaveChanged(t *testing.T) {
	e := newEngine(t).connect().tell().tellDrift().told(t)
	s, _ := e.stream(t, call{token: "user-token"})
	hint := domain.HintStream(firm, driftMatter)
	for _, step := range []struct {
		event domain.Event
		state string
	}{
		{domain.SmokeballWebhookReceived{Origin: origin("n_1"), Type: "matter.updated", Resource: driftMatter}, `"state":"changing"`},
		{domain.HintsRead{Heard: 1, By: domain.ByWebhook}, `"state":"differs"`},
	} {
		e.add(at(1), hint, step.event)
		var seen event
		for seen.name != "matter" {
			seen = s.next()
		}
		if !strings.Contains(seen.data, `"matter_id":"m_1006"`) || !strings.Contains(seen.data, step.state) || seen.id == 0 {
			t.Errorf("after %s the stream has %+v, want %s", step.event.EventName(), seen, step.state)
		}
	}
}

// TestAStreamTellsOfABulkSync whenever it moves on, as its own call answers.
func TestAStreamTellsOfABulkSync(t *testing.T) {
	e := newEngine(t).connect().tell().tellBulk().told(t)
	s, _ := e.stream(t, call{token: "admin-token"})
	e.add(noon, domain.BulkStream(firm, "b_1"), domain.BulkAdvanced{Outcomes: []domain.BulkOutcome{{Matter: 2, Outcome: domain.BulkFailed}}, Weight: 2, Calls: 2})
	v := s.next()
	if v.name != "bulk" || v.id != e.told(t).views.Position() {
		t.Fatalf("the stream has %+v, want the bulk sync at %d", v, e.views.Position())
	}
	if body := e.call(t, call{path: "/v1/firms/f_1/bulk-syncs/b_1", token: "admin-token"}).want(http.StatusOK).body; strings.TrimSpace(string(body)) != v.data {
		t.Errorf("the stream says\n%s\nand the call\n%s", v.data, body)
	}
}

// TestAStreamTellsOfAnErasure when it is requested and after each step, without saying of whom.
func TestAStreamTellsOfAnErasure(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	s, _ := e.stream(t, call{token: "user-token"})
	for _, step := range []struct {
		fact domain.Event
		says string
	}{
		{domain.EraseRequested{Subject: domain.EraseSubject{Client: "c_77"}, By: "u_admin"}, `{"id":"er_1"}`},
		{domain.EraseStepDone{Step: domain.EraseSyncs}, `{"id":"er_1","done":{"syncs":"` + noon.Format(time.RFC3339) + `"}}`},
	} {
		e.add(noon, domain.ErasureStream(firm, "er_1"), step.fact)
		if v := s.next(); v.name != "erasure" || v.data != step.says || v.id != e.told(t).views.Position() {
			t.Errorf("the stream has %+v, want %s at %d", v, step.says, e.views.Position())
		}
	}
}

// TestAStreamGoesOnAfterAPosition: with what changed since, once and as it is now, whichever
// way the position is given, and with all rows after 0.
func TestAStreamGoesOnAfterAPosition(t *testing.T) {
	e := newEngine(t).connect().tell().told(t)
	seen := e.views.Position()
	e.add(noon, domain.MatterStream(otherOne, "m_8"), domain.SyncRequested{Sync: "s_others", Trigger: domain.TriggerManual})
	e.finishRunning()
	position := strconv.FormatUint(seen, 10)
	for name, c := range map[string]call{
		"header":    {header: map[string]string{"Last-Event-ID": position}},
		"query":     {path: "/v1/firms/f_1/stream?last_event_id=" + position},
		"polyfills": {path: "/v1/firms/f_1/stream?lastEventId=" + position},
	} {
		c.token = "user-token"
		s := e.told(t).openStream(t, c)
		var got []string
		for _, v := range s.until("connection connected") {
			got = append(got, v.text())
			if v.id <= seen {
				t.Errorf("%s: an event at %d came after %d", name, v.id, seen)
			}
		}
		want := []string{"history s_running m_1005 succeeded", "matter m_1005 active succeeded", "connection connected"}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the stream goes on with %q, want %q", name, got, want)
		}
		s.stop()
	}
	all := e.openStream(t, call{token: "user-token", header: map[string]string{"Last-Event-ID": "0"}}).until("connection connected")
	count := map[string]int{}
	for _, v := range all {
		count[v.name]++
		if strings.Contains(v.data, "s_others") {
			t.Errorf("the stream has another firm's event: %+v", v)
		}
	}
	if count["history"] != 4 || count["matter"] != 4 || count["connection"] != 1 {
		t.Errorf("all rows are %v, want 4 syncs, 4 matters and the connection", count)
	}
}

// TestWhoMayOpenAStream: users of the firm, by token or by the console's session, and operators.
func TestWhoMayOpenAStream(t *testing.T) {
	e := newEngine(t).connect().told(t)
	for _, c := range []call{{token: "user-token"}, {token: "admin-token"}, {cookie: "user-token"}, {header: map[string]string{"Authorization": "Operator " + operator}}} {
		s, _ := e.stream(t, c)
		s.stop()
	}
	const path = "/v1/firms/f_1/stream"
	e.call(t, call{path: path}).problem(http.StatusUnauthorized, "not_signed_in")
	e.call(t, call{path: path, token: "other-token"}).problem(http.StatusNotFound, "not_found")
	e.call(t, call{path: path, token: "service-token"}).problem(http.StatusForbidden, "forbidden")
	for _, id := range []string{"x", "-1", "1.5"} {
		p := e.call(t, call{path: path, token: "user-token", header: map[string]string{"Last-Event-ID": id}}).problem(http.StatusUnprocessableEntity, "invalid_request")
		if len(p.Errors) != 1 || p.Errors[0].Field != "header.Last-Event-ID" {
			t.Errorf("the faults of %q are %+v", id, p.Errors)
		}
	}
	e.call(t, call{method: http.MethodHead, path: path, token: "user-token"}).want(http.StatusOK)
}

// TestAStreamEndsWithTheSession, although its token is still valid.
func TestAStreamEndsWithTheSession(t *testing.T) {
	e := newEngine(t, func(c *web.Config) { c.Heartbeat = 20 * time.Millisecond }).connect().told(t)
	s, _ := e.stream(t, call{cookie: "user-token"})
	e.call(t, call{method: http.MethodPost, path: "/session/end", cookie: "user-token"}).want(http.StatusOK)
	s.ends()
}

// TestAStreamEndsWithTheRole: somebody who became a guest sees no more.
func TestAStreamEndsWithTheRole(t *testing.T) {
	u := &changing{user: people["user-token"]}
	e := newEngine(t, func(c *web.Config) { c.Heartbeat, c.Users = 20*time.Millisecond, u }).connect().told(t)
	s, _ := e.stream(t, call{token: "t"})
	u.become("guest")
	s.ends()
}

// TestAStreamEndsWithTheToken at the moment at which the token expires.
func TestAStreamEndsWithTheToken(t *testing.T) {
	u := &changing{user: people["user-token"]}
	u.user.Expires = noon.Add(50 * time.Millisecond)
	e := newEngine(t, func(c *web.Config) { c.Users = u }).connect().told(t)
	s, _ := e.stream(t, call{token: "t"})
	s.ends()
}

// TestStreamsEndWhenTheEngineStops, so that it need not wait for their readers.
func TestStreamsEndWhenTheEngineStops(t *testing.T) {
	stopping, stop := context.WithCancel(t.Context())
	e := newEngine(t, func(c *web.Config) { c.Stopping = stopping }).connect().told(t)
	s, _ := e.stream(t, call{token: "user-token"})
	stop()
	s.ends()
}

// TestAPersonHasTenStreams; one that ends gives its place back.
func TestAPersonHasTenStreams(t *testing.T) {
	e := newEngine(t).connect().told(t)
	var open []*events
	for range 10 {
		s, _ := e.stream(t, call{token: "user-token"})
		open = append(open, s)
	}
	refused := e.call(t, call{path: "/v1/firms/f_1/stream", token: "user-token"})
	refused.problem(http.StatusTooManyRequests, "too_many_streams")
	if refused.header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to try again")
	}
	colleague, _ := e.stream(t, call{token: "admin-token"})
	colleague.stop()
	open[3].stop()
	open[3].ends()
	for deadline := time.Now().Add(stepWithin); ; {
		if e.call(t, call{method: http.MethodHead, path: "/v1/firms/f_1/stream", token: "user-token"}).status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the place of a stream that ended is not given back")
		}
	}
}

// changing is somebody whose role changes.
type changing struct {
	mu   sync.Mutex
	user domain.User
}

func (c *changing) become(r domain.Role) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.user.Role = r
}

func (c *changing) Verify(context.Context, string) (domain.User, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.user, nil
}

// counted counts how often a stream looks for changes.
type counted struct {
	ports.Changes
	looks *atomic.Int64
}

func (c counted) ChangedAfter(f domain.FirmID, after uint64, limit int) ([]projections.ChangedRow, uint64, error) {
	c.looks.Add(1)
	return c.Changes.ChangedAfter(f, after, limit)
}

// TestOtherFirmsWorkCostsAStreamNothing: it does not even look.
func TestOtherFirmsWorkCostsAStreamNothing(t *testing.T) {
	var looks atomic.Int64
	e := newEngine(t, func(c *web.Config) { c.Views.Changes = counted{c.Views.Changes, &looks} }).connect().told(t)
	s, _ := e.stream(t, call{token: "user-token"})
	before := looks.Load()
	for i := range 500 {
		e.add(noon, domain.MatterStream(otherOne, domain.MatterID(fmt.Sprintf("m_%d", i))), domain.SyncRequested{Sync: domain.SyncID(fmt.Sprintf("s_%d", i)), Trigger: domain.TriggerManual})
	}
	e.told(t)
	e.add(noon, domain.MatterStream(firm, "m_1"), domain.SyncRequested{Sync: "s_mine", Trigger: domain.TriggerManual})
	s.until("history s_mine m_1 queued")
	if n := looks.Load() - before; n > 2 {
		t.Errorf("the stream looked %d times for changes, and one concerned it", n)
	}
}
