package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/internal/doctor"
)

const (
	publishAgain = "have CaseHug publish again what it published since the last event in the ledger: what was taken in already changes nothing"
	sweepsFind   = "lost webhooks are made up for by the next sweep"
)

// messagesOf checks the messages of the bus.
func messagesOf(read func(context.Context) ([]bus.Messages, error)) look {
	return func(ctx context.Context) []doctor.Finding {
		held, err := read(ctx)
		if err != nil {
			return []doctor.Finding{failed("", "the messages can't be read: "+err.Error(), "what waits in the bus is not taken in", "keep the folder nats of ENGINE_DATA_DIR; "+publishAgain, "smokeball-sync doctor gather")}
		}
		var list []doctor.Finding
		read, waiting := 0, 0
		for _, m := range held {
			list = append(list, messagesIn(m)...)
			read, waiting = read+m.Read, waiting+m.Waiting
		}
		if len(list) == 0 {
			return []doctor.Finding{fine(words.Plural(read, "message") + " read; " + waitingMessages(uint64(waiting)))}
		}
		return list
	}
}

// messagesIn are the troubles of a stream.
func messagesIn(m bus.Messages) (list []doctor.Finding) {
	gone := "publishers got an acknowledgement for what the engine will never take in"
	again := "keep the folder nats of ENGINE_DATA_DIR; " + publishAgain + "; " + sweepsFind
	switch {
	case m.Missing && m.Stream == bus.Outbox:
		list = append(list, warning(m.Stream, "its files are missing or can't be opened", "what CaseHug has not read yet is told no more", "start the engine: it makes the stream again. CaseHug reads the matters' state over the API", "smokeball-sync serve"))
	case m.Missing:
		list = append(list, failed(m.Stream, "its files are missing or can't be opened", gone, again, "smokeball-sync doctor gather"))
	}
	if len(m.Lost) > 0 {
		list = append(list, failed(m.Stream, "waiting messages are missing or damaged: "+numbersOf(m.Lost), gone, again, "smokeball-sync doctor gather"))
	}
	if m.Ahead != "" {
		list = append(list, failed(m.Stream, "messages at its end are missing: "+m.Ahead, gone, again, "smokeball-sync doctor gather"))
	}
	if m.Torn {
		list = append(list, warning(m.Stream, "a file ends within a message", "the message was being written as the engine ended, or the file is damaged: what was not acknowledged is published again", "if the engine was not killed: "+again, "smokeball-sync doctor gather"))
	}
	if len(m.Damaged) > 0 {
		list = append(list, warning(m.Stream, "messages are damaged: "+numbersOf(m.Damaged), "the ledger has what they say; others who read the stream do not get them", "nothing, if nobody else reads them", "smokeball-sync doctor gather"))
	}
	if len(m.Odd) > 0 {
		list = append(list, warning(m.Stream, "waiting messages can't be taken in as they are: "+numbersOf(m.Odd), "they become dead letters", "correct them in CaseHug after that, then retry or discard", "smokeball-sync dead-letters list"))
	}
	return list
}

// mostNamed is how many messages a finding names.
const mostNamed = 20

func numbersOf(list []uint64) string {
	named := list[:min(len(list), mostNamed)]
	text := strings.Trim(fmt.Sprint(named), "[]")
	if more := len(list) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return "no. " + strings.ReplaceAll(text, " ", ", ")
}

// takesIn reports whether the engine can take a message in.
func takesIn(subject string, header map[string]string, body []byte) bool {
	subject = strings.TrimPrefix(subject, bus.Bound)
	if casehug.IsWebhook(subject) {
		_, err := casehug.DecodeWebhooks(subject, body)
		return err == nil
	}
	_, err := casehug.Decode(subject, header, body)
	return err == nil
}

// running reads those of a running bus. What seems to be missing may just have been taken in and
// erased: the check repeats later.
func running(b *bus.Bus) func(context.Context) ([]bus.Messages, error) {
	return func(ctx context.Context) ([]bus.Messages, error) {
		list, err := bus.ReadMessages(ctx, b, takesIn)
		if err == nil && slices.ContainsFunc(list, func(m bus.Messages) bool { return len(m.Lost)+len(m.Damaged) > 0 || m.Ahead != "" }) {
			list, err = bus.ReadMessages(ctx, b, takesIn)
		}
		return list, err
	}
}

// messages reads those of a copy of the embedded server's files, or of the cluster.
func (f *folder) messages(ctx context.Context) (held []bus.Messages, err error) {
	if f.cfg.NATSURL != "" {
		b, err := f.look()
		if err != nil {
			return held, err
		}
		defer func() { _ = messaging{bus: b}.close() }() // nothing was written
		return bus.ReadMessages(ctx, b, takesIn)
	}
	if _, err := os.Stat(filepath.Join(f.cfg.DataDir, "nats")); err != nil {
		return held, nil // no engine has worked here, which the ledger's check says
	}
	tmp, err := os.MkdirTemp("", "smokeball-sync-messages-*")
	if err != nil {
		return held, err
	}
	f.closers.add(func() error { return os.RemoveAll(tmp) })
	key, err := f.busKey()
	if err != nil {
		return held, err
	}
	b, err := bus.OpenCopy(ctx, f.cfg.DataDir, tmp, key, slog.New(slog.DiscardHandler))
	if err != nil {
		return held, err
	}
	defer func() { _ = messaging{bus: b}.close() }() // it is a copy
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return bus.ReadMessages(ctx, b, takesIn)
}
