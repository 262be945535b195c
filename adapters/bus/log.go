package bus

import (
	"log/slog"

	"github.com/ThreeDotsLabs/watermill"
)

// Logger writes Watermill's log entries to slog. It keeps only fields that are known to hold
// names and ids; payloads and metadata never reach the log.
type Logger struct {
	log *slog.Logger
}

var _ watermill.LoggerAdapter = (*Logger)(nil)

// NewLogger writes to log; nil: slog.Default().
func NewLogger(log *slog.Logger) *Logger {
	if log == nil {
		log = slog.Default()
	}
	return &Logger{log: log}
}

// Error implements [watermill.LoggerAdapter].
func (l *Logger) Error(msg string, err error, fields watermill.LogFields) {
	l.log.Error(msg, append(attributes(fields), "err", err)...)
}

// Info implements [watermill.LoggerAdapter]. It logs at level debug, because operators have no
// use for Watermill's info entries.
func (l *Logger) Info(msg string, fields watermill.LogFields) {
	l.log.Debug(msg, attributes(fields)...)
}

// Debug implements [watermill.LoggerAdapter].
func (l *Logger) Debug(msg string, fields watermill.LogFields) {
	l.log.Debug(msg, attributes(fields)...)
}

// Trace implements [watermill.LoggerAdapter] and is silent: Watermill traces every message.
func (l *Logger) Trace(string, watermill.LogFields) {}

// With implements [watermill.LoggerAdapter].
func (l *Logger) With(fields watermill.LogFields) watermill.LoggerAdapter {
	return &Logger{log: l.log.With(attributes(fields)...)}
}

// attributes are the fields that may be logged, under the engine's names.
func attributes(fields watermill.LogFields) []any {
	var attrs []any
	for _, known := range [][2]string{
		{"handler_name", "handler"}, {"subscriber_name", "subscriber"}, {"topic", "topic"},
		{"topic_name", "topic"}, {"message_uuid", "message"}, {"timeout", "timeout"},
	} {
		if v, ok := fields[known[0]]; ok {
			attrs = append(attrs, known[1], v)
		}
	}
	return attrs
}
