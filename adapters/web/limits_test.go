package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
)

// A person who has the engine keep more than people do is told when to come again; another
// person and another firm go on.
func TestAFloodOfOnePersonIsHeldBack(t *testing.T) {
	e := newEngine(t)
	sync := func(firm, token string) call {
		return call{method: "POST", path: "/v1/firms/" + firm + "/matters/m_1/sync", token: token}
	}
	held, taken := reply{}, 0
	for range 2000 {
		if held = e.call(t, sync("f_1", "user-token")); held.status != 202 {
			break
		}
		taken++
	}
	p := held.problem(429, "too_many_requests")
	if wait, err := strconv.Atoi(held.header.Get("Retry-After")); err != nil || wait < 1 || taken < 200 || !strings.Contains(p.Remedy, "seconds") {
		t.Errorf("after %d requests: Retry-After %q, %q", taken, held.header.Get("Retry-After"), p.Remedy)
	}
	e.call(t, sync("f_1", "admin-token")).want(202)
	e.call(t, sync("f_2", "other-token")).want(202)
	e.call(t, call{path: "/v1/firms/f_1/matters", token: "user-token"}).want(200)
}

// Large bodies count by their bytes.
func TestAFloodOfBytesIsHeldBack(t *testing.T) {
	e := newEngine(t)
	event := call{method: "POST", path: "/v1/firms/f_1/events", token: "admin-token", body: strings.Repeat("x", 1<<20), kind: "application/json"}
	taken := 0
	for range 100 {
		if e.call(t, event).status != 202 {
			break
		}
		taken++
	}
	if taken > 32 {
		t.Errorf("%d MiB of one person are taken in at once", taken)
	}
	e.call(t, event).problem(429, "too_many_requests")
}

// The secret of a webhook is looked up before its body is read, and its body is small.
func TestAWebhooksSecretComesBeforeItsBody(t *testing.T) {
	e := newEngine(t)
	for path, want := range map[string]string{"/webhooks/smokeball/nosuchsecret": "404", "/webhooks/smokeball/the-secret": "413"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048575\r\n\r\n", path)
		if want == "413" {
			_, _ = io.WriteString(conn, strings.Repeat("x", 64<<10+1))
		}
		if err := conn.SetReadDeadline(time.Now().Add(stepWithin)); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, " "+want+" ") {
			t.Errorf("%s is answered %q, %v; want %s before all of the body is sent", path, line, err, want)
		}
	}
}

// unfinished sends the beginning of a body and keeps the connection.
func unfinished(t *testing.T, e *engine, path string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", path)
}

// Whoever knows one firm's webhook address and lets many bodies trickle there takes the
// places of that firm only.
func TestTricklingNotificationsOfOneFirmHoldUpNoOther(t *testing.T) {
	e := newEngine(t)
	for range 100 {
		unfinished(t, e, "/webhooks/smokeball/the-secret")
	}
	notice := func(secret string) reply {
		return e.call(t, call{method: "POST", path: "/webhooks/smokeball/" + secret, body: "{}"})
	}
	for end := time.Now().Add(stepWithin); notice("the-secret").status != 503; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("one firm's address has as many places as there are")
		}
	}
	notice("their-secret").want(200)
}

// A service of one firm does not bring what keeps the intake busy for all others.
func TestAFloodOfOneFirmsServiceIsHeldBack(t *testing.T) {
	e := newEngine(t)
	event := call{method: "POST", path: "/v1/firms/f_1/events", token: "service-token", body: "{}", kind: "application/json"}
	taken := 0
	for ; taken < 4000 && e.call(t, event).status == 202; taken++ {
	}
	if taken > 2500 {
		t.Errorf("%d events of one firm's service are taken in at once", taken)
	}
	e.call(t, event).problem(429, "too_many_requests")
	event.token = "every-firm-token"
	e.call(t, event).want(202)
}

// Links to Smokeball stay in the ledger: a firm's admins make twenty at once, and no more.
func TestAFirmMakesSoManyLinks(t *testing.T) {
	e := newEngine(t)
	link := func(firm, token string) call {
		return call{method: "POST", path: "/v1/firms/" + firm + "/connection/authorize", token: token}
	}
	made := 0
	for ; made < 50 && e.call(t, link("f_1", "admin-token")).status == 200; made++ {
	}
	if made != 20 {
		t.Errorf("a firm makes %d links at once", made)
	}
	e.call(t, link("f_1", "admin-token")).problem(429, "too_many_requests")
	e.call(t, link("f_2", "other-token")).want(200)
}

// deadline is a writer that notes until when its client has to read.
type deadline struct {
	http.ResponseWriter
	at *time.Time
}

func (d deadline) SetWriteDeadline(at time.Time) error { *d.at = at; return nil }

// timed answers as the engine does and notes the deadline of the answer.
func timed(t *testing.T, path string) time.Time {
	t.Helper()
	c := newEngine(t).config()
	c.Registry = prometheus.NewRegistry()
	h, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var at time.Time
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(deadline{discard{http.Header{}}, &at}, r)
	return at
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// Every answer has to be read within a time, whatever it is.
func TestEveryAnswerHasADeadline(t *testing.T) {
	for _, path := range []string{"/healthz", "/openapi.json", "/static/console.css", "/v1/firms/f_1/matters", "/nowhere", "/"} {
		if at := timed(t, path); at.IsZero() || time.Until(at) > time.Minute {
			t.Errorf("%s has until %s to be read", path, at)
		}
	}
}

// Lists carry no bodies.
func TestListsOfDeadLettersCarryNoBodies(t *testing.T) {
	e := newEngine(t)
	for i := range 3 {
		e.add(noon, domain.DeadLetterStream(firm, fmt.Sprintf("dl_%d", i)), domain.DeadLettered{Subject: "casehug.f_1.matter.created", Body: []byte(`{"title":"the-secret-title"}`), Size: 28,
			Faults: []domain.FieldFault{{Reason: "is wrong"}}})
	}
	e.told(t)
	e.call(t, call{path: "/v1/firms/f_1/dead-letters?limit=500", token: "admin-token"}).want(200).contains("dl_0", "dl_2").lacks("payload", "the-secret-title")
	e.call(t, call{path: "/v1/firms/f_1/dead-letters/dl_1", token: "admin-token"}).want(200).contains("the-secret-title")
}

// The operator's token counts on the engine's own machine only, and not through a proxy.
func TestOperatorsAreOnThisMachine(t *testing.T) {
	e := newEngine(t)
	ask := func(header string) reply {
		return e.call(t, call{path: "/v1/operator/firms", header: map[string]string{"Authorization": "Operator " + operator, header: "203.0.113.7"}})
	}
	ask("X-Other").want(200)
	ask("X-Forwarded-For").want(401)
	ask("Forwarded").want(401)
}

func TestHeadersHoldOthersOff(t *testing.T) {
	e := newEngine(t, func(c *web.Config) {
		c.PublicURL, c.ConsentURL = "https://sync.casehug.example", "https://auth.smokeball.example"
	})
	h := e.call(t, call{path: "/healthz"}).want(200).header
	for name, want := range map[string]string{"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, path := range []string{"/healthz", "/v1/firms/f_1/connection", "/integrations"} {
		h := e.call(t, call{path: path, html: true, header: map[string]string{"Origin": "https://elsewhere.example"}}).header
		if allowed := h.Get("Access-Control-Allow-Origin"); allowed != "" {
			t.Errorf("%s: scripts of %s may read it", path, allowed)
		}
	}
	if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "form-action 'self' https: ") || !strings.Contains(csp, "https://auth.smokeball.example") {
		t.Errorf("forms may end at %s", csp)
	}
}
