package smokeballsim

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"time"
)

// guarded makes an API endpoint from do: it requires the key, a valid access token, a token from
// the bucket and all scopes.
func (s *Server) guarded(pattern, scopes string, do endpoint) http.Handler {
	return s.watched(pattern, func(w http.ResponseWriter, r *http.Request, id string) {
		c := s.newCall(r, id)
		if p := c.admit(strings.Fields(scopes)); p != nil {
			send(w, c.refusal(p))
			return
		}
		if seen, ok := w.(*statusWriter); ok {
			seen.account = c.account.ID
		}
		if p := c.read(); p != nil {
			send(w, c.refusal(p))
			return
		}
		s.misbehave(w, pattern, func(sour string) answer {
			c.sour = sour
			return c.perform(do)
		})
	})
}

func (s *Server) newCall(r *http.Request, requestID string) *call {
	return &call{
		Server: s, r: r, requestID: requestID, base: s.baseOf(r),
		path: r.URL.Path, query: readQuery(r.URL.Query()),
	}
}

// baseOf returns the server's address: the configured one, or the request's host.
func (s *store) baseOf(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url == "" {
		s.url = "http://" + r.Host
	}
	return s.url
}

// admit checks the two credentials, the bucket and the scopes, in that order.
func (c *call) admit(scopes []string) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.r.Header.Get("x-api-key")
	if !c.keyed(key) {
		return newProblem(http.StatusForbidden, "The x-api-key header is missing or wrong.")
	}
	g, alive := c.bearer(c.r.Header.Get("Authorization"))
	if !alive {
		return newProblem(http.StatusUnauthorized, "The access token is missing, unknown or has ended.")
	}
	a := c.app(g.Client)
	if a == nil || !same(key, a.key) {
		return newProblem(http.StatusForbidden, "The x-api-key header is another app's than the access token.")
	}
	if !a.bucket.Allow() {
		return newProblem(http.StatusTooManyRequests, "The client id has used up its requests for now.")
	}
	for _, scope := range scopes {
		if !g.allows(scope) {
			return newProblem(http.StatusForbidden, "The access token lacks the scope "+scope+".")
		}
	}
	c.account, c.user, c.client = c.Server.account(g.Account), g.User, g.Client
	return nil
}

// read reads the body; if there is one, it must be JSON.
func (c *call) read() *problem {
	b, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil {
		return newProblem(http.StatusBadRequest, "The body ended early.")
	}
	if len(b) > maxBody {
		return newProblem(http.StatusRequestEntityTooLarge, "The body is too large.")
	}
	c.body = b
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if len(b) > 0 && (err != nil || kind != "application/json") {
		return newProblem(http.StatusUnsupportedMediaType, "The Content-Type of the body must be application/json.")
	}
	return nil
}

// perform runs do and renders its answer under the lock, so that the answer is consistent.
// Changes are in the state file before the answer is sent.
func (c *call) perform(do endpoint) answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	rep, p := do(c)
	if (c.changed || c.r.Method != http.MethodGet) && !c.committed() {
		p = newProblem(http.StatusServiceUnavailable, "The service cannot keep what it does.")
	}
	if p != nil {
		return c.refusal(p)
	}
	return c.render(rep.status, "application/json; charset=utf-8", rep.body)
}

func (c *call) refusal(p *problem) answer {
	p.Instance = c.path
	return c.render(p.Status, "application/problem+json", p)
}

func (c *call) render(status int, kind string, body any) answer {
	a := answer{status: status, header: http.Header{}}
	if body == nil {
		return a
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(body); err != nil {
		c.config.Log.Error("answer cannot be rendered", "route", c.path, "err", err)
		return answer{status: http.StatusInternalServerError, header: a.header}
	}
	a.header.Set("Content-Type", kind)
	a.body = b.Bytes()
	return a
}

// answer is a rendered answer, which a fault may still corrupt or drop.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func send(w http.ResponseWriter, a answer) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // fails only if the caller has disconnected
}

// watched gives a request its id and keeps a record of it.
func (s *store) watched(pattern string, serve func(http.ResponseWriter, *http.Request, string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("RequestId")
		if id == "" {
			id = s.freshID()
		}
		w.Header().Set("RequestId", id)
		seen := &statusWriter{ResponseWriter: w}
		began := time.Now()
		defer func() { s.record(Request{began, r.Method, pattern, r.URL.Path, seen.status, id, seen.account}) }()
		serve(seen, r, id)
	})
}

func (s *store) freshID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chance.id()
}

// statusWriter remembers the status that was sent, 0: none was; and whose the request is.
type statusWriter struct {
	http.ResponseWriter
	status  int
	account string
}

// WriteHeader remembers and sends the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
