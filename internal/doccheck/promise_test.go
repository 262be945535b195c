package doccheck_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNoMetricIsTakenAway tells that each metric that a release has had is there with its type and
// labels. -update adds new ones to the list, and takes none away.
func TestNoMetricIsTakenAway(t *testing.T) {
	t.Parallel()
	promise := read(t, "internal/doccheck/testdata/metrics.txt")
	exported, lines := exportedOf(t), strings.Split(strings.TrimSpace(promise.text), "\n")
	listed := map[string]bool{}
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		m, there := exported[words[0]]
		listed[words[0]] = true
		if !there || m.kind != words[1] {
			t.Errorf("the metric %s is gone, or no %s any more", words[0], words[1])
			continue
		}
		for _, label := range words[2:] {
			if !slices.Contains(m.labels, label) {
				t.Errorf("the metric %s has no label %s any more", m.name, label)
			}
		}
	}
	for name, m := range exported {
		if listed[name] {
			continue
		}
		if !*update {
			t.Errorf("the metric %s is new: run go test ./internal/doccheck -run TestNoMetricIsTakenAway -update", name)
		}
		lines = append(lines, strings.Join(append([]string{name, m.kind}, m.labels...), " "))
	}
	if *update {
		slices.Sort(lines)
		promise.write(t, strings.TrimSpace(strings.Join(lines, "\n"))+"\n")
	}
}

var (
	release = regexp.MustCompile(`^## \d+\.\d+\.\d+$`)
	entry   = regexp.MustCompile(`^- \*\*[A-Z][^*]+\.\*\* `)
)

// TestTheChangelogBeginsWithWhatToDo tells that each entry begins in bold with what its reader has
// to do.
func TestTheChangelogBeginsWithWhatToDo(t *testing.T) {
	releases := 0
	for line := range strings.SplitSeq(read(t, "CHANGELOG.md").text, "\n") {
		switch {
		case strings.HasPrefix(line, "## "):
			releases++
			if !release.MatchString(line) {
				t.Errorf("%q is no release", line)
			}
		case strings.HasPrefix(line, "-") && !entry.MatchString(line):
			t.Errorf("an entry does not begin with what to do: %s", line)
		}
	}
	if releases == 0 {
		t.Error("CHANGELOG.md has no release")
	}
}
