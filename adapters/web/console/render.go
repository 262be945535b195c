package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

//go:embed templates
var templateFiles embed.FS

// Templates are the parsed pages, by name.
type Templates struct{ pages map[string]*template.Template }

// ParseTemplates parses every page with the pieces that all share.
func ParseTemplates(now func() time.Time) (*Templates, error) {
	all := map[string]*template.Template{}
	for _, name := range []string{"integrations", "settings", "mappings", "advanced", "disconnect", "unregister", "history", "sync", "matters", "matter", "dead-letters", "discard", "audit", "as-of", "error"} {
		t, err := template.New(name).Funcs(templateWords(now)).ParseFS(templateFiles,
			"templates/icons.html", "templates/pieces.html", "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read the console's page %s: %w", name, err)
		}
		all[name] = t
	}
	return &Templates{all}, nil
}

func templateWords(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"when":   func(t time.Time) template.HTML { return timeElement(t, words.Moment(t, now())) },
		"day":    func(t time.Time) template.HTML { return timeElement(t, t.UTC().Format("Jan 2, 2006")) },
		"clock":  func(t time.Time) string { return t.UTC().Format("3:04:05 PM") },
		"plain":  func(t time.Time) string { return t.UTC().Format("Jan 2, 2006, 3:04 PM") },
		"stamp":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"since":  func(t time.Time) string { return words.Span(now().Sub(t)) },
		"took":   func(from, to time.Time) string { return words.Span(to.Sub(from)) },
		"number": func(n int) string { return words.Count(uint64(max(n, 0))) },
		"span":   words.Span,
		"millis": func(n int64) string { return words.Span(time.Duration(n) * time.Millisecond) },
		"count":  words.Count, "plural": words.Plural, "size": words.Bytes, "sentence": words.Sentence, "capital": words.Capital, "upper": strings.ToUpper, "short": words.Short,
		"triggerText": triggerText, "eventText": eventText, "fieldText": fieldText, "mappingField": mappingField, "regionText": regionText,
		"happened": happened, "stepText": stepText, "smokeballStatus": domain.SmokeballStatus,
		"syncBadge": syncBadge, "connectionBadge": connectionBadge, "webhooksBadge": webhooksBadge, "fieldBadge": fieldBadge,
		"documentBadge": documentBadge, "matterBadge": matterBadge, "momentBadge": momentBadge, "stepBadge": stepBadge,
		"outcomeBadge": outcomeBadge, "actionText": actionText, "roleText": roleText,
		"labelled": label,
		"sub":      func(a, b int) int { return a - b },
		"seconds":  words.Seconds,
	}
}

// labelledID is an id that can be copied, with the name of its thing.
type labelledID struct{ ID, What string }

// label takes an id of any named type, or a pointer to one.
func label(id any, what string) labelledID {
	return labelledID{ID: reflect.Indirect(reflect.ValueOf(id)).String(), What: what}
}

// timeElement is a time for people and programs. Neither part can contain markup.
func timeElement(t time.Time, words string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + words + `</time>`)
}

// write renders the whole page before it sends any of it.
func (s *Templates) write(w http.ResponseWriter, status int, name, start string, data any) error {
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, start, data); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // a reader who is gone needs no answer
	return nil
}
