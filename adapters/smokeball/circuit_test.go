package smokeball

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// patient is a server whose answer tests choose; it counts what reaches it.
type patient struct {
	mu     sync.Mutex
	status int // 0: the connection breaks
	takes  time.Duration
	came   int
}

func (p *patient) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.came++
	status, takes := p.status, p.takes
	p.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("{}")), Request: req}, nil
}

func (p *patient) becomes(status int, takes time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.takes = status, takes
}

func (p *patient) seen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.came
}

// ask makes one call of a firm and reads its answer.
func ask(ctx context.Context, way http.RoundTripper, firm domain.FirmID) error {
	resp, err := way.RoundTrip(request(WithPriority(ctx, firm, Live)))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

// out is err as an outage.
func out(t *testing.T, err error) *outage {
	t.Helper()
	var o *outage
	if !errors.As(err, &o) {
		t.Fatalf("got %v, want an outage", err)
	}
	return o
}

// outed is a way whose circuit for "f" has just been opened.
func outed(t *testing.T, p *patient) (limited, *Limiter) {
	t.Helper()
	l := NewLimiter(5, 5)
	way := way(t, l, p)
	p.becomes(503, 0)
	for range opensAfter {
		must(t, ask(t.Context(), way, "f"))
	}
	return way, l
}

func TestAnOpenCircuitTakesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way, l := outed(t, p)
		used := l.Allowance().UsedLastMinute
		began := time.Now()
		for range 100 {
			o := out(t, ask(t.Context(), way, "f"))
			if o.after < o.next.Sub(began) || o.after > o.next.Sub(began)+probes.First/4 || o.next.Sub(began) > probes.First {
				t.Errorf("tried again after %v, next probe in %v", o.after, o.next.Sub(began))
			}
		}
		if p.seen() != opensAfter || l.Allowance().UsedLastMinute != used || time.Since(began) != 0 {
			t.Errorf("%d calls, %d turns, %v", p.seen(), l.Allowance().UsedLastMinute-used, time.Since(began))
		}
		if way.circuits.open() != 1 {
			t.Errorf("%d circuits are open", way.circuits.open())
		}
	})
}

func TestAFirmsOutageIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way, _ := outed(t, p)
		p.becomes(200, 0)
		must(t, ask(t.Context(), way, "g"))
		must(t, ask(t.Context(), way, ""))
		out(t, ask(t.Context(), way, "f"))
	})
}

// TestANewGrantBeginsAgain connects a firm again in an outage: what failed before counts no
// more against it.
func TestANewGrantBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way, _ := outed(t, p)
		p.becomes(200, 0)
		resp, err := way.RoundTrip(request(slotFor(t.Context(), "f", time.Now())))
		must(t, err)
		must(t, resp.Body.Close())
	})
}

func TestOneCallProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way, _ := outed(t, p)
		p.becomes(200, time.Second)
		time.Sleep(probes.First)
		var all sync.WaitGroup
		var mu sync.Mutex
		through := 0
		for range 20 {
			all.Go(func() {
				if ask(t.Context(), way, "f") == nil {
					mu.Lock()
					defer mu.Unlock()
					through++
				}
			})
		}
		all.Wait()
		if through != 1 || p.seen() != opensAfter+1 {
			t.Errorf("%d calls went through, %d came", through, p.seen()-opensAfter)
		}
		must(t, ask(t.Context(), way, "f"))
		if way.circuits.open() != 0 {
			t.Error("the circuit is open after a good probe")
		}
	})
}

func TestProbesGrowRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way, _ := outed(t, p)
		began := time.Now()
		for time.Since(began) < time.Hour {
			_ = ask(t.Context(), way, "f")
			time.Sleep(100 * time.Millisecond)
		}
		if n := p.seen() - opensAfter; n < 14 || n > 22 {
			t.Errorf("%d probes in an hour", n)
		}
		if o := out(t, ask(t.Context(), way, "f")); time.Until(o.next) > probes.Limit || o.since.After(began) {
			t.Errorf("next probe in %v, out since %v", time.Until(o.next), o.since)
		}
	})
}

func TestAClickProbesBeforeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way, _ := outed(t, p)
		for way.circuits.firms["f"].pause < probes.Limit {
			_ = ask(t.Context(), way, "f")
			time.Sleep(time.Second)
		}
		before := p.seen()
		time.Sleep(probes.Limit / 3)
		for range 50 {
			_ = ask(t.Context(), clicked{way}, "f")
		}
		if n := p.seen() - before; n != 1 {
			t.Errorf("50 clicks made %d probes", n)
		}
		time.Sleep(probes.Limit / 3)
		p.becomes(200, 0)
		must(t, ask(t.Context(), clicked{way}, "f"))
		must(t, ask(t.Context(), way, "f"))
	})
}

// clicked makes every call one that a person waits for.
type clicked struct{ http.RoundTripper }

func (c clicked) RoundTrip(req *http.Request) (*http.Response, error) {
	return c.RoundTripper.RoundTrip(req.WithContext(WithPriority(req.Context(), slotOf(req.Context()).firm, Clicked)))
}

// TestAProbeGivenUpLetsAnotherCallProbe: a caller who leaves: the circuit does
// not wait for it.
func TestAProbeGivenUpLetsAnotherCallProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way, _ := outed(t, p)
		p.becomes(200, time.Hour)
		time.Sleep(probes.First)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := ask(ctx, way, "f"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		p.becomes(200, 0)
		must(t, ask(t.Context(), way, "f"))
	})
}

func TestCallsThatWaitForTheirTurnAreLetGoWhenTheCircuitOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		l := NewLimiter(5, 5)
		way := way(t, l, p)
		p.becomes(503, 0)
		began := time.Now()
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() { _ = ask(t.Context(), way, "f") })
		}
		all.Wait()
		if took := time.Since(began); took > 2*time.Second || l.Allowance().Waiting != 0 {
			t.Errorf("it took %v, %d wait", took, l.Allowance().Waiting)
		}
		if p.seen() > opensAfter+1 {
			t.Errorf("%d calls came", p.seen())
		}
	})
}

func TestWhatOpensACircuit(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		takes  time.Duration
		opens  bool
	}{
		"500": {500, 0, true}, "503": {503, 0, true}, "a broken connection": {0, 0, true}, "no answer": {200, time.Minute, true},
		"success": {200, 0, false}, "400": {400, 0, false}, "401": {401, 0, false}, "404": {404, 0, false}, "408": {408, 0, false}, "429": {429, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &patient{}
				way := way(t, NewLimiter(5, 5), timed{p})
				p.becomes(tc.status, tc.takes)
				for range 3 * opensAfter {
					_ = ask(t.Context(), way, "f")
				}
				if (way.circuits.open() == 1) != tc.opens {
					t.Errorf("%d circuits are open after %d calls", way.circuits.open(), p.seen())
				}
			})
		})
	}
}

func TestASuccessInBetweenKeepsTheCircuitClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{}
		way := way(t, NewLimiter(5, 5), p)
		for range 5 {
			p.becomes(503, 0)
			for range opensAfter - 1 {
				must(t, ask(t.Context(), way, "f"))
			}
			p.becomes(200, 0)
			must(t, ask(t.Context(), way, "f"))
		}
	})
}

// broken is a body that ends too early.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (broken) Close() error             { return nil }

func TestAnswersThatBreakOffOpenTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		way := way(t, NewLimiter(5, 5), roundTrip(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: broken{}, Request: req}, nil
		}))
		for range opensAfter {
			_ = ask(t.Context(), way, "f")
		}
		out(t, ask(t.Context(), way, "f"))
	})
}

func TestAnOutageTellsPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		way, _ := outed(t, &patient{})
		err := call{op: "create matter", method: http.MethodPost, creates: true}.lost(ask(t.Context(), way, "f"), true)
		if err.Class != domain.Retryable || err.Unsettled || err.After <= 0 || err.Failure.Code != domain.CodeSmokeballUnavailable {
			t.Errorf("got %+v", err)
		}
		message, remedy := wording.Failure(err.Failure)
		if !strings.HasPrefix(message, "Smokeball has not answered since 12:00:00 AM UTC on January 1, ") ||
			!strings.HasPrefix(remedy, "We try again at 12:00:") || !strings.HasSuffix(remedy, "Nothing to do.") {
			t.Errorf("got %q / %q", message, remedy)
		}
	})
}
