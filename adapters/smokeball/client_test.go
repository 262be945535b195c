package smokeball_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func createMatter(ctx context.Context, c *smokeball.Client) error {
	_, err := c.CreateMatter(ctx, firm, domain.MatterDraft{
		ExternalID: "m_1", Description: "Rivera v. Apex", MatterTypeID: uuidC,
		ClientIDs: []domain.SmokeballID{uuidA}, Status: "Open",
	}, rid, nil)
	return err
}

const matterFields = "externalSystemId number matterTypeId clientIds clientRole description status openedDate closedDate personResponsibleStaffId"

func TestAnswersAreClassed(t *testing.T) {
	said := `{"title":"Bad Request","status":400,"errors":[{"field":"number","message":"is taken"}]}`
	for name, tc := range map[string]struct {
		status    int
		body      string
		class     domain.Class
		code      domain.Code
		unsettled bool
		message   string // part of it
		remedy    string
	}{
		"bad input":  {400, said, domain.Permanent, domain.CodeSmokeballRefused, false, "refuses to create the matter: Bad Request; number: is taken.", "Correct the matter in CaseHug and sync it again. Smokeball said: “Bad Request; number: is taken”."},
		"conflict":   {409, said, domain.Permanent, domain.CodeSmokeballRefused, false, "number: is taken", "Correct the matter"},
		"semantics":  {422, said, domain.Permanent, domain.CodeSmokeballRefused, false, "number: is taken", "Correct the matter"},
		"refused":    {401, `{}`, domain.Retryable, domain.CodeSmokeballUnavailable, false, "right after it renewed it", "by ourselves"},
		"a page":     {400, `<html>blocked</html>`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "is not Smokeball", "by ourselves"},
		"a 403 page": {403, `<html>blocked</html>`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "is not Smokeball", "by ourselves"},
		"a 404 page": {404, `<html>no such site</html>`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "is not Smokeball", "by ourselves"},
		"nothing":    {422, ``, domain.Retryable, domain.CodeSmokeballUnavailable, true, "is not Smokeball", "by ourselves"},
		"with a BOM": {400, "\ufeff" + said, domain.Permanent, domain.CodeSmokeballRefused, false, "number: is taken", "Correct the matter"},
		"forbidden":  {403, `{"message":"Forbidden"}`, domain.NotPermitted, domain.CodeSmokeballRefused, false, "does not allow CaseHug to create the matter: Forbidden", "firm admin"},
		"not there":  {404, `{"title":"Not Found"}`, domain.NotThere, domain.CodeSmokeballRefused, false, "not there", "look again"},
		"too many":   {429, `{"message":"Too Many Requests"}`, domain.Allowance, domain.CodeAllowanceExceeded, false, "no more calls", "by ourselves"},
		"fault":      {500, `oops`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "fault (500)", "by ourselves"},
		"down":       {503, ``, domain.Retryable, domain.CodeSmokeballUnavailable, true, "fault (503)", "by ourselves"},
		"cut JSON":   {202, `{"id":"b4716`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "cannot be read", "by ourselves"},
		"no id":      {202, `{}`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "cannot be read", "by ourselves"},
		"empty":      {202, ``, domain.Retryable, domain.CodeSmokeballUnavailable, true, "cannot be read", "by ourselves"},
		"HTML":       {200, `<html>`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "cannot be read", "by ourselves"},
		"too long":   {202, `{"id":"` + strings.Repeat("x", 8<<20) + `"}`, domain.Retryable, domain.CodeSmokeballUnavailable, true, "cannot be read", "by ourselves"},
	} {
		t.Run(name, func(t *testing.T) {
			v, c := connected(t)
			v.on("POST /matters", matterFields, "", replies(tc.status, tc.body))
			ce := fault(t, createMatter(t.Context(), c))
			if ce.Class != tc.class || ce.Failure.Code != tc.code || ce.Unsettled != tc.unsettled || ce.Op != "create matter" {
				t.Errorf("got class %v, code %s, unsettled %v, op %q", ce.Class, ce.Failure.Code, ce.Unsettled, ce.Op)
			}
			if !strings.Contains(messageOf(ce.Failure), tc.message) || !strings.Contains(remedyOf(ce.Failure), tc.remedy) {
				t.Errorf("got %q / %q", messageOf(ce.Failure), remedyOf(ce.Failure))
			}
			if tc.status >= 300 && (ce.Failure.Smokeball == nil || ce.Failure.Smokeball.Status != tc.status || ce.Failure.Smokeball.RequestID != rid) {
				t.Errorf("Smokeball's own answer: got %+v", ce.Failure.Smokeball)
			}
		})
	}
}

func TestReadsAndChangesAreNeverUnsettledByAFault(t *testing.T) {
	v, c := connected(t)
	v.on("GET /matters/{id}", "", "", replies(503, ""))
	v.on("PATCH /matters/{id}", "status", "", replies(503, ""))
	_, err := c.Matter(t.Context(), firm, uuidA)
	if fault(t, err).Unsettled {
		t.Error("a read is unsettled")
	}
	closed := "Closed"
	err = c.PatchMatter(t.Context(), firm, uuidA, domain.MatterChange{Status: &closed}, rid)
	if fault(t, err).Unsettled {
		t.Error("a change that may be repeated is unsettled")
	}
}

// TestRetryAfterIsPassedOn: 503 with Retry-After, in seconds and as a date 12 s ahead.
func TestRetryAfterIsPassedOn(t *testing.T) {
	for after, want := range map[string]time.Duration{"17": 17 * time.Second, "12.0": 12 * time.Second, "date": 12 * time.Second, "-3": 0, "soon": 0, "": 0, "86400": 5 * time.Minute} {
		v, c := connected(t)
		v.on("POST /matters", matterFields, "", func(w http.ResponseWriter, _ recorded) {
			if after == "date" {
				now := time.Now().Add(time.Hour) // their clock is wrong
				w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
				after = now.Add(12 * time.Second).UTC().Format(http.TimeFormat)
			}
			w.Header().Set("Retry-After", after)
			reply(w, 503, "")
		})
		if after := fault(t, createMatter(t.Context(), c)).After; after != want {
			t.Errorf("%q: got %v", after, after)
		}
	}
}

// TestNumbersAsOthersWriteThem: a byte order mark, numbers with a point, and texts where
// numbers are meant.
func TestNumbersAsOthersWriteThem(t *testing.T) {
	v, c := connected(t)
	v.on("GET /matters/{id}/documents/files/{file}", "", "", replies(200, "\ufeff"+`{"id":"`+uuidB+`","name":"a","sizeBytes":"48213.0"}`))
	got, err := c.File(t.Context(), firm, uuidA, uuidB)
	must(t, err)
	if got.SizeBytes != 48213 {
		t.Errorf("got %d bytes", got.SizeBytes)
	}
}

func TestA429PausesAllCalls(t *testing.T) {
	v, c := connected(t)
	v.on("GET /firm", "", "", replies(429, `{}`))
	_, err := c.Firm(t.Context(), firm)
	if after := fault(t, err).After; after <= 0 || after > 2*time.Second {
		t.Errorf("the next try is wanted after %v", after)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = c.Firm(ctx, firm)
	if ce := fault(t, err); ce.Unsettled || !errors.Is(err, context.DeadlineExceeded) || len(v.seen()) != 1 {
		t.Errorf("got %v after %d calls", err, len(v.seen()))
	}
}

func TestABrokenConnectionLeavesACreateUnsettled(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters", matterFields, "", func(w http.ResponseWriter, _ recorded) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	ce := fault(t, createMatter(t.Context(), c))
	if ce.Class != domain.Retryable || !ce.Unsettled {
		t.Errorf("got %+v", ce)
	}
	if n := len(v.seen()); n != 1 {
		t.Errorf("the create was sent %d times", n)
	}
}

func TestAnAnswerCutOffLeavesACreateUnsettled(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters", matterFields, "", func(w http.ResponseWriter, _ recorded) {
		w.Header().Set("Content-Length", "1000")
		reply(w, 202, `{"id":"b471682e`)
	})
	if ce := fault(t, createMatter(t.Context(), c)); ce.Class != domain.Retryable || !ce.Unsettled {
		t.Errorf("got %+v", ce)
	}
}

func TestAnUnreachableHostIsSettled(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	cfg := config(newVendor(t), signedIn())
	cfg.Hosts.API = "http://" + listener.Addr().String()
	must(t, listener.Close())
	ce := fault(t, createMatter(t.Context(), newClient(t, cfg)))
	if ce.Class != domain.Retryable || ce.Unsettled || !strings.Contains(messageOf(ce.Failure), "cannot be reached") {
		t.Errorf("got %+v", ce)
	}
}

func TestACallerWhoGivesUpMidway(t *testing.T) {
	v, c := connected(t)
	arrived, leave := make(chan struct{}), make(chan struct{})
	v.on("POST /matters", matterFields, "", func(http.ResponseWriter, recorded) { close(arrived); <-leave })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	err := createMatter(ctx, c)
	close(leave)
	if ce := fault(t, err); !ce.Unsettled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, unsettled %v", err, ce.Unsettled)
	}
}

// TestUploadsGoOnWhileTheAPIIsOutOfReach: pre-signed addresses are apart from
// the firm's circuit.
func TestUploadsGoOnWhileTheAPIIsOutOfReach(t *testing.T) {
	v, c := connected(t)
	v.on("GET /firm", "", "", replies(503, ""))
	v.mux.HandleFunc("PUT /store/x", func(http.ResponseWriter, *http.Request) {})
	for range 20 {
		_, err := c.Firm(t.Context(), firm)
		if ce := fault(t, err); ce.Class != domain.Retryable {
			t.Fatalf("got %+v", ce)
		}
	}
	_, err := c.Firm(t.Context(), firm)
	ce := fault(t, err)
	if len(v.seen()) != 5 || ce.Unsettled || ce.After <= 0 || ce.Op != "read firm" || !strings.HasPrefix(messageOf(ce.Failure), "Smokeball has not answered since ") {
		t.Errorf("%d calls, then %+v", len(v.seen()), ce)
	}
	must(t, c.Upload(t.Context(), domain.Upload{URL: v.api.URL + "/store/x"}, strings.NewReader("x"), 1))
}

func TestARedirectTellsWhere(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters", matterFields, "", func(w http.ResponseWriter, _ recorded) {
		w.Header().Set("Location", "https://api.smokeball.com.au/matters")
		w.WriteHeader(307)
	})
	ce := fault(t, createMatter(t.Context(), c))
	if ce.Class != domain.Retryable || !strings.Contains(messageOf(ce.Failure), "api.smokeball.com.au") || !strings.Contains(remedyOf(ce.Failure), "SMOKEBALL_API_URL") {
		t.Errorf("got %+v", ce)
	}
}

func TestEveryCallCarriesItsCredentials(t *testing.T) {
	v, c := connected(t)
	v.on("GET /firm", "", "", replies(200, `{"id":"acc-1","name":"Brown LLC","unknown":{"new":"field"}}`))
	got, err := c.Firm(t.Context(), firm)
	must(t, err)
	if got != (domain.Account{ID: "acc-1", Name: "Brown LLC"}) {
		t.Errorf("got %+v", got)
	}
	h := v.last().Header
	if h.Get("x-api-key") != apiKey || h.Get("Authorization") != "Bearer access-0" || len(h.Get("RequestId")) != 36 {
		t.Errorf("got %v", h)
	}
}

func TestFirmWithAFreshToken(t *testing.T) {
	v, _ := connected(t)
	c := newClient(t, config(v, &memory{}))
	v.on("GET /firm", "", "", replies(200, `{"id":"acc-1","name":"Brown LLC"}`))
	got, err := c.FirmWith(smokeball.OnBehalf(t.Context(), firm), "access-0")
	must(t, err)
	if u := c.Usage(firm); got.ID != "acc-1" || u.LastMinute != 1 || u.LastMinuteOfFirm != 1 {
		t.Errorf("got %+v, and as the firm's calls %+v", got, u)
	}
	_, err = c.FirmWith(t.Context(), "wrong")
	if ce := fault(t, err); ce.Class != domain.Retryable || v.refreshes() != 0 {
		t.Errorf("got %+v after %d refreshes", ce, v.refreshes())
	}
}

func TestAnEndedTokenIsRenewedOnceAndTheCallRepeated(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters", matterFields, "", replies(202, `{"id":"`+uuidA+`"}`))
	v.set(func() { v.access = "ended" })
	must(t, createMatter(t.Context(), c))
	if v.refreshes() != 1 || len(v.seen()) != 2 {
		t.Errorf("%d refreshes, %d calls", v.refreshes(), len(v.seen()))
	}
	for _, call := range v.seen() {
		if call.Header.Get("RequestId") != string(rid) {
			t.Errorf("RequestId: got %q", call.Header.Get("RequestId"))
		}
	}
}

// TestTwoSecondsOf401EndNoSignIn: the API answers 401 to everything for 2 s, refreshing
// works all the while.
func TestTwoSecondsOf401EndNoSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, refreshes := time.Now(), 0
		c := far(t, signedIn(), func(r *http.Request) (*http.Response, error) {
			status, text := 200, `{"id":"x"}`
			switch {
			case r.URL.Host == "auth.test":
				refreshes++
				text = fmt.Sprintf(`{"access_token":"new-%d","expires_in":3600}`, refreshes)
			case time.Since(began) < 2*time.Second:
				status, text = 401, `{"message":"Unauthorized"}`
			}
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
		})
		_, err := c.Firm(t.Context(), firm)
		ce := fault(t, err)
		if ce.Class != domain.Retryable || ce.Unsettled {
			t.Errorf("got %+v", ce)
		}
		time.Sleep(2 * time.Second)
		_, err = c.Firm(t.Context(), firm)
		must(t, err)
	})
}

func TestTokensRefusedAgainAreNotRenewedForEver(t *testing.T) {
	v, c := connected(t)
	v.on("GET /firm", "", "", replies(401, `{}`))
	for range 10 {
		_, err := c.Firm(t.Context(), firm)
		if ce := fault(t, err); ce.Class != domain.Retryable || ce.Op != "read firm" {
			t.Fatalf("got %+v", ce)
		}
	}
	if v.refreshes() != 1 {
		t.Errorf("%d refreshes for 10 calls", v.refreshes())
	}
}

func TestADeadGrantEndsTheCall(t *testing.T) {
	v, c := connected(t)
	v.on("GET /firm", "", "", replies(200, `{"id":"x"}`))
	v.set(func() { v.access, v.grant = "ended", "other" })
	_, err := c.Firm(t.Context(), firm)
	ce := fault(t, err)
	if ce.Class != domain.SignIn || ce.Failure.Code != domain.CodeReauthorizationRequired || ce.Op != "read firm" {
		t.Errorf("got %+v", ce)
	}
}

func TestAForbiddenCallIsTriedOnceWithTokensYoungerThanTheGrant(t *testing.T) {
	for name, tc := range map[string]struct {
		issued    time.Duration // the grant, before the access token
		refreshes int
	}{"token as old as the grant": {0, 1}, "token younger than the grant": {time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			v, store := newVendor(t), signedIn()
			tokens := store.tokens[firm]
			tokens.Issued = tokens.Obtained.Add(-tc.issued)
			store.put(firm, tokens)
			c := newClient(t, config(v, store))
			v.on("GET /firm", "", "", replies(403, `{"message":"Forbidden"}`))
			for range 3 {
				_, err := c.Firm(t.Context(), firm)
				if ce := fault(t, err); ce.Class != domain.Retryable || ce.Failure.Code != domain.CodeMisconfigured || ce.Setting != "SMOKEBALL_API_KEY" {
					t.Fatalf("got %+v", ce)
				}
			}
			if v.refreshes() != tc.refreshes || len(v.seen()) != 3+tc.refreshes {
				t.Errorf("%d refreshes, %d calls", v.refreshes(), len(v.seen()))
			}
		})
	}
}

// TestAWrongKeyIsToldFromALackingPermission: a 403 to one call is about that call, a 403 to
// everything is about the app.
func TestAWrongKeyIsToldFromALackingPermission(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters", matterFields, "", replies(403, `{"title":"Forbidden","detail":"Scope matters/write is missing"}`))
	v.on("GET /firm", "", "", replies(200, `{"id":"x"}`))
	if ce := fault(t, createMatter(t.Context(), c)); ce.Class != domain.NotPermitted {
		t.Errorf("a lacking permission: got %+v", ce)
	}
	v.set(func() { v.key = "another" })
	ce := fault(t, createMatter(t.Context(), c))
	if ce.Class != domain.Retryable || ce.Setting != "SMOKEBALL_API_KEY" || ce.Unsettled || ce.Failure.Smokeball == nil || ce.Failure.Smokeball.Status != 403 || !strings.Contains(remedyOf(ce.Failure), "operators correct SMOKEBALL_API_KEY") {
		t.Errorf("a wrong key: got %+v", ce)
	}
}

// TestHoursOf401AreTold: refreshing works, every call is refused. Nobody is told of it in the
// first minute, and what is told ends with the first call that works.
func TestHoursOf401AreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, tokens, over := time.Now(), 0, false
		var told []smokeball.Trouble
		c := newClient(t, smokeball.Config{Hosts: smokeball.Hosts{API: "https://api.test", Auth: "https://auth.test"}, ClientID: "client-1", ClientSecret: secret,
			APIKey: apiKey, Rate: 5, Burst: 5, Store: signedIn(), Log: slog.New(slog.DiscardHandler), Trouble: func(s smokeball.Trouble) { told = append(told, s) },
			Transport: answering(func(r *http.Request) (*http.Response, error) {
				status, text := 401, `{"message":"Unauthorized"}`
				if r.URL.Host == "auth.test" {
					tokens++
					status, text = 200, fmt.Sprintf(`{"access_token":"new-%d","expires_in":3600}`, tokens)
				} else if over {
					status, text = 200, `{"id":"x"}`
				}
				return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
			})})
		for time.Since(began) < 3*time.Hour {
			_, err := c.Firm(t.Context(), firm)
			if ce := fault(t, err); ce.Class != domain.Retryable {
				t.Fatalf("after %v: got %+v", time.Since(began), ce)
			}
			if len(told) > 0 && time.Since(began) < time.Minute {
				t.Fatalf("told after %v", time.Since(began))
			}
			time.Sleep(5 * time.Second)
		}
		if len(told) == 0 || told[0].Firm != firm || told[0].Failure == nil || told[0].Failure.Failure.Smokeball.Status != 401 || tokens > 100 {
			t.Errorf("told %+v after %d refreshes", told, tokens)
		}
		over = true
		time.Sleep(6 * time.Minute)
		_, err := c.Firm(t.Context(), firm)
		must(t, err)
		if last := told[len(told)-1]; last.Failure != nil {
			t.Errorf("at last told %+v", last)
		}
	})
}

func TestAFirmThatIsNotConnected(t *testing.T) {
	v, c := connected(t)
	_, err := c.Firm(t.Context(), "f_2")
	ce := fault(t, err)
	if ce.Class != domain.SignIn || ce.Failure.Code != domain.CodeNotConnected || ce.Op != "read firm" || !errors.Is(err, smokeball.ErrNoTokens) {
		t.Errorf("got %+v", ce)
	}
	if len(v.seen()) != 0 {
		t.Error("a call went out")
	}
}

func TestIdsCannotChangeThePath(t *testing.T) {
	v, c := connected(t)
	v.on("GET /", "", "", replies(200, `{"id":"x"}`))
	for _, id := range []domain.SmokeballID{"", ".", ".."} {
		_, err := c.Matter(t.Context(), firm, id)
		if ce := fault(t, err); ce.Class != domain.Permanent || len(v.seen()) != 0 {
			t.Errorf("%q: got %+v", id, ce)
		}
	}
	_, err := c.Matter(t.Context(), firm, "a/../../firm?x=1")
	must(t, err)
	if got := v.last(); got.Path != "/matters/a/../../firm?x=1" || len(got.Query) != 0 {
		t.Errorf("got %s?%v", got.Path, got.Query)
	}
}

func TestErrorsShowNoQuery(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	cfg := config(newVendor(t), signedIn())
	cfg.Hosts.API = "http://" + listener.Addr().String()
	must(t, listener.Close())
	_, err = newClient(t, cfg).FindContacts(t.Context(), firm, domain.ContactQuery{Email: "maria@example.com"})
	if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "maria") || strings.Contains(text, "access-0") {
		t.Errorf("%s shows too much", text)
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	_, err := smokeball.New(smokeball.Config{Rate: -1})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{"hosts", "SMOKEBALL_CLIENT_ID", "SMOKEBALL_CLIENT_SECRET", "SMOKEBALL_API_KEY", "SMOKEBALL_RATE holds -1", "SMOKEBALL_BURST holds 0", "token store"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
}

// samples are counters, gauges and counts of histograms by name and labels.
func samples(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	families, err := registry.Gather()
	must(t, err)
	all := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetName() + "=" + label.GetValue()
			}
			all[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// TestASpanNamesTheOperationAndNoId tells that a call is a span under that of its caller, that it
// holds no id, and that Smokeball is not told of it.
func TestASpanNamesTheOperationAndNoId(t *testing.T) {
	v := newVendor(t)
	cfg := config(v, signedIn())
	spans := tracetest.NewInMemoryExporter()
	cfg.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("")
	c := newClient(t, cfg)
	v.on("GET /matters/{id}", "", "", func(w http.ResponseWriter, r recorded) {
		if told := r.Header.Get("Traceparent"); told != "" {
			t.Errorf("Smokeball is told %s", told)
		}
		replies(404, `{}`)(w, r)
	})
	ctx, attempt := cfg.Tracer.Start(t.Context(), "sync")
	_, _ = c.Matter(ctx, firm, uuidA)
	attempt.End()
	list := spans.GetSpans()
	if len(list) != 2 || list[0].Name != "smokeball read matter" || list[0].Parent.SpanID() != list[1].SpanContext.SpanID() {
		t.Fatalf("the spans are %+v", list)
	}
	if list[0].Status.Description != "4xx" || strings.Contains(fmt.Sprint(list[0].Attributes), uuidA) {
		t.Errorf("the span is %+v", list[0])
	}
}

func TestMetrics(t *testing.T) {
	v := newVendor(t)
	cfg := config(v, signedIn())
	registry := prometheus.NewRegistry()
	cfg.Registerer = registry
	c := newClient(t, cfg)
	v.on("GET /firm", "", "", replies(200, `{"id":"x"}`))
	v.on("GET /matters/{id}", "", "", replies(404, `{}`))
	_, err := c.Firm(smokeball.WithPriority(t.Context(), firm, smokeball.Clicked), firm)
	must(t, err)
	_, _ = c.Matter(t.Context(), firm, uuidA)
	got := samples(t, registry)
	for series, want := range map[string]float64{
		"smokeball_requests_total answer=2xx operation=read firm":   1,
		"smokeball_requests_total answer=4xx operation=read matter": 1,
		"smokeball_request_seconds operation=read firm":             1,
		"smokeball_request_seconds operation=read matter":           1,
		"smokeball_slot_wait_seconds priority=clicked":              1,
		"smokeball_slot_wait_seconds priority=live":                 1,
		"smokeball_slot_waiting":                                    0,
		"smokeball_circuits_open":                                   0,
		"smokeball_allowance_calls_per_second":                      100_000,
		"smokeball_allowance_pause_seconds":                         0,
		"smokeball_allowance_waiting priority=clicked":              0,
		"smokeball_allowance_waiting priority=live":                 0,
		"smokeball_allowance_waiting priority=bulk":                 0,
		"smokeball_allowance_waiting priority=background":           0,
	} {
		if value, ok := got[series]; !ok || value != want {
			t.Errorf("%s: got %v, want %v", series, value, want)
		}
	}
	if len(got) != 14 {
		t.Errorf("got %v", got)
	}
	if _, err := smokeball.New(cfg); err == nil {
		t.Error("registered twice")
	}
}

func TestTokenCallsAreNotPartOfTheAllowance(t *testing.T) {
	v, c := connected(t)
	v.on("GET /firm", "", "", replies(200, `{"id":"x"}`))
	v.set(func() { v.access = "ended" })
	_, err := c.Firm(t.Context(), firm)
	must(t, err)
	if used := c.Allowance(firm).UsedLastMinute; used != 2 || v.refreshes() != 1 {
		t.Errorf("%d turns used for 2 calls and %d refreshes", used, v.refreshes())
	}
}
