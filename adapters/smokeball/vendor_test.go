package smokeball_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

const (
	firm      domain.FirmID    = "f_1"
	rid       domain.RequestID = "0d1b4dd4-3a3c-8f4e-9b38-94c6c7d9d001"
	uuidA                      = "b471682e-fa17-4e46-b7fe-9b2b8fdcb3c2"
	uuidB                      = "832e778f-83df-454a-b344-768a862a7e67"
	uuidC                      = "009f778f-83df-454a-b344-768a862a7e55"
	apiKey                     = "key-4711"
	secret                     = "secret-0815"
	ownKey                     = "key-0042"
	ownSecret                  = "secret-1138"
)

// vendor is a Smokeball that a test scripts route by route. It refuses what Smokeball
// would: a wrong key, a wrong or ended token, a missing RequestId, a field or query
// name it does not know.
type vendor struct {
	t   testing.TB
	api *httptest.Server
	mux *http.ServeMux

	mu      sync.Mutex
	access  string // the access token that works
	serial  int    // how many access tokens were made
	grant   string // the refresh token that works
	calls   []recorded
	tokens  []url.Values // the forms that the token endpoint saw
	revoked []url.Values // the forms that the revocation endpoint saw
	key     string       // the API key that works
	observe func(*http.Request, []byte)
}

type recorded struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         map[string]any
}

func newVendor(t testing.TB) *vendor {
	v := &vendor{t: t, mux: http.NewServeMux(), access: "access-0", grant: "refresh-0", key: apiKey}
	v.mux.HandleFunc("POST /oauth2/token", v.token)
	v.mux.HandleFunc("POST /oauth2/revoke", v.revoke)
	v.api = httptest.NewServer(v.mux)
	t.Cleanup(v.api.Close)
	return v
}

// on scripts a route. fields are the body's field names that it knows.
func (v *vendor) on(pattern, fields, query string, answer func(w http.ResponseWriter, r recorded)) {
	v.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		access, observe, key := v.access, v.observe, v.key
		v.mu.Unlock()
		if observe != nil {
			observe(r, text)
		}
		rec := recorded{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header}
		if len(text) > 0 {
			object := bytes.Trim(text, "[]\n") // the tags' array: its one object
			if r.Header.Get("Content-Type") != "application/json" {
				problem(w, 415, "Unsupported media type", "")
				return
			}
			if err := json.Unmarshal(object, &rec.Body); err != nil {
				problem(w, 400, "Bad JSON", err.Error())
				return
			}
		}
		v.mu.Lock()
		v.calls = append(v.calls, rec)
		v.mu.Unlock()
		w.Header().Set("RequestId", r.Header.Get("RequestId"))
		switch {
		case r.Header.Get("x-api-key") != key:
			problem(w, 403, "Forbidden", "wrong key")
		case r.Header.Get("Authorization") != "Bearer "+access:
			problem(w, 401, "Unauthorized", "")
		case r.Header.Get("RequestId") == "":
			problem(w, 400, "No RequestId", "")
		case unknown(rec.Body, fields) != "":
			problem(w, 400, "Unknown field", unknown(rec.Body, fields))
		case unknownQuery(rec.Query, query) != "":
			problem(w, 400, "Unknown query", unknownQuery(rec.Query, query))
		default:
			answer(w, rec)
		}
	})
}

func unknown(body map[string]any, fields string) string {
	for name := range body {
		if !slices.Contains(strings.Fields(fields), name) {
			return name
		}
	}
	return ""
}

func unknownQuery(query url.Values, names string) string {
	for name := range query {
		if !slices.Contains(strings.Fields(names), name) {
			return name
		}
	}
	return ""
}

// token is the sign-in host: it takes a refresh or a code and hands out access-N.
func (v *vendor) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tokens = append(v.tokens, r.PostForm)
	id, pass, _ := r.BasicAuth()
	form := r.PostForm
	if id == "own-1" && pass == ownSecret && form.Get("client_id") == "own-1" && form.Get("grant_type") == "client_credentials" {
		v.serial++
		v.access = fmt.Sprintf("access-%d", v.serial)
		reply(w, 200, `{"access_token":"`+v.access+`","token_type":"Bearer","expires_in":3600}`)
		return
	}
	switch {
	case r.Header.Get("x-api-key") != "" || r.Header.Get("RequestId") != "":
		reply(w, 400, `{"error":"invalid_request"}`)
	case id != "client-1" || pass != secret || form.Get("client_id") != "client-1":
		reply(w, 401, `{"error":"invalid_client"}`)
	case form.Get("grant_type") == "refresh_token" && form.Get("refresh_token") == v.grant:
		v.serial++
		v.access = fmt.Sprintf("access-%d", v.serial)
		reply(w, 200, `{"access_token":"`+v.access+`","token_type":"Bearer","expires_in":3600}`)
	case form.Get("grant_type") == "authorization_code" && form.Get("code") == "code-1" && form.Get("code_verifier") != "":
		v.serial++
		v.access = fmt.Sprintf("access-%d", v.serial)
		reply(w, 200, `{"access_token":"`+v.access+`","refresh_token":"`+v.grant+`","token_type":"Bearer","expires_in":3600}`)
	default:
		reply(w, 400, `{"error":"invalid_grant"}`)
	}
}

// revoke ends the grant.
func (v *vendor) revoke(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.revoked = append(v.revoked, r.PostForm)
	if id, pass, _ := r.BasicAuth(); id != "client-1" || pass != secret || r.Header.Get("x-api-key") != "" {
		reply(w, 401, `{"error":"invalid_client"}`)
		return
	}
	v.grant, v.access = "", ""
	w.WriteHeader(200)
}

func (v *vendor) set(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f()
}

func (v *vendor) seen() []recorded {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.calls)
}

func (v *vendor) last() recorded {
	all := v.seen()
	if len(all) == 0 {
		v.t.Fatal("Smokeball saw no call")
	}
	return all[len(all)-1]
}

func (v *vendor) refreshes() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.tokens)
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func replies(status int, body string) func(http.ResponseWriter, recorded) {
	return func(w http.ResponseWriter, _ recorded) { reply(w, status, body) }
}

func problem(w http.ResponseWriter, status int, title, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []any{},
	})
}

// memory is a token store in memory that speaks the contract of TokenStore.
type memory struct {
	mu       sync.Mutex
	tokens   map[domain.FirmID]smokeball.Tokens
	revision uint64
}

func (m *memory) Load(_ context.Context, f domain.FirmID) (smokeball.Tokens, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.tokens[f]
	if !ok {
		return smokeball.Tokens{}, 0, smokeball.ErrNoTokens
	}
	return t, m.revision, nil
}

func (m *memory) Save(_ context.Context, f domain.FirmID, t smokeball.Tokens, revision uint64) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.tokens[f]; !ok {
		return 0, smokeball.ErrNoTokens
	}
	if revision != m.revision {
		return 0, smokeball.ErrStale
	}
	m.revision++
	m.tokens[f] = t
	return m.revision, nil
}

func (m *memory) put(f domain.FirmID, t smokeball.Tokens) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.revision++
	m.tokens[f] = t
}

// signedIn is a store in which firm is connected with tokens that work.
func signedIn() *memory {
	now := time.Now()
	return &memory{revision: 1, tokens: map[domain.FirmID]smokeball.Tokens{
		firm: {
			Access: "access-0", Refresh: "refresh-0", Expiry: now.Add(time.Hour),
			Issued: now.Add(-time.Hour), Obtained: now,
		},
	}}
}

func config(v *vendor, store smokeball.TokenStore) smokeball.Config {
	return smokeball.Config{
		Hosts:        smokeball.Hosts{API: v.api.URL, Auth: v.api.URL},
		ClientID:     "client-1",
		ClientSecret: secret,
		APIKey:       apiKey,
		Rate:         100000, Burst: 100000,
		Store: store,
		Log:   slog.New(slog.DiscardHandler),
	}
}

func newClient(t testing.TB, cfg smokeball.Config) *smokeball.Client {
	c, err := smokeball.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// connected is a vendor and a client whose firm is connected.
func connected(t testing.TB) (*vendor, *smokeball.Client) {
	v := newVendor(t)
	return v, newClient(t, config(v, signedIn()))
}

// fault is err as the one error of the package; anything else fails the test.
func fault(t testing.TB, err error) *domain.CallError {
	t.Helper()
	ce := domain.AsCallError(err)
	if ce == nil {
		t.Fatalf("got %v (%T), want a *domain.CallError", err, err)
	}
	if ce.Op == "" || messageOf(ce.Failure) == "" || remedyOf(ce.Failure) == "" || ce.Failure.Code == "" || ce.Class == 0 {
		t.Errorf("the error leaves something out: %+v", *ce)
	}
	return ce
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
