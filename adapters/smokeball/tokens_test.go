package smokeball_test

import (
	"sync"
	"testing"
	"time"
)

// ended is a store in which the firm's access token has just ended.
func ended() *memory {
	store := signedIn()
	tokens := store.tokens[firm]
	tokens.Expiry = time.Now()
	store.put(firm, tokens)
	return store
}

// TestManyCallsOfTwoEnginesRefreshOnce lets 200 calls of each of two engines meet the end
// of the token.
func TestManyCallsOfTwoEnginesRefreshOnce(t *testing.T) {
	for name, engines := range map[string]int{"one engine": 1, "two engines": 2} {
		t.Run(name, func(t *testing.T) {
			v, store := newVendor(t), ended()
			v.set(func() { v.access = "ended" })
			v.on("GET /firm", "", "", replies(200, `{"id":"x"}`))
			var all sync.WaitGroup
			for range engines {
				c := newClient(t, config(v, store))
				for range 200 {
					all.Go(func() {
						if _, err := c.Firm(t.Context(), firm); err != nil {
							t.Error(err)
						}
					})
				}
			}
			all.Wait()
			t.Logf("%d calls, %d refreshes", len(v.seen()), v.refreshes())
			if v.refreshes() != 1 || len(v.seen()) != 200*engines {
				t.Errorf("%d refreshes, %d calls", v.refreshes(), len(v.seen()))
			}
		})
	}
}
