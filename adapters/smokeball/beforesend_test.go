package smokeball

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"golang.org/x/time/rate"
)

// desk is a Smokeball that answers as it is told and keeps the tokens that it saw.
type desk struct {
	answer func(access string) int

	mu   sync.Mutex
	seen []string
}

func (d *desk) RoundTrip(req *http.Request) (*http.Response, error) {
	access := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	d.mu.Lock()
	d.seen = append(d.seen, access)
	d.mu.Unlock()
	return &http.Response{StatusCode: d.answer(access), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"id":"7a1b0000-0000-4000-8000-000000000001"}`)), Request: req}, nil
}

func (d *desk) calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.seen)
}

func always(status int) func(string) int { return func(string) int { return status } }

// clientOf is a client whose calls end at base, with a store and a sign-in of its own.
func clientOf(t *testing.T, base http.RoundTripper, store TokenStore, auth refresher, perSecond float64, permit func(context.Context) error) *Client {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	circuits := newCircuits(log, nil)
	m, err := newMetrics(nil, func() int { return 0 }, circuits.open)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLimiter(perSecond, 5)
	c := &Client{caller: &caller{own: map[domain.FirmID]*app{}, host: "https://smokeball.test", circuits: circuits}}
	c.shared = &app{key: "key", limiter: l, api: unmoved(limited{base, l, circuits, m, permit}), tokens: newTokenSource(store, auth, "", log)}
	return c
}

func long() Tokens {
	return Tokens{Access: "a0", Refresh: "r", Expiry: time.Now().Add(time.Hour), Issued: time.Now(), Obtained: time.Now()}
}

func create(ctx context.Context, c *Client, intend func(context.Context) error) error {
	_, err := c.CreateMatter(ctx, "f", domain.MatterDraft{Description: "Rivera v. Apex"}, "r-1", intend)
	return err
}

// TestACallThatWaitsHasNoIntent: intents are recorded one by one as slots are granted,
// each before its call is sent.
func TestACallThatWaitsHasNoIntent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		smokeball := &desk{answer: always(202)}
		c := clientOf(t, smokeball, &shelf{tokens: long()}, nil, 1, nil)
		var mu sync.Mutex
		intents := 0
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				must(t, create(t.Context(), c, func(context.Context) error {
					mu.Lock()
					defer mu.Unlock()
					if intents++; smokeball.calls() != intents-1 {
						t.Errorf("%d calls were sent before intent %d", smokeball.calls(), intents)
					}
					return nil
				}))
			})
		}
		time.Sleep(4500 * time.Millisecond)
		synctest.Wait()
		if mu.Lock(); intents != 5 {
			t.Errorf("after five turns there are %d intents", intents)
		}
		mu.Unlock()
		all.Wait()
	})
}

// TestAnIntentKeepsItsCallBack: a call whose intent can't be recorded is not sent,
// and that the reason comes back as it is.
func TestAnIntentKeepsItsCallBack(t *testing.T) {
	smokeball := &desk{answer: always(202)}
	c := clientOf(t, smokeball, &shelf{tokens: long()}, nil, 5, nil)
	err := create(t.Context(), c, func(context.Context) error { return domain.ErrTaken })
	if err != domain.ErrTaken || smokeball.calls() != 0 {
		t.Errorf("got %v, and %d calls were sent", err, smokeball.calls())
	}
}

// TestAPermitThatEndsWhileTheIntentIsRecorded: the call is not sent, and that
// its caller learns that it certainly was not.
func TestAPermitThatEndsWhileTheIntentIsRecorded(t *testing.T) {
	smokeball, leads := &desk{answer: always(202)}, true
	c := clientOf(t, smokeball, &shelf{tokens: long()}, nil, 5, func(context.Context) error {
		if !leads {
			return errors.New("another engine may lead by now")
		}
		return nil
	})
	err := create(t.Context(), c, func(context.Context) error { leads = false; return nil })
	if ce := domain.AsCallError(err); ce == nil || ce.Unsettled || ce.Class != domain.Retryable || smokeball.calls() != 0 {
		t.Errorf("got %+v, and %d calls were sent", err, smokeball.calls())
	}
}

// TestOneIntentForARepeatedCall: a call which is turned away for its sign-in and
// repeated with new tokens has one intent.
func TestOneIntentForARepeatedCall(t *testing.T) {
	smokeball := &desk{answer: func(access string) int {
		if access == "a0" {
			return http.StatusUnauthorized
		}
		return http.StatusAccepted
	}}
	shelf, intents := &shelf{tokens: long()}, 0
	c := clientOf(t, smokeball, shelf, &lives{life: time.Hour}, 5, nil)
	must(t, create(t.Context(), c, func(context.Context) error { intents++; return nil }))
	if intents != 1 || smokeball.calls() != 2 {
		t.Errorf("%d intents and %d calls", intents, smokeball.calls())
	}
}

// TestACallIsNotRepeatedWithAnotherConsentsTokens: a firm connects to another account while a call is
// on its way, which is then turned away. The call was decided for the account before.
func TestACallIsNotRepeatedWithAnotherConsentsTokens(t *testing.T) {
	before, after := long(), long()
	before.Grant, after.Grant, after.Access = "first", "second", "b0"
	shelf := &shelf{tokens: before}
	smokeball := &desk{answer: func(access string) int {
		if access == before.Access {
			shelf.put(after)
			return http.StatusUnauthorized
		}
		return http.StatusAccepted
	}}
	c := clientOf(t, smokeball, shelf, &lives{life: time.Hour}, 5, nil)
	err := create(t.Context(), c, func(context.Context) error { return nil })
	if ce := domain.AsCallError(err); ce == nil || ce.Unsettled || ce.Class != domain.Retryable || smokeball.calls() != 1 {
		t.Errorf("got %v after %d calls", err, smokeball.calls())
	}
	must(t, create(t.Context(), c, func(context.Context) error { return nil })) // decided for the account after
}

// lives hands out access tokens that live so long.
type lives struct {
	life time.Duration
	mu   sync.Mutex
	n    int
	ends map[string]time.Time
}

func (a *lives) Refresh(ctx context.Context, _ string) (Tokens, error) {
	time.Sleep(50 * time.Millisecond)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n++; a.ends == nil {
		a.ends = map[string]time.Time{}
	}
	now := time.Now()
	access := fmt.Sprint("a", a.n)
	a.ends[access] = now.Add(a.life)
	return Tokens{Access: access, Refresh: "r", Expiry: now.Add(a.life), Obtained: now}, ctx.Err()
}

func (a *lives) status(access string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Now().Before(a.ends[access]) {
		return http.StatusAccepted
	}
	return http.StatusUnauthorized
}

// TestTokensThatEndWhileCallsWait lets many more calls wait than an access token's life has
// slots: each is sent with a token that is alive.
func TestTokensThatEndWhileCallsWait(t *testing.T) {
	for _, perSecond := range []float64{1, 5, 15} {
		t.Run(fmt.Sprint(perSecond, " a second"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				auth := &lives{life: 2 * time.Second}
				smokeball := &desk{answer: auth.status}
				c := clientOf(t, smokeball, &shelf{}, auth, perSecond, nil)
				var all sync.WaitGroup
				for range 200 {
					all.Go(func() { must(t, create(t.Context(), c, nil)) })
				}
				all.Wait()
				if n := smokeball.calls(); n > 201 {
					t.Errorf("200 calls took %d", n)
				}
			})
		})
	}
}

// TestNoCallIsSentWithATokenThatHasEnded: while Smokeball's sign-in fails, an old token is used until
// its end. It ends while calls wait for their slots: those are not sent, and fail as the sign-in does.
func TestNoCallIsSentWithATokenThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := oldTokens(3500 * time.Millisecond)
		smokeball := &desk{answer: func(string) int {
			if !tokens.alive(time.Now()) {
				t.Errorf("a call is sent %s after its token has ended", time.Since(tokens.Expiry))
			}
			return http.StatusAccepted
		}}
		c := clientOf(t, smokeball, &shelf{tokens: tokens}, &authority{err: passing(opRefresh, domain.FaultUnreachable, domain.About{}, nil)}, 1, nil)
		var kept atomic.Int32
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if ce := domain.AsCallError(create(t.Context(), c, nil)); ce != nil && !ce.Unsettled && ce.Class == domain.Retryable {
					kept.Add(1)
				}
			})
		}
		all.Wait()
		if n := int(kept.Load()); smokeball.calls() == 0 || n == 0 || smokeball.calls()+n != 10 {
			t.Errorf("of 10 calls %d were sent and %d kept back", smokeball.calls(), n)
		}
	})
}

// TestSlowIntentsDoNotBunchCalls lets the ledger take up to four seconds for an intent, and
// stand still for ten: Smokeball's allowance is kept all the same.
func TestSlowIntentsDoNotBunchCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &bucketServer{bucket: rate.NewLimiter(5, 5), travel: func() time.Duration { return 20 * time.Millisecond }}
		c := clientOf(t, server, &shelf{tokens: long()}, nil, 5, nil)
		begun := time.Now()
		still := begun.Add(20 * time.Second)
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				_ = create(t.Context(), c, func(context.Context) error {
					time.Sleep(rand.N(4 * time.Second))
					if now := time.Now(); now.After(still) && now.Before(still.Add(10*time.Second)) {
						time.Sleep(still.Add(10 * time.Second).Sub(now))
					}
					return nil
				})
			})
		}
		all.Wait()
		if server.refused != 0 {
			t.Errorf("%d of 200 calls were answered with 429", server.refused)
		}
		if took := time.Since(begun); took > 4*time.Minute {
			t.Errorf("200 calls took %v", took)
		}
	})
}
