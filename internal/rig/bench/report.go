package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// report is all that was measured.
type report struct {
	machine machine
	at      time.Time
	took    time.Duration
	short   bool
	results []result
	plots   []plot
}

// machine is where it was measured.
type machine struct{ cpu, system, disk, load string }

func thisMachine() machine {
	return machine{cpu: fmt.Sprintf("%d cores of %s", runtime.NumCPU(), field("/proc/cpuinfo", "model name")), system: runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version(),
		disk: fileSystem(os.TempDir()), load: firstWord("/proc/loadavg")}
}

func field(file, name string) string {
	data, _ := os.ReadFile(file) // where there is none, nothing is known
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstWord(file string) string {
	data, _ := os.ReadFile(file)
	word, _, _ := strings.Cut(string(data), " ")
	return word
}

// fileSystem is the kind of file system that holds a folder.
func fileSystem(folder string) string {
	data, _ := os.ReadFile("/proc/mounts")
	kind, best := "unknown", -1
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 2 && strings.HasPrefix(folder+"/", strings.TrimSuffix(f[1], "/")+"/") && len(f[1]) > best {
			kind, best = f[2], len(f[1])
		}
	}
	return kind
}

func (s result) verdict() string {
	switch {
	case s.fault != nil:
		return "FAULT"
	case s.met:
		return "met"
	}
	return "missed"
}

// line is the result for people who watch.
func (s result) line() string {
	if s.fault != nil {
		return "FAULT  " + s.what + ": " + s.fault.Error()
	}
	line := fmt.Sprintf("%-6s %s: %s | goal %s", s.verdict(), s.what, s.measured, s.goal)
	if s.beside != "" {
		line += " | " + s.beside
	}
	if s.ratio != "" {
		line += " | ratio " + s.ratio
	}
	if s.note != "" {
		line += " | " + s.note
	}
	return line
}

func (r report) count(verdict string) (n int) {
	for _, s := range r.results {
		if s.verdict() == verdict {
			n++
		}
	}
	return n
}

func (r report) faults() int { return r.count("FAULT") }

func (r report) summary() string {
	return fmt.Sprintf("%d of %d rows met their goal, %d missed it, %d could not be measured; %s", r.count("met"), len(r.results), r.count("missed"), r.faults(), r.took.Round(time.Second))
}

// print prints the table.
func (r report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s; %s; %s; load %s at the start\n%s\n\n%s\n", r.machine.cpu, r.machine.system, r.machine.disk, r.machine.load, r.summary(), r.table())
}

// table is the table in Markdown.
func (r report) table() string {
	var b bytes.Buffer
	fmt.Fprintln(&b, "| what | goal | measured | beside it, in the same run | ratio | |")
	fmt.Fprintln(&b, "|---|---|---|---|---|---|")
	for _, s := range r.results {
		if s.fault != nil {
			fmt.Fprintf(&b, "| %s | | not measured: %s | | | **FAULT** |\n", s.what, oneLine(s.fault.Error()))
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", s.what, s.goal, s.measured, orDash(s.beside), orDash(s.ratio), s.verdict())
	}
	return b.String()
}

func oneLine(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	return strings.ReplaceAll(text[:min(len(text), 300)], "|", "/")
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// write writes the document, and the plots beside it.
func (r report) write(file string) error {
	folder := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmarks\n\nWhat the engine costs, beside a peer or a limit that was measured in the same run. `internal/rig/bench` wrote this page; absolute figures are the machine's, ratios are the engine's.\n\n")
	fmt.Fprintf(&b, "```sh\n# not run by the tests: it takes a quarter of an hour; with -short every row in small takes about a minute\ngo run ./internal/rig/bench\n```\n\n")
	fmt.Fprintf(&b, "Measured on %s on %s; %s; files on %s; load %s at the start%s. %s.\n\n", r.at.UTC().Format("2 January 2006, 15:04 UTC"), r.machine.cpu, r.machine.system, r.machine.disk, r.machine.load, shortly(r.short), r.summary())
	b.WriteString(r.table())
	b.WriteString(r.notes())
	if len(r.plots) > 0 {
		b.WriteString("\n## How it grows\n\nBoth axes are logarithmic: a straight rise of 45° is linear growth, a flat line is none.\n\n")
		if err := os.MkdirAll(filepath.Join(filepath.Dir(file), folder), 0o755); err != nil {
			return err
		}
	}
	for _, p := range r.plots {
		name := filepath.Join(folder, p.name+".svg")
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), []byte(p.svg()), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&b, "![%s](%s)\n\n", p.title, filepath.ToSlash(name))
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

func shortly(short bool) string {
	if short {
		return "; the short form, with small numbers"
	}
	return ""
}

// notes are what a reader has to know of single rows.
func (r report) notes() string {
	var b bytes.Buffer
	for _, s := range r.results {
		if s.note != "" && s.fault == nil {
			fmt.Fprintf(&b, "- %s: %s\n", s.what, s.note)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## Notes\n\n" + b.String()
}
