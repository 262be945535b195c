package cli

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long tests wait for what has to happen.
const patience = 3 * time.Minute

// logbook keeps what a program writes, and lets tests wait for a line of it.
type logbook struct {
	mu    sync.Mutex
	text  strings.Builder
	moved chan struct{} // closed and renewed with each write
	ended bool
}

func newLogbook() *logbook { return &logbook{moved: make(chan struct{})} }

// Write keeps p.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring()
	return l.text.Write(p)
}

func (l *logbook) ring() {
	close(l.moved)
	l.moved = make(chan struct{})
}

// end says that nothing more will be written.
func (l *logbook) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.ring()
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// entry is one line of a JSON log.
type entry map[string]any

func (e entry) text(key string) string { s, _ := e[key].(string); return s }

// find is the first entry with the message, if there is one already.
func (l *logbook) find(message string) (found entry, ended bool, moved <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		e := entry{}
		if json.Unmarshal([]byte(line), &e) == nil && e["msg"] == message {
			return e, l.ended, l.moved
		}
	}
	return nil, l.ended, l.moved
}

// seek waits for a line with the message; ok is false where the program ended without
// it.
func (l *logbook) seek(t *testing.T, message string) (entry, bool) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		e, ended, moved := l.find(message)
		if e != nil || ended {
			return e, e != nil
		}
		select {
		case <-moved:
		case <-late.C:
			t.Fatalf("the program did not log %q; it logged:\n%s", message, l)
		}
	}
}

// await is seek where the line has to come.
func (l *logbook) await(t *testing.T, message string) entry {
	t.Helper()
	e, ok := l.seek(t, message)
	if !ok {
		t.Fatalf("the program ended without logging %q; it logged:\n%s", message, l)
	}
	return e
}

// eventually asks again and again until what is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
