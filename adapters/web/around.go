package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// middleware is what every request goes through: headers that keep browsers safe, an
// answer to unknown addresses, a net under panics, and one line in the log.
func (s *site) middleware(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &accessRecord{began: time.Now()}
		r = r.WithContext(context.WithValue(r.Context(), accessRecordKey{}, t))
		rec := &recorder{ResponseWriter: w}
		defer func() { s.finish(rec, r, t, recover()) }()
		s.protect(rec.Header())
		handler, pattern := mux.Handler(r)
		t.route = pattern
		if pattern == "" {
			s.refuseAddress(rec, r, handler)
			return
		}
		mux.ServeHTTP(rec, r)
		t.firm = firstNonEmpty(r.PathValue("firm"), t.firm)
	})
}

// accessRecord is what the log tells of a request.
type accessRecord struct {
	began time.Time
	route string // the pattern, never the address, which may hold secrets
	firm  string
}

type accessRecordKey struct{}

// noteFirm lets the log name the firm of a signed-in user.
func noteFirm(ctx context.Context, firm domain.FirmID) {
	if t, ok := ctx.Value(accessRecordKey{}).(*accessRecord); ok {
		t.firm = string(firm)
	}
}

// recorder remembers the status, and holds the reader to a time from there on.
type recorder struct {
	http.ResponseWriter
	status int
}

// readWithin is how long a client may take to read an answer. What goes on for longer by
// design moves the deadline with http.ResponseController once it has begun.
const readWithin = 30 * time.Second

func (r *recorder) begin(status int) {
	if r.status != 0 {
		return
	}
	r.status = status
	_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(readWithin)) // a writer without deadlines has no slow client
}

// WriteHeader notes the status that is sent.
func (r *recorder) WriteHeader(status int) {
	r.begin(status)
	r.ResponseWriter.WriteHeader(status)
}

// Write sends the body, after the status 200 if none was set.
func (r *recorder) Write(b []byte) (int, error) {
	r.begin(http.StatusOK)
	return r.ResponseWriter.Write(b)
}

// Unwrap gives http.ResponseController the writer beneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// finish answers after a panic, unless an answer has begun, and writes the log.
func (s *site) finish(rec *recorder, r *http.Request, t *accessRecord, panicked any) {
	if panicked == http.ErrAbortHandler {
		panic(panicked)
	}
	if panicked != nil {
		p := failed(nil)
		p.Reference = newReference()
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "handler panicked", slog.String("reference", p.Reference),
			slog.String("route", t.route), slog.String("kind", fmt.Sprintf("%T", panicked)), slog.String("stack", string(debug.Stack())))
		if rec.status == 0 {
			s.refuse(rec, r, p)
		}
	}
	s.Logger.LogAttrs(r.Context(), s.levelOf(t.route), "request served", slog.String("method", r.Method), slog.String("route", t.route),
		slog.Int("status", rec.status), slog.Duration("took", time.Since(t.began)), slog.String("firm", t.firm))
}

// levelOf keeps what machines ask for every few seconds out of the ordinary log.
func (s *site) levelOf(route string) slog.Level {
	switch route {
	case "GET /healthz", "GET /readyz", "GET /metrics", "GET /static/{file}":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// refuseAddress answers for an address that has no route, or not for the method;
// beneath is the mux's own answer, which knows the methods.
func (s *site) refuseAddress(w http.ResponseWriter, r *http.Request, beneath http.Handler) {
	probe := &recorder{ResponseWriter: discard{http.Header{}}}
	beneath.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		allow := probe.Header().Get("Allow")
		s.refuse(w, r, newProblem(probe.status, codeMethodNotAllowed, "This address does not take "+r.Method+".", "It takes "+allow+".").with("Allow", allow))
		return
	}
	s.refuse(w, r, unknownAddress())
}

func unknownAddress() *problem {
	return newProblem(http.StatusNotFound, domain.CodeNotFound, "There is nothing at this address.", "GET /openapi.json lists the addresses of the API.")
}

// discard takes an answer that nobody sees.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// refuse answers with an error: a page for people who look at pages, else a problem.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problemOf(r.Context(), err)
	if wantsPage(r) {
		s.showProblem(w, r, p)
		return
	}
	writeProblem(w, p)
}

func wantsPage(r *http.Request) bool {
	for _, api := range []string{"/v1/", "/webhooks/"} {
		if strings.HasPrefix(r.URL.Path, api) {
			return false
		}
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// protect sets the headers of every answer.
func (s *site) protect(h http.Header) {
	h.Set("Content-Security-Policy", s.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// contentPolicy lets pages load from here only. Forms end here too, but for Connect, which
// leads to Smokeball's consent page and may be led on within Smokeball's domain.
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
