package web

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

// middleware serves every request with headers that keep browsers safe, answers unknown
// addresses and panics, and writes one line of the access log.
type middleware struct {
	mux    *http.ServeMux
	errors *console.ErrorPages
	logger *slog.Logger
	served served
	csp    string // Content-Security-Policy
	secure bool   // the console is reached by https
}

// ServeHTTP implements http.Handler.
func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, noted := auth.WithFirmNote(r.Context())
	r = r.WithContext(ctx)
	record := &accessRecord{began: time.Now()}
	rec := &recorder{ResponseWriter: w}
	defer func() { m.finish(rec, r, record, recover()) }()
	m.protect(rec.Header())
	handler, pattern := m.mux.Handler(r)
	record.route = pattern
	if pattern == "" {
		m.refuseAddress(rec, r, handler)
		return
	}
	m.mux.ServeHTTP(rec, r)
	record.firm = cmp.Or(r.PathValue("firm"), string(noted()))
}

// accessRecord is what the access log names of a request.
type accessRecord struct {
	began time.Time
	route string // the pattern, never the address, which may hold secrets
	firm  string
}

// recorder remembers the status and gives the reader a deadline.
type recorder struct {
	http.ResponseWriter
	status int
	began  time.Time // the answer
}

// readWithin is how long a client may take to read an answer. A handler that takes longer by
// design moves the deadline with http.ResponseController once it has begun.
const readWithin = 30 * time.Second

func (r *recorder) begin(status int) {
	if r.status != 0 {
		return
	}
	r.status, r.began = status, time.Now()
	_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(readWithin)) // a writer without deadlines has no slow client
}

// WriteHeader remembers the status that is sent.
func (r *recorder) WriteHeader(status int) {
	r.begin(status)
	r.ResponseWriter.WriteHeader(status)
}

// Write sends the body, after the status 200 if none was set.
func (r *recorder) Write(b []byte) (int, error) {
	r.begin(http.StatusOK)
	return r.ResponseWriter.Write(b)
}

// Unwrap gives http.ResponseController the underlying writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// finish answers after a panic, unless an answer has begun, and writes the log.
func (m *middleware) finish(rec *recorder, r *http.Request, record *accessRecord, panicked any) {
	if panicked == http.ErrAbortHandler {
		panic(panicked)
	}
	if panicked != nil {
		p := problem.Failed(nil)
		m.logger.LogAttrs(r.Context(), slog.LevelError, "handler panicked", slog.String("reference", p.Reference),
			slog.String("route", record.route), slog.String("kind", fmt.Sprintf("%T", panicked)), slog.String("stack", string(debug.Stack())))
		if rec.status == 0 {
			m.errors.Refuse(rec, r, p)
		}
	}
	m.served.count(r.Method, record, rec)
	m.logger.LogAttrs(r.Context(), levelOf(record.route), "request served", slog.String("method", r.Method), slog.String("route", record.route),
		slog.Int("status", rec.status), slog.Duration("took", time.Since(record.began)), slog.String("firm", record.firm))
}

// levelOf keeps out of the ordinary log what machines request every few seconds.
func levelOf(route string) slog.Level {
	switch route {
	case "GET /healthz", "GET /readyz", "GET /metrics", "GET /static/{file}":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// refuseAddress answers for an address that has no route, or none for the method; beneath
// is the mux's own answer, which knows the methods.
func (m *middleware) refuseAddress(w http.ResponseWriter, r *http.Request, beneath http.Handler) {
	probe := &recorder{ResponseWriter: discard{http.Header{}}}
	beneath.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		allow := probe.Header().Get("Allow")
		m.errors.Refuse(w, r, problem.New(probe.status, problem.CodeMethodNotAllowed, "This address does not take "+r.Method+".", "It takes "+allow+".").With("Allow", allow))
		return
	}
	m.errors.Refuse(w, r, problem.UnknownAddress())
}

// discard drops an answer.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// protect sets the headers of every answer.
func (m *middleware) protect(h http.Header) {
	h.Set("Content-Security-Policy", m.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if m.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// contentPolicy lets pages load from this site only. Forms are sent to this site, except
// Connect, which is redirected to Smokeball's consent page and within Smokeball's domain.
func contentPolicy(origin, consent string) (string, error) {
	forms := "'self' " + origin
	if consent != "" {
		u, err := url.Parse(consent)
		if err != nil || u.Host == "" {
			return "", fmt.Errorf("ConsentURL is %q; it needs an http or https address", consent)
		}
		forms += " " + u.Scheme + "://" + u.Host
		if _, domain, below := strings.Cut(u.Hostname(), "."); below && strings.Contains(domain, ".") && net.ParseIP(u.Hostname()) == nil {
			forms += " https://*." + domain
		}
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'", nil
}
