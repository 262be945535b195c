package bus

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// serverLog writes the embedded server's log to slog. It suppresses repetitions, because on a
// broken disk the server logs the same text thousands of times a second. The text with which the
// server stops is also sent on fatal, so that the start can report it.
type serverLog struct {
	log   *slog.Logger
	fatal chan string

	mu     sync.Mutex
	logged map[string]time.Time
}

const (
	quietFor  = 10 * time.Second // how long a repetition is suppressed
	maxLogged = 1000             // texts that are remembered
)

func newServerLog(log *slog.Logger) *serverLog {
	return &serverLog{log: log, fatal: make(chan string, 1), logged: map[string]time.Time{}}
}

// news reports whether the text was not logged within quietFor.
func (l *serverLog) news(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.logged[text]) < quietFor {
		return false
	}
	if len(l.logged) >= maxLogged {
		clear(l.logged)
	}
	l.logged[text] = now
	return true
}

func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("embedded NATS server", "says", fmt.Sprintf(format, v...))
}

func (l *serverLog) Warnf(format string, v ...any) {
	if text := fmt.Sprintf(format, v...); l.news(text) {
		l.log.Warn("embedded NATS server warns", "says", text)
	}
}

func (l *serverLog) Errorf(format string, v ...any) {
	if text := fmt.Sprintf(format, v...); l.news(text) {
		l.log.Warn("embedded NATS server reports an error", "says", text)
	}
}

func (l *serverLog) Fatalf(format string, v ...any) {
	reason := fmt.Sprintf(format, v...)
	l.log.Error("embedded NATS server stops", "says", reason)
	select {
	case l.fatal <- reason:
	default:
	}
}

func (l *serverLog) Debugf(string, ...any) {}
func (l *serverLog) Tracef(string, ...any) {}
