package web

import (
	"net/http"
	"strings"
)

func (s *site) getHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "ok", "version": s.Version})
}

// getReady says what is missing before the engine can take work.
func (s *site) getReady(w http.ResponseWriter, r *http.Request) {
	if err := s.Ready(r.Context()); err != nil {
		writeProblem(w, newProblem(http.StatusServiceUnavailable, codeNotReady, err.Error(), "Wait; it goes on by itself. If it stays, look into the log.").with("Retry-After", "1"))
		return
	}
	writeJSON(w, http.StatusOK, "application/json", map[string]any{"status": "ready"})
}

// getSchema serves the published JSON Schema of one event type.
func (s *site) getSchema(w http.ResponseWriter, r *http.Request) {
	eventType, isJSON := strings.CutSuffix(r.PathValue("file"), ".json")
	data, ok := s.Schema(eventType)
	if !isJSON || !ok {
		writeProblem(w, s.problemOf(r.Context(), unknownAddress()))
		return
	}
	serveBytes("application/schema+json", data)(w, r)
}

func serveBytes(contentType string, data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(data) // a reader who is gone needs no answer
	}
}
