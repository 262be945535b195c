package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/doctor"
)

func sample() *columns {
	t := &columns{header: []string{"SYNC", "MATTER", "STATUS"}}
	t.row("s_0123456789abcdef01234567", "m_1 (CH-2026-0142)", "failed")
	t.rows[0][2].colour = red
	return t
}

func TestATableFitsTheTerminal(t *testing.T) {
	for _, width := range []int{0, 40, 60, 200} {
		var out strings.Builder
		if err := sample().print(&plain{to: &out}, width); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
				t.Errorf("%d columns at a width of %d: %q", n, width, line)
			}
		}
		if short := strings.Contains(out.String(), "…"); short != (width == 40) {
			t.Errorf("width %d: %q", width, out.String())
		}
	}
}

// TestANarrowTerminalLeavesOutWhatIsSpare, so that ids and times stay whole, and says so.
func TestANarrowTerminalLeavesOutWhatIsSpare(t *testing.T) {
	table := func() *columns {
		s := sample()
		s.spare = []string{"MATTER", "STATUS"}
		return s
	}
	for width, want := range map[int]string{0: "SYNC MATTER STATUS", 60: "SYNC MATTER STATUS", 40: "SYNC STATUS | A wider terminal shows MATTER, too.", 30: "SYNC | A wider terminal shows MATTER, STATUS, too."} {
		var out strings.Builder
		if err := table().print(&plain{to: &out}, width); err != nil {
			t.Fatal(err)
		}
		header, rest, _ := strings.Cut(out.String(), "\n")
		_, note, _ := strings.Cut(rest, "\n")
		got := strings.Join(strings.Fields(header), " ")
		if note != "" {
			got += " | " + strings.TrimSpace(note)
		}
		if got != want || !strings.Contains(rest, "s_0123456789abcdef01234567") {
			t.Errorf("width %d: %q, want %q:\n%s", width, got, want, out.String())
		}
	}
}

func TestColoursAreForTerminals(t *testing.T) {
	var file, terminal strings.Builder
	if err := sample().print(&plain{to: &file}, 0); err != nil {
		t.Fatal(err)
	}
	if err := sample().print(&plain{to: &terminal, colour: true}, 0); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(file.String(), "\x1b") || !strings.Contains(terminal.String(), "\x1b[31mfailed\x1b[0m") {
		t.Errorf("file %q, terminal %q", file.String(), terminal.String())
	}
}

// Lists of what comes from outside, with long ids and reasons, fit the terminal too.
func TestListsFitTheTerminal(t *testing.T) {
	const width = 90
	long := strings.Repeat("0123456789abcdef", 4)
	for name, print := range map[string]func(*terminal) error{
		"dead letters": func(t *terminal) error {
			return printDeadLetters(t, []deadLetter{{ID: "dl_" + long, Firm: "f_" + long, Type: "com.casehug.matter.updated", Status: "open", Code: "invalid_event", Reasons: []domain.FieldFault{{Field: "/" + long, Reason: long}}}})
		},
		"found matters": func(t *terminal) error {
			return printFound(t, []reading.FoundMatter{{ID: domain.SmokeballID(long), Number: long, Name: long}}, false)
		},
		"report": func(t *terminal) error {
			return printReport(t, []reading.ReportLine{{Matter: domain.MatterID(long), CaseNumber: long, Code: long}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := print(&terminal{out: &plain{to: &out}, width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("a line has %d columns: %s", n, line)
				}
			}
		})
	}
}

// One warning is no “1 warnings”.
func TestTheVerdictCountsInWords(t *testing.T) {
	for want, list := range map[string][]doctor.Finding{
		"0 failed, 1 warning.":                 {{Severity: doctor.Warning}},
		"1 failed, 2 warnings, 1 not checked.": {{Severity: doctor.Failed}, {Severity: doctor.Warning}, {Severity: doctor.Warning}, {Severity: doctor.Skipped}},
	} {
		if got := verdict(doctor.Report{Findings: list}); got != want {
			t.Errorf("the verdict is %q, want %q", got, want)
		}
	}
}
