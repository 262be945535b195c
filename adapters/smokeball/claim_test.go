package smokeball

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// engines are token sources of engines that share a store and a sign-in.
func engines(n int, store TokenStore, auth refresher) []*tokenSource {
	all := make([]*tokenSource, n)
	for i := range all {
		all[i] = newTokenSource(store, auth, "app", slog.New(slog.DiscardHandler))
	}
	return all
}

func TestEnginesRefreshOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, auth := &shelf{tokens: oldTokens(0), revision: 7}, &authority{}
		var all sync.WaitGroup
		for _, e := range engines(3, store, auth) {
			for range 100 {
				all.Go(func() {
					got, err := e.Token(t.Context(), "f")
					if err != nil || got.Access != "new-1" {
						t.Errorf("got %q, %v", got.Access, err)
					}
				})
			}
		}
		all.Wait()
		if auth.calls != 1 || store.tokens.Claim != "" {
			t.Errorf("%d refreshes, claimed by %q", auth.calls, store.tokens.Claim)
		}
	})
}

func TestWhileAnotherEngineRefreshesTheOldTokensServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, auth := &shelf{tokens: oldTokens(2 * time.Minute), revision: 7}, &authority{}
		store.tokens.Claim = "another engine"
		began := time.Now()
		got, err := engines(1, store, auth)[0].Token(t.Context(), "f")
		must(t, err)
		if got.Access != "old" || time.Since(began) != 0 || auth.calls != 0 {
			t.Errorf("got %q after %v and %d refreshes", got.Access, time.Since(began), auth.calls)
		}
	})
}

// dying is a store whose engine is killed when it stores tokens without a claim: that
// never comes about.
type dying struct{ *shelf }

func (d dying) Save(ctx context.Context, f domain.FirmID, t Tokens, revision uint64) (uint64, error) {
	if t.Claim == "" {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return d.shelf.Save(ctx, f, t, revision)
}

// hanging is a sign-in whose engine is killed before it is asked.
type hanging struct{}

func (hanging) Refresh(ctx context.Context, _ string) (Tokens, error) {
	<-ctx.Done()
	return Tokens{}, ctx.Err()
}

// TestAKilledEnginesClaimEndsByItself kills an engine right after its claim, and right
// before it stores what the refresh gave: the next one waits for seconds, then refreshes.
func TestAKilledEnginesClaimEndsByItself(t *testing.T) {
	for name, kill := range map[string]func(s *shelf, a *authority) *tokenSource{
		"between claim and refresh": func(s *shelf, _ *authority) *tokenSource { return engines(1, dying{s}, hanging{})[0] },
		"between refresh and store": func(s *shelf, a *authority) *tokenSource { return engines(1, dying{s}, a)[0] },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, auth := &shelf{tokens: oldTokens(0), revision: 7}, &authority{}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				killed := kill(store, auth)
				go func() { _, _ = killed.Token(ctx, "f") }()
				time.Sleep(time.Minute) // it is gone, its claim is not
				synctest.Wait()
				if store.tokens.Claim == "" {
					t.Fatal("there is no claim")
				}
				began, before := time.Now(), auth.calls
				got, err := engines(1, store, auth)[0].Token(t.Context(), "f")
				must(t, err)
				if took := time.Since(began); got.Access == "old" || auth.calls != before+1 || took < claimLifetime || took > claimLifetime+5*time.Second {
					t.Errorf("got %q after %v and %d refreshes", got.Access, took, auth.calls-before)
				}
				if store.tokens.Claim != "" || store.tokens.Access != got.Access {
					t.Errorf("stored %q, claimed by %q", store.tokens.Access, store.tokens.Claim)
				}
			})
		})
	}
}

// TestASlowEngineLosesNothing lets an engine refresh for longer than its claim lasts.
func TestASlowEngineLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, auth := &shelf{tokens: oldTokens(0), revision: 7}, &authority{}
		slow := &authority{during: func() { time.Sleep(claimLifetime) }}
		all := []*tokenSource{engines(1, store, slow)[0], engines(1, store, auth)[0]}
		var both sync.WaitGroup
		got := make([]Tokens, len(all))
		for i, e := range all {
			both.Go(func() {
				var err error
				got[i], err = e.Token(t.Context(), "f")
				must(t, err)
			})
			synctest.Wait()
		}
		both.Wait()
		if got[0].Access == "old" || got[1].Access == "old" || store.tokens.Claim != "" || store.tokens.Access == "old" {
			t.Errorf("got %q and %q, stored %q, claimed by %q", got[0].Access, got[1].Access, store.tokens.Access, store.tokens.Claim)
		}
	})
}

func TestAFailedRefreshGivesTheClaimBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, auth := &shelf{tokens: oldTokens(0), revision: 7}, &authority{err: errors.New("down")}
		if _, err := engines(1, store, auth)[0].Token(t.Context(), "f"); err == nil {
			t.Fatal("got tokens")
		}
		began := time.Now()
		auth.err = nil
		_, err := engines(1, store, auth)[0].Token(t.Context(), "f")
		must(t, err)
		if time.Since(began) > 2*time.Second {
			t.Errorf("the next engine waited %v", time.Since(began))
		}
	})
}

func TestARestTellsWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, auth := newSourceOver(0)
		auth.err = passing(opRefresh, domain.FaultServer, domain.About{}, nil)
		for range 6 {
			_, _ = s.Token(t.Context(), "f")
			time.Sleep(rests.Limit)
		}
		_, _ = s.Token(t.Context(), "f")
		_, err := s.Token(t.Context(), "f")
		if ce := domain.AsCallError(err); ce == nil || ce.After > rests.Limit || ce.After < rests.Limit*3/4 {
			t.Errorf("got %+v", ce)
		}
	})
}
