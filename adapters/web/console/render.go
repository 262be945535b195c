package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

//go:embed templates
var templateFiles embed.FS

// Templates are the pages, by name. A page is parsed when it is first shown: all together take
// megabytes, and a part of every start.
type Templates struct {
	pages   map[string]func() (*template.Template, error)
	packers sync.Pool // of writers that compress pages
}

// ParseTemplates parses the pieces that all pages share.
func ParseTemplates(now func() time.Time) (*Templates, error) {
	shared, err := template.New("shared").Funcs(templateWords(now)).ParseFS(templateFiles, "templates/icons.html", "templates/pieces.html", "templates/layout.html")
	if err != nil {
		return nil, fmt.Errorf("read what the console's pages share: %w", err)
	}
	all := map[string]func() (*template.Template, error){}
	for _, name := range []string{"overview", "integrations", "settings", "mappings", "advanced", "disconnect", "unregister", "link", "link-confirm", "unlink", "erase", "erasures", "history", "sync", "matters", "matter", "provenance", "preview", "bulks", "bulk", "bulk-cancel", "drift", "dead-letters", "discard", "audit", "as-of", "error"} {
		all[name] = sync.OnceValues(func() (*template.Template, error) { return parsePage(shared, name) })
	}
	return &Templates{pages: all}, nil
}

// parsePage parses a page with the shared pieces.
func parsePage(shared *template.Template, name string) (*template.Template, error) {
	t, err := shared.Clone()
	if err == nil {
		t, err = t.ParseFS(templateFiles, "templates/"+name+".html")
	}
	if err != nil {
		return nil, fmt.Errorf("read the console's page %s: %w", name, err)
	}
	return t, nil
}

func templateWords(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"when":  func(t time.Time) template.HTML { return timeElement(t, words.Moment(t, now())) },
		"day":   func(t time.Time) template.HTML { return timeElement(t, t.UTC().Format("Jan 2, 2006"), " data-day") },
		"clock": func(t time.Time) string { return t.UTC().Format("3:04:05 PM") },
		"exact": func(t time.Time) template.HTML {
			return timeElement(t, t.UTC().Format("Jan 2, 2006, 15:04:05 UTC"), " data-exact data-utc")
		},
		"plain":  func(t time.Time) string { return t.UTC().Format("Jan 2, 2006, 3:04 PM") },
		"stamp":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"since":  func(t time.Time) string { return words.Span(now().Sub(t)) },
		"took":   func(from, to time.Time) string { return words.Span(to.Sub(from)) },
		"number": func(n int) string { return words.Count(uint64(max(n, 0))) },
		"span":   words.Span,
		"millis": func(n int64) string { return words.Span(time.Duration(n) * time.Millisecond) },
		"count":  words.Count, "plural": words.Plural, "size": words.Bytes, "sentence": func(text string) template.HTML { return localMoments(words.Sentence(text), now()) },
		"local": func(text string) template.HTML { return localMoments(text, now()) }, "capital": words.Capital, "upper": strings.ToUpper, "short": words.Short,
		"triggerText": triggerText, "eventText": eventText, "fieldText": fieldText, "mappingField": mappingField, "regionText": regionText,
		"happened": happened, "stepText": stepText, "smokeballStatus": domain.SmokeballStatus,
		"bulkBadge": bulkBadge, "bulkResult": bulkResultBadge, "eta": func(seconds *int) string { return words.Span(time.Duration(*seconds) * time.Second) },
		"syncBadge": syncBadge, "connectionBadge": connectionBadge, "webhooksBadge": webhooksBadge, "fieldBadge": fieldBadge,
		"documentBadge": documentBadge, "matterBadge": matterBadge, "matterReason": matterReason, "momentBadge": momentBadge, "stepBadge": stepBadge,
		"outcomeBadge": outcomeBadge, "actionText": actionText, "roleText": roleText,
		"labelled": label,
		"ruleText": ruleText, "shownText": shownText, "decidedText": decidedText,
		"sub":     func(a, b int) int { return a - b },
		"seconds": words.Seconds,
		"hour":    func(t time.Time) template.HTML { return timeElement(t, t.UTC().Format("3 PM"), " data-hour") },
	}
}

// labelledID is an id that can be copied, with the name of its thing.
type labelledID struct{ ID, What string }

// label takes an id of any named type, or a pointer to one.
func label(id any, what string) labelledID {
	return labelledID{ID: reflect.Indirect(reflect.ValueOf(id)).String(), What: what}
}

// timeElement is a time for people and programs, exact on hover. No part can contain markup.
func timeElement(t time.Time, words string, attributes ...string) template.HTML {
	t = t.UTC()
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `" title="` + t.Format("Jan 2, 2006, 3:04:05 PM UTC") + `"` + strings.Join(attributes, "") + `>` + words + `</time>`)
}

// moments are the moments that sentences name, as wording.MomentLayout writes them.
var moments = regexp.MustCompile(`\d{1,2}:\d\d:\d\d [AP]M UTC on [A-Z][a-z]+ \d{1,2}, \d{4}`)

// localMoments is a text whose moments stand in the reader's zone as all times do. Nothing else of it
// is markup.
func localMoments(text string, now time.Time) template.HTML {
	return template.HTML(moments.ReplaceAllStringFunc(template.HTMLEscapeString(text), func(moment string) string {
		t, err := time.Parse(wording.MomentLayout, moment)
		if err != nil {
			return moment
		}
		return string(timeElement(t, words.Moment(t, now)))
	}))
}

// render renders the whole page, before any of it is sent.
func (s *Templates) render(w http.ResponseWriter, name, start string, data any) (*bytes.Buffer, error) {
	page, err := s.pages[name]()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, start, data); err != nil {
		return nil, fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return &b, nil
}
