package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// moment writes a time as people read it: today the time of day, this year the day,
// else the year too. All times are UTC, which each page says once.
func moment(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("3:04:05 PM")
	case t.Year() == now.Year():
		return t.Format("Jan 2, 3:04 PM")
	}
	return t.Format("Jan 2, 2006, 3:04 PM")
}

// span writes a duration: under 0.1 s, 0.5 s, 6.5 s, 14 s, 1 min 14 s, 1 h 11 min, 3 d 4 h.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "–"
	case d < 100*time.Millisecond:
		return "under 0.1 s"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

// wholeSeconds writes an estimate in seconds: 4 s, 1 min 14 s.
func wholeSeconds(n *int) string {
	if *n < 60 {
		return fmt.Sprintf("%d s", *n)
	}
	return span(time.Duration(*n) * time.Second)
}

// count writes a number with a comma at every thousand.
func count(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// plural writes a number of things: 1 sync, 2 syncs.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(uint64(max(n, 0))) + " " + one + "s"
}

// bytesOf writes a size: 512 bytes, 47 KB, 1.2 MB.
func bytesOf(n *int64) string {
	switch {
	case n == nil:
		return "–"
	case *n < 1000:
		return fmt.Sprintf("%d bytes", *n)
	case *n < 1_000_000:
		return fmt.Sprintf("%d KB", (*n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(*n)/1e6)
}

// sentence ends a text like a sentence.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// capital writes the first letter large.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// short is the two ends of a long id.
func short(id string) string {
	if len(id) <= 20 {
		return id
	}
	return id[:8] + "…" + id[len(id)-4:]
}

// triggerText is a trigger in people's words.
func triggerText(t domain.Trigger) string {
	switch t {
	case domain.TriggerMatterCreated:
		return "Matter created"
	case domain.TriggerMatterUpdated:
		return "Matter changed"
	case domain.TriggerDocumentApproved:
		return "Document approved"
	case domain.TriggerClientUpdated:
		return "Client changed"
	case domain.TriggerManual:
		return "Sync to Smokeball"
	case domain.TriggerRetry:
		return "Retry"
	}
	return capital(strings.ReplaceAll(string(t), "_", " "))
}

// eventText is the event that a value came from, in people's words.
func eventText(name string) string {
	switch name {
	case domain.MatterCreated{}.EventName():
		return "Matter created"
	case domain.MatterUpdated{}.EventName():
		return "Matter changed"
	}
	return name
}

// fieldText is a field's name in people's words.
func fieldText(name string) string {
	switch name {
	case "status":
		return "Status"
	case "title":
		return "Matter name"
	case "case_number":
		return "Matter number"
	case "case_type":
		return "Matter type"
	case "client.name":
		return "Client name"
	case "client.email":
		return "Client e-mail"
	case "client.phone":
		return "Client phone"
	}
	return name
}

// heardText is what a kind of webhook is about, in people's words.
func heardText(kind string) string {
	switch kind {
	case "files":
		return kind
	case "event":
		return "appointments"
	case "mattertype":
		return "matter types"
	}
	return kind + "s"
}

// mappingField is the label of a mapping's field.
func mappingField(name string) string {
	switch name {
	case "case_type":
		return "Case type in CaseHug"
	case "matter_type_id":
		return "Smokeball matter type"
	case "client_role":
		return "The client’s role"
	}
	return "Mapping"
}

// regionText is a Smokeball region in people's words.
func regionText(region string) string {
	switch strings.ToLower(region) {
	case "us":
		return "United States"
	case "au":
		return "Australia"
	case "uk":
		return "United Kingdom"
	}
	return region
}

// happened says in one line what a sync did, or why it did not.
func happened(e projections.Entry) string {
	switch e.Status {
	case domain.Queued:
		return "Its turn comes"
	case domain.Running:
		return "At work in Smokeball"
	case domain.Confirming:
		return "Smokeball accepted everything; waiting until it shows it"
	}
	if e.Error != nil {
		return e.Error.Message
	}
	return done(e.Steps)
}

// done sums up what the steps changed.
func done(steps []projections.EntryStep) string {
	var parts []string
	documents := 0
	for _, s := range steps {
		switch {
		case s.Name == domain.StepDocument && s.Outcome == domain.OutcomeUploaded:
			documents++
		case s.Name != domain.StepMatter && s.Name != domain.StepContact:
		case s.Outcome == domain.OutcomeAccepted:
			parts = append(parts, string(s.Name)+" created")
		case s.Outcome == domain.OutcomeUpdated:
			parts = append(parts, firstNonEmpty(s.Detail, string(s.Name))+" changed")
		case s.Outcome == domain.OutcomeMatched && s.Name == domain.StepMatter:
			parts = append(parts, "matter linked")
		}
	}
	if documents > 0 {
		parts = append(parts, plural(documents, "document")+" uploaded")
	}
	if len(parts) == 0 {
		return "Smokeball already has this"
	}
	return capital(strings.Join(parts, ", "))
}

// stepText says what a step did.
func stepText(s projections.EntryStep) string {
	name := strings.ReplaceAll(string(s.Name), "_", " ")
	if s.Name != domain.StepConfirm {
		return capital(name) + " " + string(s.Outcome)
	}
	thing, _, _ := strings.Cut(s.Detail, ",")
	if s.Outcome == domain.OutcomeFailed {
		return "Not confirmed"
	}
	return capital(firstNonEmpty(thing, "resource")) + " confirmed"
}
