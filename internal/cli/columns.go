package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// columns is a table. Each column is as wide as its longest cell; on a terminal the spare columns
// are left out, in their order, and then columns are shortened, until the table fits.
type columns struct {
	header []string
	rows   [][]cell
	spare  []string // headers
}

// cell is one text of a table.
type cell struct {
	text   string
	colour colour
}

// colour is the colour of a text on a terminal: a parameter of SGR (ECMA-48).
type colour string

const (
	uncoloured colour = ""
	red        colour = "31"
	green      colour = "32"
	yellow     colour = "33"
)

// narrowest is the width below which a column is not shortened.
const narrowest = 8

// gap separates two columns.
const gap = "  "

// row adds a row of texts without colour.
func (t *columns) row(texts ...string) {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i] = cell{text: text}
	}
	t.rows = append(t.rows, cells)
}

// print writes the table. width is the terminal's; 0: nothing is shortened.
func (t *columns) print(w *plain, width int) error {
	left := t.leaveOut(width)
	widths := t.widths(width)
	head := make([]cell, len(t.header))
	for i, text := range t.header {
		head[i] = cell{text: text}
	}
	for _, row := range append([][]cell{head}, t.rows...) {
		if err := printRow(w, row, widths); err != nil {
			return err
		}
	}
	if len(left) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(w, "A wider terminal shows "+strings.Join(left, ", ")+", too.")
	return err
}

// leaveOut removes spare columns until a line fits, and returns their headers.
func (t *columns) leaveOut(limit int) (left []string) {
	for _, header := range t.spare {
		i := slices.Index(t.header, header)
		if limit == 0 || i < 0 || total(t.widths(0)) <= limit {
			continue
		}
		t.header = slices.Delete(t.header, i, i+1)
		for n := range t.rows {
			t.rows[n] = slices.Delete(t.rows[n], i, i+1)
		}
		left = append(left, header)
	}
	return left
}

// total is how long a line of columns is.
func total(widths []int) int {
	sum := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// widths returns the columns' widths. It shortens the widest column until a line fits.
func (t *columns) widths(limit int) []int {
	widths := make([]int, len(t.header))
	for i, text := range t.header {
		widths[i] = utf8.RuneCountInString(text)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
		}
	}
	for limit > 0 && total(widths) > limit {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return widths
}

func printRow(w *plain, row []cell, widths []int) error {
	for i, c := range row {
		text := shorten(c.text, widths[i])
		if err := w.paint(c.colour, text); err != nil {
			return err
		}
		space := "\n"
		if i < len(row)-1 {
			space = strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)) + gap
		}
		if _, err := fmt.Fprint(w, space); err != nil {
			return err
		}
	}
	return nil
}

// shorten cuts the middle out of a text that is longer than width, because ids differ at the end.
func shorten(text string, width int) string {
	r := []rune(text)
	if len(r) <= width {
		return text
	}
	end := (width - 1) / 2
	return string(r[:width-1-end]) + "…" + string(r[len(r)-end:])
}
