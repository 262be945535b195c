package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestParts checks that a part that ends by itself ends the engine, and that one that
// may fail is restarted.
func TestParts(t *testing.T) {
	var log bytes.Buffer
	p := newParts(slog.New(slog.NewJSONHandler(&log, nil)))
	begun := make(chan struct{}, 8)
	p.keep("views", folds, func(context.Context) error { begun <- struct{}{}; return errors.New("disk is full") })
	<-begun
	p.once("router", func(ctx context.Context) error { <-begun; return errors.New("lost the bus") })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.wait(ctx, nil); err == nil || err.Error() != "router ended: lost the bus" {
		t.Errorf("wait returned %v", err)
	}
	p.stop()
	if want := `"msg":"a part failed; it is begun again","part":"views","in":1000000000,"err":"disk is full"`; !strings.Contains(log.String(), want) {
		t.Errorf("logged %s, want %s", &log, want)
	}
}
