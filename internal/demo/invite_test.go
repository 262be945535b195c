package demo

import "testing"

// TestTheDemoNamesACommandThatRuns: nothing says that the program is installed.
func TestTheDemoNamesACommandThatRuns(t *testing.T) {
	for executable, want := range map[string]string{
		"/tmp/go-build1811504322/b001/exe/smokeball-sync": "go run ./cmd/smokeball-sync",
		"/opt/casehug/smokeball-sync":                     "/opt/casehug/smokeball-sync",
	} {
		if got := runAgain(executable); got != want {
			t.Errorf("for %s the demo names %q, want %q", executable, got, want)
		}
	}
}
