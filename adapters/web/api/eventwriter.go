package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// eventWriter writes Server-Sent Events.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buf     bytes.Buffer
}

const (
	// sendWithin is how long a reader may take for what is sent at once; then the stream is
	// cut, and goes on when they connect again.
	sendWithin = 10 * time.Second
	// sendAtOnce is about how many bytes are collected before they are sent.
	sendAtOnce = 64 << 10
)

func newEventWriter(w http.ResponseWriter) *eventWriter {
	return &eventWriter{w: w, control: http.NewResponseController(w)}
}

// begin sends the headers, and how long a browser waits before it connects again. From here
// on the deadlines are the stream's own.
func (e *eventWriter) begin() error {
	if err := e.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	e.buf.WriteString("retry: 2000\n\n")
	return e.flush()
}

// comment keeps the connection alive.
func (e *eventWriter) comment() error {
	e.buf.WriteString(": nothing new\n\n")
	return e.flush()
}

// event collects an event, and sends what is collected once it is much.
func (e *eventWriter) event(name string, id uint64, body any) error {
	data, err := json.Marshal(body) // one line
	if err != nil {
		return err
	}
	fmt.Fprintf(&e.buf, "event: %s\nid: %d\ndata: %s\n\n", name, id, data)
	if e.buf.Len() < sendAtOnce {
		return nil
	}
	return e.flush()
}

// flush sends what is collected.
func (e *eventWriter) flush() error {
	if e.buf.Len() == 0 {
		return nil
	}
	if err := e.control.SetWriteDeadline(time.Now().Add(sendWithin)); err != nil {
		return err
	}
	if _, err := e.w.Write(e.buf.Bytes()); err != nil {
		return err
	}
	e.buf.Reset()
	return e.control.Flush()
}
