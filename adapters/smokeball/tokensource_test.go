package smokeball

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// shelf is a token store with faults on demand.
type shelf struct {
	mu       sync.Mutex
	tokens   Tokens
	revision uint64
	empty    bool
	saveErr  error
	saves    int
}

func (s *shelf) Load(context.Context, domain.FirmID) (Tokens, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty {
		return Tokens{}, 0, ErrNoTokens
	}
	return s.tokens, s.revision, nil
}

func (s *shelf) Save(_ context.Context, _ domain.FirmID, t Tokens, revision uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saves++
	switch {
	case s.empty:
		return 0, ErrNoTokens
	case s.saveErr != nil:
		return 0, s.saveErr
	case revision != s.revision:
		return 0, ErrStale
	}
	s.revision++
	s.tokens = t
	return s.revision, nil
}

func (s *shelf) put(t Tokens) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = t
	s.revision++
}

// authority hands out access tokens, each after a second.
type authority struct {
	mu     sync.Mutex
	calls  int
	err    error
	during func() // runs while a refresh is on its way
}

func (a *authority) Refresh(context.Context, string) (Tokens, error) {
	<-time.After(time.Second)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	if a.during != nil {
		a.during()
	}
	if a.err != nil {
		return Tokens{}, a.err
	}
	now := time.Now()
	return Tokens{Access: fmt.Sprintf("new-%d", a.calls), Obtained: now, Expiry: now.Add(time.Hour)}, nil
}

func oldTokens(left time.Duration) Tokens {
	now := time.Now()
	return Tokens{
		Access: "old", Refresh: "r", Scopes: []string{"matters/read"}, Issued: now.Add(-48 * time.Hour),
		Expiry: now.Add(left), Obtained: now.Add(left - time.Hour),
	}
}

// source is a token source over tokens that live for left.
func newSourceOver(left time.Duration) (*tokenSource, *shelf, *authority) {
	store, auth := &shelf{tokens: oldTokens(left), revision: 7}, &authority{}
	return newTokenSource(store, auth, "app", slog.New(slog.DiscardHandler)), store, auth
}

func TestFreshTokensAreUsedAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, auth := newSourceOver(6 * time.Minute)
		got, err := s.Token(t.Context(), "f")
		must(t, err)
		if got.Access != "old" || auth.calls != 0 {
			t.Errorf("got %q after %d refreshes", got.Access, auth.calls)
		}
	})
}

func TestManyCallersRefreshOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, auth := newSourceOver(4 * time.Minute)
		issued := store.tokens.Issued
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				got, err := s.Token(t.Context(), "f")
				if err != nil || got.Access != "new-1" {
					t.Errorf("got %q, %v", got.Access, err)
				}
			})
		}
		all.Wait()
		if auth.calls != 1 || store.saves != 2 { // the claim and the tokens
			t.Errorf("%d refreshes, %d saves", auth.calls, store.saves)
		}
		kept := store.tokens
		if kept.Claim != "" || kept.Refresh != "r" || !kept.Issued.Equal(issued) || len(kept.Scopes) != 1 {
			t.Errorf("the stored tokens lost their grant: %q, issued %v, scopes %v", kept.Refresh, kept.Issued, kept.Scopes)
		}
	})
}

func TestAFirmDoesNotWaitForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := newSourceOver(0)
		unlock, err := s.locks.Lock(t.Context(), "slow")
		must(t, err)
		defer unlock()
		_, err = s.Token(t.Context(), "quick")
		must(t, err)
	})
}

func TestAFailedRefreshRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, auth := newSourceOver(0)
		auth.err = passing(opRefresh, domain.FaultServer, domain.About{}, nil)
		for range 1000 {
			if _, err := s.Token(t.Context(), "f"); err == nil {
				t.Fatal("got tokens")
			}
		}
		if auth.calls != 1 {
			t.Errorf("%d refreshes in one rest", auth.calls)
		}
		begun := time.Now()
		for time.Since(begun) < 10*time.Minute {
			_, _ = s.Token(t.Context(), "f")
			<-time.After(100 * time.Millisecond)
		}
		if auth.calls < 8 || auth.calls > 20 {
			t.Errorf("%d refreshes in 10 minutes", auth.calls)
		}
		auth.err = nil
		<-time.After(rests.Limit)
		_, err := s.Token(t.Context(), "f")
		must(t, err)
	})
}

func TestTokensThatLastAreUsedWhileRefreshFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, auth := newSourceOver(2 * time.Minute)
		auth.err = errors.New("down")
		got, err := s.Token(t.Context(), "f")
		must(t, err)
		if got.Access != "old" {
			t.Errorf("got %q", got.Access)
		}
	})
}

func TestADeadGrantIsAskedForSeldomAndANewOneAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, auth := newSourceOver(0)
		auth.err = deadGrant(opRefresh, nil)
		for range 120 {
			_, err := s.Token(t.Context(), "f")
			ce := domain.AsCallError(err)
			if ce == nil || ce.Class != domain.SignIn || ce.Failure.Code != domain.CodeReauthorizationRequired {
				t.Fatalf("got %v", err)
			}
			<-time.After(time.Second)
		}
		if auth.calls != 1 {
			t.Errorf("%d refreshes with a dead grant in two minutes", auth.calls)
		}
		again := oldTokens(time.Hour)
		again.Access, again.Refresh = "granted", "r2"
		store.put(again)
		got, err := s.Token(t.Context(), "f")
		must(t, err)
		if got.Access != "granted" {
			t.Errorf("got %q", got.Access)
		}
	})
}

func TestAnotherEnginesTokensWin(t *testing.T) {
	for name, fails := range map[string]error{"its own refresh went well": nil, "its own refresh failed": deadGrant(opRefresh, nil)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, auth := newSourceOver(0)
				auth.err = fails
				auth.during = func() {
					theirs := oldTokens(time.Hour)
					theirs.Access = "theirs"
					store.put(theirs)
				}
				got, err := s.Token(t.Context(), "f")
				must(t, err)
				if got.Access != "theirs" || store.tokens.Access != "theirs" {
					t.Errorf("used %q, stored %q", got.Access, store.tokens.Access)
				}
			})
		})
	}
}

func TestARefreshThatCannotBeStoredDoesNoHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, auth := newSourceOver(0)
		store.saveErr = errors.New("disk full")
		for range 5 {
			got, err := s.Token(t.Context(), "f")
			must(t, err)
			if got.Access != "new-1" || got.Refresh != "r" {
				t.Errorf("got %q, %q", got.Access, got.Refresh)
			}
		}
		if auth.calls != 1 {
			t.Errorf("%d refreshes", auth.calls)
		}
		store.saveErr = nil
		<-time.After(56 * time.Minute)
		got, err := s.Token(t.Context(), "f")
		must(t, err)
		if got.Access != "new-2" || store.tokens.Access != "new-2" {
			t.Errorf("used %q, stored %q", got.Access, store.tokens.Access)
		}
	})
}

func TestNotConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, auth := newSourceOver(0)
		auth.during = func() { store.mu.Lock(); store.empty = true; store.mu.Unlock() } // disconnected meanwhile
		for range 2 {
			_, err := s.Token(t.Context(), "f")
			ce := domain.AsCallError(err)
			if ce == nil || ce.Class != domain.SignIn || ce.Failure.Code != domain.CodeNotConnected {
				t.Errorf("got %v", err)
			}
		}
		if auth.calls != 1 {
			t.Errorf("%d refreshes", auth.calls)
		}
	})
}

func TestACallerWhoGivesUpCausesNoRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, auth := newSourceOver(0)
		ctx, cancel := context.WithCancel(t.Context())
		auth.err = context.Canceled
		auth.during = cancel
		if _, err := s.Token(ctx, "f"); err == nil {
			t.Fatal("got tokens")
		}
		auth.err, auth.during = nil, nil
		_, err := s.Token(t.Context(), "f")
		must(t, err)
	})
}
