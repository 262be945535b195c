package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// AsOf is the page of the connection, the settings and the mappings at a moment.
type AsOf struct {
	*Shell
	Past reading.Past
}

const pastPath = "/integrations/as-of"

// pastPage is the state at a moment, and the events that led to it.
type pastPage struct {
	At      time.Time
	IsNow   bool
	Typed   string // the moment as the field has it
	Wrong   string // what is wrong with what was typed
	Earlier string // the address of the event before; empty: none
	Later   string // the address of the event after; empty: none
	Events  []pastEvent
	Slider  slider
	Facts   []pastFact
}

// pastEvent is an event of the list, newest first.
type pastEvent struct {
	At       time.Time
	Title    string
	Text     string
	Name     string // stored for ever
	Position uint64
	Href     string
	Later    bool // than the moment
	Current  bool // the newest one at the moment
}

// pastFact is one value at the moment; Now is the value of now, if it is another.
type pastFact struct{ Label, Value, Now string }

// slider is a span of time in minutes.
type slider struct {
	From, To time.Time
	Max, At  int
	Ticks    string // an SVG path, 1000 wide
}

// OneDay reports whether only the time of day tells its ends apart.
func (s slider) OneDay() bool {
	return s.From.UTC().Truncate(24 * time.Hour).Equal(s.To.UTC().Truncate(24 * time.Hour))
}

// Show shows the moment that is asked for, or this one.
func (s *AsOf) Show(v pageRequest) error {
	now := s.Now().UTC()
	at, wrong := now, ""
	typed := v.r.URL.Query().Get("as_of")
	if typed != "" {
		given, err := s.Past.Moment(fullTime(typed))
		if p := problem.As(err); p != nil {
			wrong = "The moment " + p.Errors[0].Message + "."
		} else {
			at = given
		}
	}
	p, err := s.page(v, at, now)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if wrong != "" {
		p.Wrong, status = wrong, http.StatusUnprocessableEntity
	}
	p.IsNow = at.Equal(now)
	return s.show(v, status, "as-of", pastScreen(v, p))
}

func pastScreen(v pageRequest, p pastPage) screen {
	sc := screen{Title: "Connection as of", Nav: "integrations", Tab: "as-of", Body: p, Crumbs: settingsCrumbs("Connection as of")}
	if v.user.Role != domain.FirmAdmin {
		sc.Crumbs = []crumb{{"Connection", "/integrations"}, {"As of", ""}}
	}
	return sc
}

// fullTime adds what a browser's field leaves out: seconds and the zone, which is UTC on all
// pages.
func fullTime(typed string) string {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, typed); err == nil {
			return t.Format(time.RFC3339)
		}
	}
	return typed
}

func (s *AsOf) page(v pageRequest, at, now time.Time) (pastPage, error) {
	story, err := s.Past.Story(v.ctx(), v.firm())
	if err != nil {
		return pastPage{}, err
	}
	then, err := s.Past.Fold(v.firm(), story, at)
	if err != nil {
		return pastPage{}, err
	}
	today, err := s.Past.Fold(v.firm(), story, now)
	if err != nil {
		return pastPage{}, err
	}
	p := pastPage{At: at, Typed: at.Format("2006-01-02T15:04:05"), Slider: sliderOf(story, at, now)}
	p.Facts = compare(s.facts(v, then.Row, at), s.facts(v, today.Row, now))
	p.list(v, today.Row, story)
	return p, nil
}

// list makes the list of events, newest first, with links to the ones before and after.
func (p *pastPage) list(v pageRequest, row projections.ConnectionRow, story []projections.Fact) {
	before := domain.Preferences{}
	for _, f := range story {
		title, text := pastText(f.Event, before, func(subject string) string { return v.nameOf(row, subject) })
		before = before.Apply(f.Event, f.At)
		e := pastEvent{At: f.At, Title: title, Text: text, Name: f.Event.EventName(), Position: f.Position, Href: pastHref(f.At), Later: f.At.After(p.At)}
		p.Events = append(p.Events, e)
		switch {
		case e.Later && p.Later == "":
			p.Later = e.Href
		case f.At.Before(p.At):
			p.Earlier = e.Href
		}
	}
	slices.Reverse(p.Events)
	if i := slices.IndexFunc(p.Events, func(e pastEvent) bool { return !e.Later }); i >= 0 {
		p.Events[i].Current = true
	}
}

func pastHref(at time.Time) string {
	return pastPath + "?" + url.Values{"as_of": {at.UTC().Format(time.RFC3339Nano)}}.Encode()
}

// sliderOf spans from the first event, or from the moment if that is earlier, to now.
func sliderOf(story []projections.Fact, at, now time.Time) slider {
	from := at
	for _, f := range story {
		if f.At.Before(from) {
			from = f.At
		}
	}
	s := slider{From: from.Truncate(time.Minute), To: now}
	minutes := func(t time.Time) int { return int(t.Sub(s.From) / time.Minute) }
	s.Max, s.At = max(minutes(now), 1), minutes(at)
	if at.Equal(now) {
		s.At = s.Max
	}
	var path strings.Builder
	for _, f := range story {
		path.WriteString("M" + strconv.Itoa(minutes(f.At)*1000/s.Max) + " 2v8")
	}
	s.Ticks = path.String()
	return s
}

// facts is what the page shows of a row at a moment.
func (s *AsOf) facts(v pageRequest, row projections.ConnectionRow, at time.Time) []pastFact {
	c, b := row.Connection, s.Connections.Describe(row, at)
	until, account, by := "–", "None", cmp.Or(v.nameOf(row, c.By), "Nobody")
	if !c.ReauthorizeBy.IsZero() {
		until = c.ReauthorizeBy.UTC().Format("Jan 2, 2006")
	}
	if b.Account != nil {
		account = b.Account.Name
	}
	set := row.Settings
	return []pastFact{
		{Label: "Status", Value: connectionBadge(b.Status).Word}, {Label: "Smokeball firm", Value: account}, {Label: "Connected by", Value: by},
		{Label: "Sign in again by", Value: until}, {Label: "Webhooks", Value: webhooksBadge(b.Webhooks.Status).Word},
		{Label: "Document approved", Value: onOff(set.OnDocumentApproved)}, {Label: "Matter created", Value: onOff(set.OnMatterCreated)},
		{Label: "Matter changed", Value: onOff(set.OnMatterUpdated)}, {Label: "Client changed", Value: onOff(set.OnClientUpdated)},
		{Label: "Link matters", Value: onOff(set.LinkExisting)}, {Label: "Send tags", Value: onOff(set.SyncTags)}, {Label: "Settle differences by owner", Value: onOff(set.ByOwner)}, {Label: "Folder", Value: cmp.Or(set.DocumentsFolder, "Top level")},
		{Label: "Mappings", Value: mappingsText(row.Mappings)},
	}
}

// compare adds the value of now to each fact that has changed.
func compare(then, now []pastFact) []pastFact {
	for i := range then {
		if then[i].Value != now[i].Value {
			then[i].Now = now[i].Value
		}
	}
	return then
}
