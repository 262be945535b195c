package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/projections"
)

// chart is a chart of bars, one per hour, drawn in a box of 240 by 100.
type chart struct {
	Title string
	Note  string
	Label string // what it shows, in a sentence
	Top   string // the figure at its top, and at half its height
	Half  string
	Parts []chartPart
	Ticks []time.Time // hours that are named
}

// chartPart is one colour of a chart.
type chartPart struct {
	Name   string
	Color  string // number of the colour; "": the first
	Number int
	Path   string
}

// bar is a part of the bars.
type bar struct {
	name  string
	color string
	of    func(projections.HourCount) int
}

const chartHeight = 100

// hourChart draws the hours, with the parts of a bar one above the other.
func hourChart(title string, hours []projections.HourCount, note string, bars ...bar) chart {
	most, peak := 0, hours[0]
	for _, h := range hours {
		if n := total(h, bars); n > most {
			most, peak = n, h
		}
	}
	top := even(most)
	c := chart{Title: title, Note: note, Top: words.Count(uint64(top)), Half: words.Count(uint64(top / 2)), Ticks: []time.Time{hours[0].Begin(), hours[8].Begin(), hours[16].Begin(), hours[len(hours)-1].Begin()}}
	below := make([]float64, len(hours))
	var sums []string
	for _, b := range bars {
		part := chartPart{Name: b.name, Color: b.color}
		var path strings.Builder
		for i, h := range hours {
			n := b.of(h)
			part.Number += n
			if n == 0 {
				continue
			}
			height := chartHeight * float64(n) / float64(top)
			drawBar(&path, i, below[i], height)
			below[i] += height
		}
		part.Path = path.String()
		c.Parts = append(c.Parts, part)
		sums = append(sums, words.Count(uint64(part.Number))+" "+b.name)
	}
	c.Label = title + " over 24 hours: " + strings.Join(sums, ", ") + "."
	if most > 0 {
		c.Label += " The most in one hour were " + words.Count(uint64(most)) + ", from " + peak.Begin().Format("3 PM UTC") + "."
	}
	return c
}

// drawBar adds the bar of the i-th hour to a path.
func drawBar(path *strings.Builder, i int, below, height float64) {
	fmt.Fprintf(path, "M%d %sv-%sh8v%sz", i*10+1, number(chartHeight-below), number(height), number(height))
}

func total(h projections.HourCount, bars []bar) (n int) {
	for _, b := range bars {
		n += b.of(h)
	}
	return n
}

// even is the least even number from n on that is good for an axis.
func even(n int) int {
	for step := 2; ; step *= 10 {
		for _, k := range []int{1, 2, 3, 5} {
			if top := step * k; top >= n {
				return top
			}
		}
	}
}

// number writes a coordinate in few characters.
func number(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// percent writes a share in percent, never 100 where something is missing.
func percent(n, of int) string {
	tenths := n * 1000 / of
	return strings.TrimSuffix(fmt.Sprintf("%d.%d", tenths/10, tenths%10), ".0")
}
