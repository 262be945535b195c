package bus

import (
	"fmt"
	"log/slog"
)

// serverLog hands what the embedded server says to slog. What ends the server arrives on
// fatal too, so that its start can report it.
type serverLog struct {
	log   *slog.Logger
	fatal chan string
}

func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("embedded NATS server", "says", fmt.Sprintf(format, v...))
}

func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("embedded NATS server warns", "says", fmt.Sprintf(format, v...))
}

func (l *serverLog) Errorf(format string, v ...any) {
	l.log.Warn("embedded NATS server reports an error", "says", fmt.Sprintf(format, v...))
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
