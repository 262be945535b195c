package smokeball

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnUploadThatStandsStillIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		stalled := make(chan time.Duration, 1)
		s := newSource(strings.NewReader("hello"), func() { stalled <- time.Since(begun) })
		for range 5 { // slow, but moving
			<-time.After(stalledAfter - time.Second)
			_, err := s.Read(make([]byte, 1))
			must(t, err)
		}
		if got, want := <-stalled, 5*(stalledAfter-time.Second)+stalledAfter; got != want {
			t.Errorf("given up after %v, want %v", got, want)
		}
	})
}

func TestAReleasedSourceIsNotReadAnyMore(t *testing.T) {
	body := strings.NewReader("hello")
	s := newSource(body, func() {})
	s.release()
	if _, err := io.ReadAll(s); !errors.Is(err, errReleased) || body.Len() != 5 {
		t.Errorf("got %v, %d bytes left", err, body.Len())
	}
}
