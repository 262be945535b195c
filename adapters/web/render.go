package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

//go:embed templates
var templateFiles embed.FS

// pages are the parsed templates, by name.
type pages map[string]*template.Template

// parsePages reads every page with the pieces that all share.
func parsePages(now func() time.Time) (pages, error) {
	all := pages{}
	for _, name := range []string{"integrations", "settings", "mappings", "advanced", "disconnect", "unregister", "history", "sync", "matters", "matter", "dead-letters", "discard", "audit", "as-of", "alone"} {
		t, err := template.New(name).Funcs(templateWords(now)).ParseFS(templateFiles,
			"templates/icons.html", "templates/pieces.html", "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read the console's page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

func templateWords(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"when":   func(t time.Time) template.HTML { return timeElement(t, moment(t, now())) },
		"day":    func(t time.Time) template.HTML { return timeElement(t, t.UTC().Format("Jan 2, 2006")) },
		"clock":  func(t time.Time) string { return t.UTC().Format("3:04:05 PM") },
		"plain":  func(t time.Time) string { return t.UTC().Format("Jan 2, 2006, 3:04 PM") },
		"stamp":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"since":  func(t time.Time) string { return span(now().Sub(t)) },
		"took":   func(from, to time.Time) string { return span(to.Sub(from)) },
		"number": func(n int) string { return count(uint64(max(n, 0))) },
		"span":   span,
		"millis": func(n int64) string { return span(time.Duration(n) * time.Millisecond) },
		"count":  count, "plural": plural, "size": bytesOf, "sentence": sentence, "capital": capital, "upper": strings.ToUpper, "short": short,
		"triggerText": triggerText, "eventText": eventText, "fieldText": fieldText, "mappingField": mappingField, "regionText": regionText,
		"happened": happened, "stepText": stepText, "smokeballStatus": domain.SmokeballStatus,
		"syncMark": syncBadge, "connectionMark": connectionBadge, "webhooksMark": webhooksBadge, "fieldMark": fieldBadge,
		"documentMark": documentBadge, "matterMark": matterBadge, "momentMark": momentBadge, "stepMark": stepBadge,
		"deedMark": outcomeBadge, "actionText": actionText, "roleText": roleText,
		"labelled": label,
		"sub":      func(a, b int) int { return a - b },
		"seconds":  wholeSeconds,
	}
}

// labelledID is an id that can be copied, and what it is the id of.
type labelledID struct{ ID, What string }

// label takes an id of any named type, or a pointer to one.
func label(id any, what string) labelledID {
	return labelledID{ID: reflect.Indirect(reflect.ValueOf(id)).String(), What: what}
}

// timeElement is a time for people and for programs. Neither part can hold markup.
func timeElement(t time.Time, words string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + words + `</time>`)
}

// write renders a page as a whole before any of it is sent.
func (s *site) write(w http.ResponseWriter, status int, name, start string, data any) error {
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, start, data); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // a reader who is gone needs no answer
	return nil
}
