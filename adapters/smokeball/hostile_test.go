package smokeball_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

// far is a client of hosts that answer as the test requires, without a network.
func far(t *testing.T, store smokeball.TokenStore, answer answering) *smokeball.Client {
	return newClient(t, smokeball.Config{Hosts: smokeball.Hosts{API: "https://api.test", Auth: "https://auth.test"}, ClientID: "client-1", ClientSecret: secret,
		APIKey: apiKey, Rate: 5, Burst: 5, Store: store, Transport: answer})
}

// body is an answer's body that goes on until it is closed or its request ends.
type body struct {
	ctx  context.Context
	next func(context.Context, []byte) (int, error)
}

func (b body) Read(p []byte) (int, error) { return b.next(b.ctx, p) }
func (body) Close() error                 { return nil }

// dripping is a byte a second.
func dripping(ctx context.Context, p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// flooding has no end; it counts what was taken from it.
func flooding(taken *int) func(context.Context, []byte) (int, error) {
	return func(ctx context.Context, p []byte) (int, error) {
		for i := range p {
			p[i] = ' '
		}
		*taken += len(p)
		return len(p), ctx.Err()
	}
}

// TestHostileAnswersAreBounded lets the API and the sign-in answer never, slowly, without
// an end, or with nonsense: each call ends in time, has read no more than it should, and
// says that it may be retried.
func TestHostileAnswersAreBounded(t *testing.T) {
	const most = 8<<20 + 64<<10
	taken := 0
	for name, tc := range map[string]struct {
		answer  func(r *http.Request) (*http.Response, error)
		takes   time.Duration
		message string // of an API call
	}{
		"never":     {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, 10 * time.Second, "no answer within 10 seconds"},
		"dripping":  {sends(dripping), 20 * time.Second, "does not end within 20 seconds"},
		"flooding":  {sends(flooding(&taken)), 0, "cannot be read"},
		"cut":       {sends(func(context.Context, []byte) (int, error) { return 0, io.ErrUnexpectedEOF }), 0, "broke before the answer"},
		"no JSON":   {says("<html>busy</html>"), 0, "cannot be read"},
		"deep JSON": {says(strings.Repeat("[", 1<<20)), 0, "cannot be read"},
		"null":      {says("null"), 0, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			for part, call := range map[string]func(context.Context, *smokeball.Client) error{
				"API": func(ctx context.Context, c *smokeball.Client) error { return createMatter(ctx, c) },
				"sign-in": func(ctx context.Context, c *smokeball.Client) error {
					_, err := c.OAuth().Refresh(ctx, "refresh-0")
					return err
				},
				"exchange": func(ctx context.Context, c *smokeball.Client) error {
					_, err := c.OAuth().Exchange(ctx, "c", verifier, "u")
					return err
				},
			} {
				synctest.Test(t, func(t *testing.T) {
					taken = 0
					began := time.Now()
					ce := fault(t, call(t.Context(), far(t, signedIn(), tc.answer)))
					if ce.Class != domain.Retryable || ce.Failure.Code != domain.CodeSmokeballUnavailable {
						t.Errorf("%s: got %+v", part, ce)
					}
					if part == "API" && (!ce.Unsettled || !strings.Contains(messageOf(ce.Failure), tc.message)) {
						t.Errorf("%s: unsettled %t, %q", part, ce.Unsettled, messageOf(ce.Failure))
					}
					if took := time.Since(began); took != tc.takes || taken > most {
						t.Errorf("%s: it took %v and %d bytes", part, took, taken)
					}
				})
			}
		})
	}
}

func sends(next func(context.Context, []byte) (int, error)) answering {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body{r.Context(), next}, Request: r}, nil
	}
}

func says(text string) answering {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
	}
}

// TestNoRedirectIsFollowed answers every kind of call with every kind of redirect: one
// request goes out, and none with credentials anywhere else.
func TestNoRedirectIsFollowed(t *testing.T) {
	calls := map[string]func(*smokeball.Client) error{
		"read":  func(c *smokeball.Client) error { _, err := c.Firm(t.Context(), firm); return err },
		"write": func(c *smokeball.Client) error { return createMatter(t.Context(), c) },
		"exchange": func(c *smokeball.Client) error {
			_, err := c.OAuth().Exchange(t.Context(), "c", verifier, "u")
			return err
		},
		"refresh": func(c *smokeball.Client) error { _, err := c.OAuth().Refresh(t.Context(), "refresh-0"); return err },
		"own app": func(c *smokeball.Client) error { _, err := c.OAuth().ClientCredentials(t.Context()); return err },
		"revoke":  func(c *smokeball.Client) error { return c.Revoke(t.Context(), firm) },
		"upload": func(c *smokeball.Client) error {
			return c.Upload(t.Context(), domain.Upload{URL: "https://store.test/x"}, strings.NewReader("x"), 1)
		},
	}
	for name, call := range calls {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				var mu sync.Mutex
				var hosts []string
				c := far(t, signedIn(), func(r *http.Request) (*http.Response, error) {
					mu.Lock()
					defer mu.Unlock()
					hosts = append(hosts, r.URL.Host)
					return &http.Response{StatusCode: status, Header: http.Header{"Location": {"https://elsewhere.test/x"}}, Body: http.NoBody, Request: r}, nil
				})
				ce := fault(t, call(c))
				if ce.Class != domain.Retryable || !strings.Contains(messageOf(ce.Failure), "elsewhere.test") || len(hosts) != 1 || hosts[0] == "elsewhere.test" {
					t.Errorf("got %+v after requests to %v", ce, hosts)
				}
			})
		}
	}
}
