package main

import (
	"fmt"
	"strings"
)

// fault is a mistake that somebody could have made, as one replaced piece of a file.
type fault struct {
	name  string
	says  string // what is wrong then
	file  string
	right string // stands in the file once
	wrong string
	finder
	found string // a regular expression of what the finder says of this fault
	quick bool   // it is found within seconds
}

// in is the text of the file with the fault.
func (f fault) in(text string) (string, error) {
	if n := strings.Count(text, f.right); n != 1 {
		return "", fmt.Errorf("%s has %q %d times; the fault %s needs it once", f.file, f.right, n, f.name)
	}
	return strings.Replace(text, f.right, f.wrong, 1), nil
}

// finder is what has to find a fault: a campaign of crashtest, or tests of a package.
type finder struct {
	campaign string
	cycles   int

	folder string
	tests  string // separated by |
	flags  string // of the tests
}

// campaign is a finder: so many cycles of a campaign.
func campaign(name string, cycles int) finder { return finder{campaign: name, cycles: cycles} }

// tests is a finder: the exhaustive walk, a property, or stories in simulated time.
func tests(folder, names, flags string) finder {
	return finder{folder: folder, tests: names, flags: flags}
}

// args are the arguments of the go command that runs the finder.
func (f finder) args() []string {
	if f.campaign != "" {
		return []string{"run", "./internal/rig/crashtest", "-short", "-campaign", f.campaign, "-cycles", fmt.Sprint(f.cycles), "-seed", "1"}
	}
	args := []string{"test", "-vet=off", "./" + f.folder, "-count=1", "-timeout=10m", "-run", "^(" + f.tests + ")$"}
	return append(args, strings.Fields(f.flags)...)
}

func (f finder) command() string {
	args := f.args()
	for i, a := range args {
		if strings.ContainsAny(a, "|()$") {
			args[i] = "'" + a + "'"
		}
	}
	return "go " + strings.Join(args, " ")
}

func (f finder) String() string {
	if f.campaign != "" {
		return fmt.Sprintf("campaign %s, %d cycles", f.campaign, f.cycles)
	}
	return f.folder + " " + strings.ReplaceAll(f.tests, "|", ", ")
}
