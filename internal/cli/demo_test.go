package cli

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDemoTellsTheStoryOnce plays the demo to its end; started again it has nothing to do.
func TestDemoTellsTheStoryOnce(t *testing.T) {
	t.Parallel()
	dir, listen := t.TempDir(), freeAddress(t)
	start := time.Now()
	first := execute(t, nil, "demo", "--once", "--data-dir", dir, "--listen", listen)
	if took := time.Since(start); first.code != done || took > time.Minute {
		t.Fatalf("exit %d after %s:\n%s%s", first.code, took, first.out, first.err)
	}
	ids := table(t, first.out)
	for _, want := range []string{"m_1006  document_approved  waiting: ", "has the practice's 6 matters, 5 contacts and 8 files", "0 of them over the limit"} {
		if !strings.Contains(first.out, want) {
			t.Errorf("the story lacks %q:\n%s", want, first.out)
		}
	}

	start = time.Now()
	again := execute(t, nil, "demo", "--once", "--data-dir", dir)
	if took := time.Since(start); again.code != done || took > 10*time.Second {
		t.Fatalf("again: exit %d after %s:\n%s%s", again.code, took, again.out, again.err)
	}
	if now := table(t, again.out); now != ids {
		t.Errorf("Smokeball ids %v, were %v", now, ids)
	}
	for _, want := range []string{"Everything was done already", "6 matters, 5 contacts and 8 files; 0 calls"} {
		if !strings.Contains(again.out, want) {
			t.Errorf("the second story lacks %q:\n%s", want, again.out)
		}
	}
	for _, lie := range []string{"published", "clicked", "corrected", "closed m_1002", "succeeded →"} {
		if strings.Contains(again.out, lie) {
			t.Errorf("the second story tells %q, which did not happen again:\n%s", lie, again.out)
		}
	}
}

var row = regexp.MustCompile(`(?m)^(m_100\d)  CH-2026-01\d\d  .*  (Open|Closed) +([0-9a-f-]{36})  [0-9a-f-]{36}  \d +(succeeded|skipped) *$`)

// table is the Smokeball ids of the six matters, in their order.
func table(t *testing.T, story string) (ids [6]string) {
	t.Helper()
	rows := row.FindAllStringSubmatch(story, -1)
	seen := map[string]bool{}
	for i, r := range rows {
		if i < len(ids) {
			ids[i] = r[3]
		}
		seen[r[3]] = true
		if wantsClosed := r[1] == "m_1002"; (r[2] == "Closed") != wantsClosed {
			t.Errorf("%s is %s", r[1], r[2])
		}
	}
	if len(rows) != len(ids) || len(seen) != len(ids) {
		t.Errorf("the table has %d matters with %d Smokeball ids, want six:\n%s", len(rows), len(seen), story)
	}
	return ids
}
