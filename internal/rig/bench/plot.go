package main

import (
	"bytes"
	"fmt"
	"math"
)

// plot shows how something grows, on two logarithmic axes.
type plot struct {
	name, title string // of the file, and of the plot
	x, y        string // what the axes are
	lines       []line
}

// line is one curve.
type line struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

// The size of a plot, and the room around it.
const (
	plotWidth, plotHeight = 640.0, 360.0
	plotLeft, plotRight   = 84.0, 150.0
	plotTop, plotBottom   = 36.0, 48.0
)

// colours of the curves, told apart by the colour-blind too.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

// decades are the powers of ten that hold all values.
func decades(of func(point) float64, lines []line) (low, high int) {
	low, high = math.MaxInt32, math.MinInt32
	for _, l := range lines {
		for _, p := range l.points {
			v := math.Log10(max(of(p), 1e-9))
			low, high = min(low, int(math.Floor(v))), max(high, int(math.Ceil(v)))
		}
	}
	if high <= low {
		high = low + 1
	}
	return low, high
}

func (p plot) svg() string {
	x0, x1 := decades(func(p point) float64 { return p.x }, p.lines)
	y0, y1 := decades(func(p point) float64 { return p.y }, p.lines)
	w, h := plotWidth-plotLeft-plotRight, plotHeight-plotTop-plotBottom
	px := func(v float64) float64 { return plotLeft + w*(math.Log10(max(v, 1e-9))-float64(x0))/float64(x1-x0) }
	py := func(v float64) float64 {
		return plotTop + h - h*(math.Log10(max(v, 1e-9))-float64(y0))/float64(y1-y0)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12"><title>%s</title><rect width="100%%" height="100%%" fill="#fff"/><text x="%.0f" y="20" font-size="14" font-weight="bold">%s</text>`+"\n",
		plotWidth, plotHeight, p.title, plotLeft, p.title)
	for d := x0; d <= x1; d++ {
		x := px(math.Pow10(d))
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x, plotTop, x, plotTop+h, x, plotTop+h+16, power(d))
	}
	for d := y0; d <= y1; d++ {
		y := py(math.Pow10(d))
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", plotLeft, y, plotLeft+w, y, plotLeft-6, y+4, power(d))
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text><text transform="translate(16 %.1f) rotate(-90)" text-anchor="middle">%s</text>`+"\n", plotLeft+w/2, plotHeight-10, p.x, plotTop+h/2, p.y)
	for i, l := range p.lines {
		colour := colours[i%len(colours)]
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, colour)
		for _, at := range l.points {
			fmt.Fprintf(&b, "%.1f,%.1f ", px(at.x), py(at.y))
		}
		fmt.Fprint(&b, `"/>`)
		for _, at := range l.points {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"><title>%s: %.4g at %.4g</title></circle>`, px(at.x), py(at.y), colour, l.name, at.y, at.x)
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", plotLeft+w+10, plotTop+14+18*float64(i), colour, l.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// power writes a power of ten as people read it.
func power(d int) string {
	if d >= 0 && d <= 2 {
		return fmt.Sprintf("%.0f", math.Pow10(d))
	}
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	if d < 0 {
		return "10⁻" + string(digits[-d%10])
	}
	return "10" + string(digits[d%10])
}
