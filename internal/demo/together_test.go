package demo

import (
	"io"
	"log/slog"
	"sync"
	"testing"
)

// TestDemosThatStartTogether tells that each gets addresses of its own, and keeps them.
func TestDemosThatStartTogether(t *testing.T) {
	var mu sync.Mutex
	var all sync.WaitGroup
	used := map[string]bool{}
	for range 3 {
		o := Options{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
		all.Go(func() {
			d, err := o.open(t.Context(), io.Discard)
			if err != nil {
				t.Error(err)
				return
			}
			s, again, err := o.stage()
			if err != nil || !again || !s.Began.Equal(d.began) || s.Began.IsZero() {
				t.Errorf("the addresses or the time are not kept: %+v, %v", s, err)
			}
			mu.Lock()
			if used[s.Listen] || used[s.Smokeball] {
				t.Errorf("%+v is another demo's", s)
			}
			used[s.Listen], used[s.Smokeball] = true, true
			mu.Unlock()
			t.Cleanup(func() {
				if err := d.engine.Close(); err != nil {
					t.Error(err)
				}
				if err := d.smokeball.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
	all.Wait()
}
