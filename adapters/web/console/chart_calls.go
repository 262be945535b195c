package console

import (
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/projections"
)

// hoursShown is how many hours a chart shows: the one that runs and those before it.
const hoursShown = 24

// callsChart draws the calls of all firms by the hour, and in front of them this firm's, up to top.
// It has no figure of any other firm.
func callsChart(u projections.Usage, top int) chart {
	var all, yours strings.Builder
	for i, h := range u.Hours {
		at := hoursShown - len(u.Hours) + i // the hours that were not counted stay empty
		if h.Used > 0 {
			drawBar(&all, at, 0, chartHeight*float64(h.Used)/float64(top))
		}
		if h.Yours > 0 {
			drawBar(&yours, at, 0, chartHeight*float64(h.Yours)/float64(top))
		}
	}
	day := u.Day()
	parts := []chartPart{{Name: "all firms", Color: "5", Number: day.Used, Path: all.String()}, {Name: "yours", Number: day.Yours, Path: yours.String()}}
	if u.Private {
		parts = []chartPart{{Name: "calls", Number: day.Used, Path: all.String()}}
	}
	return chart{Label: callsLabel(u), Parts: parts}
}

// callsFigure is that chart with its axis, on a page that has room for it; nothing is drawn of an
// engine that does not count.
func callsFigure(u projections.Usage) []chart {
	if len(u.Hours) == 0 {
		return nil
	}
	top := even(u.Peak().Used)
	c := callsChart(u, top)
	c.Title, c.Top, c.Half = "Calls to Smokeball per hour", words.Count(uint64(top)), words.Count(uint64(top/2))
	last := u.Hours[len(u.Hours)-1].From
	for _, ago := range []time.Duration{23, 15, 7, 0} {
		c.Ticks = append(c.Ticks, last.Add(-ago*time.Hour))
	}
	c.Note = callsNote(u)
	return []chart{c}
}

// callsNote says what the figures are of.
func callsNote(u projections.Usage) string {
	note := words.Count(uint64(u.LastMinute)) + " in the last minute"
	if u.Private {
		note += " of " + words.Count(uint64(u.PerSecond*60)) + "; the app is your firm’s alone."
	} else {
		note += ", " + words.Count(uint64(u.YoursLastMinute)) + " of them yours. All firms on CaseHug share " + words.Count(uint64(u.PerSecond*60)) + " a minute."
	}
	if len(u.Hours) < hoursShown {
		note += " Counted since this engine started."
	} else {
		note += " Counted by this engine."
	}
	return note
}

// callsLabel says what the chart shows, in sentences.
func callsLabel(u projections.Usage) string {
	day, most := u.Day(), u.Peak()
	label := "Calls to Smokeball by the hour: " + words.Count(uint64(day.Used))
	if len(u.Hours) == hoursShown {
		label += " in 24 hours"
	} else {
		label += " since " + u.Since.UTC().Format("3:04 PM UTC")
	}
	if !u.Private {
		label += ", " + words.Count(uint64(day.Yours)) + " of them yours"
	}
	if most.Used > 0 {
		label += ". The most in one hour were " + words.Count(uint64(most.Used)) + ", from " + most.From.UTC().Format("3 PM UTC")
	}
	return label + "."
}

// WholeDay reports whether calls have been counted for a day.
func (p integrationsPage) WholeDay() bool { return len(p.Usage.Hours) == hoursShown }
