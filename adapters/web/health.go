package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

// operations are the routes for operators and machines.
type operations struct {
	version    string
	ready      func(context.Context) error
	rebuilding func() []string
	schema     func(eventType string) ([]byte, bool)
	report     problem.Reporter
}

// health answers as long as the process serves.
func (o operations) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]string{"status": "ok", "version": o.version})
}

// readyBody is the answer of an engine that can take work.
type readyBody struct {
	Status     string   `json:"status"`
	Rebuilding []string `json:"rebuilding,omitempty"` // views that answer with rows of an older version until theirs are folded
}

// readiness says what is missing before the engine can take work.
func (o operations) readiness(w http.ResponseWriter, r *http.Request) {
	if err := o.ready(r.Context()); err != nil {
		problem.New(http.StatusServiceUnavailable, problem.CodeNotReady, err.Error(), "Wait; it goes on by itself. If it stays, look into the log.").With("Retry-After", "1").Write(w)
		return
	}
	answer := readyBody{Status: "ready"}
	if o.rebuilding != nil {
		answer.Rebuilding = o.rebuilding()
	}
	writeJSON(w, answer)
}

// eventSchema serves the published JSON Schema of one event type.
func (o operations) eventSchema(w http.ResponseWriter, r *http.Request) {
	eventType, isJSON := strings.CutSuffix(r.PathValue("file"), ".json")
	data, ok := o.schema(eventType)
	if !isJSON || !ok {
		problem.UnknownAddress().Write(w)
		return
	}
	serveBytes("application/schema+json", data)(w, r)
}

// writeJSON answers with v. A reader who is gone needs no answer.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func serveBytes(contentType string, data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(data) // a reader who is gone needs no answer
	}
}
