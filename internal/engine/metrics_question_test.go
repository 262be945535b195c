package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestAScrapeShowsWhatWasKnownLast tells that a scrape does not wait for a bus that does not answer, and
// that it can be seen how old the numbers are.
func TestAScrapeShowsWhatWasKnownLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent, answer, asked := false, 1, 0
		q := &question[int]{every: busEvery, ask: func(ctx context.Context) (int, error) {
			asked++
			if silent {
				<-ctx.Done()
				return 0, ctx.Err()
			}
			return answer, nil
		}}
		t.Cleanup(func() { _ = q.close() })
		want := func(value int, age, most time.Duration) {
			t.Helper()
			began := time.Now()
			got, at := q.value()
			if took := time.Since(began); got != value || began.Sub(at) != age || took > most {
				t.Errorf("got %d of %s after %s, want %d of %s after %s", got, began.Sub(at), took, value, age, most)
			}
		}
		want(1, 0, 0)
		answer, silent = 2, true
		time.Sleep(busEvery / 2)
		want(1, busEvery/2, 0)
		time.Sleep(busEvery / 2)
		want(1, busEvery, scrapeWaits)
		want(1, busEvery+scrapeWaits, scrapeWaits)
		synctest.Wait()
		if asked != 2 {
			t.Errorf("%d questions were asked, want no third one while the second is open", asked)
		}
		time.Sleep(answersWithin)
		synctest.Wait()
		silent = false
		want(2, 0, 0)
	})
}

// TestClosingEndsTheQuestion tells that an engine that ends does not wait for a bus that does not answer.
func TestClosingEndsTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err error
		q := &question[int]{ask: func(ctx context.Context) (int, error) { <-ctx.Done(); err = ctx.Err(); return 0, err }}
		if _, at := q.value(); !at.IsZero() {
			t.Errorf("answered at %s", at)
		}
		if closed := q.close(); closed != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("close: %v; the question ended with %v", closed, err)
		}
	})
}
