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

	"golang.org/x/time/rate"

	"github.com/casehug/smokeball-sync/domain"
)

// bucketServer is Smokeball's side of the allowance: a token bucket that answers 429
// when it is empty. Requests reach it after a travel of their own.
type bucketServer struct {
	bucket *rate.Limiter
	travel func() time.Duration

	mu      sync.Mutex
	served  []domain.FirmID
	refused int
}

func (b *bucketServer) RoundTrip(req *http.Request) (*http.Response, error) {
	<-time.After(b.travel())
	b.mu.Lock()
	defer b.mu.Unlock()
	status := 200
	if !b.bucket.Allow() {
		status = 429
		b.refused++
	}
	b.served = append(b.served, slotOf(req.Context()).firm)
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("{}")), Request: req}, nil
}

func jitter() time.Duration { return 20*time.Millisecond + rand.N(400*time.Millisecond) }

func way(t *testing.T, l *Limiter, base http.RoundTripper) limited {
	c := newCircuits(slog.New(slog.DiscardHandler), nil)
	m, err := newMetrics(nil, func() int { return 0 }, c.open)
	if err != nil {
		t.Fatal(err)
	}
	return limited{base, l, c, m, nil}
}

func request(ctx context.Context) *http.Request {
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://smokeball.test/firm", nil)
	return req
}

func TestLimiterNeverExceedsTheAllowance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &bucketServer{bucket: rate.NewLimiter(5, 5), travel: jitter}
		w := way(t, NewLimiter(5, 5), server)
		begun := time.Now()
		var all sync.WaitGroup
		for i := range 300 {
			ctx := WithPriority(t.Context(), domain.FirmID(fmt.Sprint(i%7)), Bulk)
			all.Go(func() { _, _ = w.RoundTrip(request(ctx)) })
		}
		all.Wait()
		if server.refused != 0 {
			t.Errorf("%d of 300 calls were answered with 429", server.refused)
		}
		if took := time.Since(begun); took > 62*time.Second || took < 59*time.Second {
			t.Errorf("300 calls at 5 a second took %v", took)
		}
	})
}

// TestLimiterWaitsWhereNothingIsAnswered has a Smokeball that stands still for a moment now and
// then: what was sent meanwhile arrives together.
func TestLimiterWaitsWhereNothingIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		still := func() time.Duration {
			if at := time.Since(begun) % (2 * time.Second); at < 300*time.Millisecond {
				return 300*time.Millisecond - at + rand.N(5*time.Millisecond)
			}
			return rand.N(10 * time.Millisecond)
		}
		server := &bucketServer{bucket: rate.NewLimiter(50, 5), travel: still}
		w := way(t, NewLimiter(50, 5), server)
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() { _, _ = w.RoundTrip(request(t.Context())) })
		}
		all.Wait()
		if server.refused != 0 {
			t.Errorf("%d of 1000 calls were answered with 429", server.refused)
		}
		if took := time.Since(begun); took > 24*time.Second {
			t.Errorf("1000 calls at 50 a second, a seventh of the time none, took %v", took)
		}
	})
}

func TestLimiterUsesTheAllowanceOfASlowSmokeball(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func() time.Duration { return 700*time.Millisecond + rand.N(50*time.Millisecond) }
		server := &bucketServer{bucket: rate.NewLimiter(50, 5), travel: slow}
		w := way(t, NewLimiter(50, 5), server)
		begun := time.Now()
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() { _, _ = w.RoundTrip(request(t.Context())) })
		}
		all.Wait()
		if took := time.Since(begun); server.refused != 0 || took > 28*time.Second {
			t.Errorf("1000 calls at 50 a second took %v, and %d were answered with 429", took, server.refused)
		}
	})
}

func TestCallsThatHangHoldNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		hang := func() time.Duration {
			if n.Add(1)%2 == 0 {
				return 9 * time.Second
			}
			return 5 * time.Millisecond
		}
		server := &bucketServer{bucket: rate.NewLimiter(5, 5), travel: hang}
		w := way(t, NewLimiter(5, 5), server)
		begun := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { _, _ = w.RoundTrip(request(t.Context())) })
		}
		all.Wait()
		if took := time.Since(begun); took > 32*time.Second {
			t.Errorf("100 calls at 5 a second took %v beside those that hang", took)
		}
	})
}

func TestLimiterAfterAnotherEngineTookTheBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &bucketServer{bucket: rate.NewLimiter(5, 5), travel: func() time.Duration { return 10 * time.Millisecond }}
		server.bucket.AllowN(time.Now(), 4) // the engine before
		w := way(t, NewLimiter(5, 5), server)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { _, _ = w.RoundTrip(request(t.Context())) })
		}
		all.Wait()
		if server.refused != 0 {
			t.Errorf("%d calls were answered with 429", server.refused)
		}
	})
}

// take waits for a slot and sends at once.
func take(ctx context.Context, l *Limiter) error {
	sent, err := l.Wait(ctx)
	if err == nil {
		sent()
	}
	return err
}

// inLine queues one call for each slot, in that order, and returns the order in which
// they were served.
func inLine(t *testing.T, l *Limiter, turns []slot) []slot {
	var mu sync.Mutex
	var served []slot
	var all sync.WaitGroup
	if err := take(t.Context(), l); err != nil { // takes the first token, so the rest queue up
		t.Fatal(err)
	}
	for _, one := range turns {
		all.Go(func() {
			if err := take(WithPriority(t.Context(), one.firm, one.priority), l); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			served = append(served, one)
		})
		synctest.Wait()
	}
	all.Wait()
	return served
}

func TestLimiterServesFirmByFirm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns []slot
		for range 20 {
			turns = append(turns, slot{firm: "big", priority: Live})
		}
		turns = append(turns, slot{firm: "small", priority: Live}, slot{firm: "tiny", priority: Live})
		served := inLine(t, NewLimiter(5, 5), turns)
		for i, s := range served {
			if (s.firm == "small" || s.firm == "tiny") && i > 3 {
				t.Errorf("%s waited behind %d calls of another firm", s.firm, i)
			}
		}
	})
}

func TestLimiterPrefersClicksAndStarvesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns []slot
		for range 3 {
			turns = append(turns, slot{firm: "f", priority: Bulk})
		}
		for range 10 {
			turns = append(turns, slot{firm: "f", priority: Live})
		}
		for range 40 {
			turns = append(turns, slot{firm: "f", priority: Clicked})
		}
		served := inLine(t, NewLimiter(5, 5), turns)
		first := map[Priority]int{}
		count := map[Priority]int{}
		for i, s := range served[:20] {
			if _, ok := first[s.priority]; !ok {
				first[s.priority] = i
			}
			count[s.priority]++
		}
		if served[0].priority != Clicked || count[Clicked] < 12 {
			t.Errorf("clicks got %d of the first 20 turns", count[Clicked])
		}
		if first[Live] != 4 || first[Bulk] < 5 || first[Bulk] > 10 {
			t.Errorf("the first live call came at turn %d, the first bulk call at %d", first[Live], first[Bulk])
		}
		if count[Live] <= count[Bulk] {
			t.Errorf("live got %d turns, bulk %d", count[Live], count[Bulk])
		}
	})
}

func TestLimiterSlowsDownAfter429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(5, 5)
		var pauses []time.Duration
		for range 6 {
			must(t, take(t.Context(), l))
			l.learn(429, time.Now())
			pauses = append(pauses, l.Allowance().PausedFor)
		}
		for i, want := range []time.Duration{1, 2, 4, 8, 8, 8} {
			want *= time.Second
			if pauses[i] < want || pauses[i] > want*4/3 {
				t.Errorf("pause %d: got %v, want %v and up to a third more", i, pauses[i], want)
			}
		}
		begun := time.Now()
		left := l.Allowance().PausedFor
		must(t, take(t.Context(), l))
		if waited := time.Since(begun); waited < left {
			t.Errorf("a call went out %v into a pause of %v", waited, left)
		}
		for range 3 * forgiving {
			l.learn(200, time.Now())
		}
		l.learn(429, time.Now())
		if pause := l.Allowance().PausedFor; pause > 3*time.Second {
			t.Errorf("after many good answers the pause is still %v", pause)
		}
	})
}

func TestLimiterCountsManyLate429sOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(5, 5)
		sent := time.Now()
		for range 10 {
			l.learn(429, sent)
		}
		if pause := l.Allowance().PausedFor; pause > 2*time.Second {
			t.Errorf("ten calls sent together made a pause of %v", pause)
		}
	})
}

func TestLimiterHoldsAllFirmsDuringAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &bucketServer{bucket: rate.NewLimiter(1, 5), travel: func() time.Duration { return time.Millisecond }}
		w := way(t, NewLimiter(5, 5), server) // believes in more than there is
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				_, _ = w.RoundTrip(request(WithPriority(t.Context(), domain.FirmID(fmt.Sprint(i)), Live)))
			})
		}
		all.Wait()
		if server.refused > 15 {
			t.Errorf("%d of 40 calls were answered with 429: nothing was learned", server.refused)
		}
	})
}

func TestLimiterForgetsCallersWhoGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, 1)
		must(t, take(t.Context(), l))
		gone, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 1)
		go func() { errs <- take(WithPriority(gone, "gone", Clicked), l) }()
		synctest.Wait()
		if l.Allowance().Waiting != 1 {
			t.Errorf("%d wait", l.Allowance().Waiting)
		}
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		synctest.Wait() // the dispatcher ends: synctest.Test fails if it stays
		begun := time.Now()
		must(t, take(t.Context(), l))
		if waited := time.Since(begun); waited > time.Second {
			t.Errorf("the one who gave up cost a turn: waited %v", waited)
		}
	})
}

func TestLimiterCountsTheLastMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(5, 5)
		for range 25 {
			must(t, take(t.Context(), l))
		}
		if a := l.Allowance(); a.UsedLastMinute != 25 || a.PerSecond != 5 || a.Waiting != 0 {
			t.Errorf("got %+v", a)
		}
		<-time.After(61 * time.Second)
		if used := l.Allowance().UsedLastMinute; used != 0 {
			t.Errorf("a minute later %d are counted", used)
		}
	})
}

func TestLimiterBooksRepeatedRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, 1)
		must(t, take(t.Context(), l))
		l.debit("f_1")
		begun := time.Now()
		must(t, take(t.Context(), l))
		if waited := time.Since(begun); waited < 2*time.Second {
			t.Errorf("waited %v, want the debited turn and the own one", waited)
		}
	})
}

// TestWhatWasBegunGoesFirst: of a firm's calls those that change something go
// before those that only look, these before those that only confirm, and that none waits for
// ever.
func TestWhatWasBegunGoesFirst(t *testing.T) {
	var q queue
	names := map[*ticket]string{}
	add := func(firm domain.FirmID, name string) {
		ticket := &ticket{slot: slot{firm: firm, priority: Live, writes: strings.HasPrefix(name, "write"), confirms: strings.HasPrefix(name, "confirm")}}
		names[ticket] = name
		q.push(ticket)
	}
	for _, name := range []string{"confirm 1", "confirm 2", "read 1", "read 2", "write 1", "write 2", "write 3", "write 4", "write 5"} {
		add("a", name)
	}
	add("b", "read of another firm")
	var order []string
	for q.size > 0 {
		order = append(order, names[q.pop()])
	}
	const want = "write 1, read of another firm, write 2, write 3, write 4, confirm 1, write 5, read 1, read 2, confirm 2"
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("the order is %s; want %s", got, want)
	}
}

// TestBackgroundCallsGoBeforeNobody queues one of them first, and others while it waits.
func TestBackgroundCallsGoBeforeNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := []slot{{firm: "swept", priority: Background}}
		for i := range 40 {
			turns = append(turns, slot{firm: domain.FirmID(fmt.Sprint(i % 3)), priority: Priority(i % 3)})
		}
		if served := inLine(t, NewLimiter(5, 5), turns); served[len(served)-1].priority != Background {
			t.Errorf("the last slot of %d went to %+v", len(served), served[len(served)-1])
		}
	})
}

func TestQueueKeepsItsCount(t *testing.T) {
	var q queue
	var tickets []*ticket
	for i := range 200 {
		one := &ticket{slot: slot{firm: domain.FirmID(fmt.Sprint(rand.N(9))), priority: Priority(i % priorities)}}
		tickets = append(tickets, one)
		q.push(one)
	}
	gone := map[*ticket]bool{}
	for _, i := range rand.Perm(200)[:80] {
		q.remove(tickets[i])
		gone[tickets[i]] = true
	}
	seen := map[*ticket]bool{}
	for q.size > 0 {
		one := q.pop()
		if gone[one] || seen[one] {
			t.Fatal("a ticket came that was removed or came before")
		}
		seen[one] = true
	}
	if len(seen) != 120 {
		t.Errorf("%d of 120 tickets came", len(seen))
	}
	for p, l := range q.levels {
		if len(l.firms) != 0 || len(l.waiting) != 0 {
			t.Errorf("level %d holds leftovers", p)
		}
	}
}

func TestTimedGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		begun := time.Now()
		_, err := timed{silent}.RoundTrip(request(t.Context()))
		if !errors.Is(err, errNoAnswer) || time.Since(begun) != answerWithin {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
	})
}

func TestTimedGivesUpOnABodyThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dripping := roundTrip(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: endless{req.Context()}}, nil
		})
		begun := time.Now()
		resp, err := timed{dripping}.RoundTrip(request(t.Context()))
		must(t, err)
		_, err = io.ReadAll(resp.Body)
		if !errors.Is(err, errNoEnd) || time.Since(begun) != bodyWithin {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
		must(t, resp.Body.Close())
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

func (endless) Close() error { return nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
