package web

import (
	"encoding/json"
	"log/slog"
	"net/http"
)

// writeProblem answers with a problem document.
func writeProblem(w http.ResponseWriter, p *problem) {
	copyHeader(w.Header(), p.header)
	writeJSON(w, p.Status, p.ContentType(""), p)
}

func copyHeader(to, from http.Header) {
	for name, values := range from {
		to[name] = values
	}
}

// writeJSON answers with v. A reader who is gone by now needs no answer.
func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

func level(status int) slog.Level {
	if status == http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelWarn
}

func logAttrs(p *problem, err error) []slog.Attr {
	return []slog.Attr{slog.String("reference", p.Reference), slog.String("code", string(p.Code)), slog.Int("status", p.Status), slog.Any("err", err)}
}
