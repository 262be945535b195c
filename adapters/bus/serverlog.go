package bus

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// serverLog hands what the embedded server says to slog, the same words once in a while
// only: on a broken disk it says them thousands of times a second. What ends the server
// arrives on fatal too, so that its start can report it.
type serverLog struct {
	log   *slog.Logger
	fatal chan string

	mu     sync.Mutex
	logged map[string]time.Time
}

const (
	quietFor  = 10 * time.Second // after words were logged
	maxLogged = 1000             // words that are remembered
)

func newServerLog(log *slog.Logger) *serverLog {
	return &serverLog{log: log, fatal: make(chan string, 1), logged: map[string]time.Time{}}
}

// news reports whether the words were not logged a moment ago.
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
