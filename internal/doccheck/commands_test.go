package doccheck_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	notRun    = "# not run by the tests: "
	withDemo  = "# while the demo runs"
	runWithin = 3 * time.Minute
)

// shim stands before the go command: programs run in an empty folder, so that they leave
// nothing in the repository.
const shim = `#!/bin/sh
set -eu
if [ "${1:-}" = run ]; then
  program=$PROGRAMS/$(basename "$2")
  shift 2
  cd "$SCRATCH"
  exec "$program" "$@"
fi
exec "$REAL_GO" "$@"
`

// TestCommands runs every sh block of the documents, from the module's root, or checks it
// where the block says that it is not run.
func TestCommands(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh")
	}
	n := 0
	for _, d := range documents(t) {
		_, fences := d.split()
		for _, f := range fences {
			switch f.lang {
			case "sh":
				n++
				t.Run(fmt.Sprintf("%s:%d", d.path, f.line), func(t *testing.T) { t.Parallel(); f.check(t) })
			case "bash", "shell", "console", "zsh":
				t.Errorf("%s:%d: commands stand in a block of sh, which is tested", d.path, f.line)
			}
		}
	}
	if n < 5 {
		t.Errorf("found only %d blocks of commands", n)
	}
}

func (f fence) check(t *testing.T) {
	switch first, _, _ := strings.Cut(f.text, "\n"); {
	case strings.HasPrefix(first, notRun) && len(first) > len(notRun):
		for _, fault := range faults(t, f.text) {
			t.Error(fault)
		}
	case first == inRelease:
		t.Skip("TestAReleaseIsSignedAndChecked runs it")
	case strings.HasPrefix(first, inWalk):
		t.Skip("TestTheWalk runs it")
	case first == withDemo:
		d := theDemo(t)
		f.run(t, strings.NewReplacer("nats://127.0.0.1:4222", d.nats, "http://127.0.0.1:8080", d.console, "$TOKEN", d.token).Replace(f.text))
	default:
		f.run(t, f.text)
	}
}

func (f fence) run(t *testing.T, script string) {
	t.Helper()
	for _, words := range commands(script) {
		if _, err := exec.LookPath(words[0]); err != nil && os.Getenv("CI") != "true" {
			t.Skipf("there is no %s here", words[0])
		}
		if len(words) > 2 && words[0] == "go" && words[1] == "run" {
			if _, err := build(words[2]); err != nil {
				t.Fatal(err)
			}
		}
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(shim), 0o700); err != nil {
		t.Fatal(err)
	}
	realGo, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), runWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-eu", "-c", script)
	cmd.Dir = top
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), "REAL_GO="+realGo, "PROGRAMS="+workshop(), "SCRATCH="+t.TempDir(),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s\n%v\n%s", script, err, out)
	}
}

// commands are the commands of a script, as words, without comments.
func commands(script string) [][]string {
	var list [][]string
	var words []string
	end := func() {
		if len(words) > 0 {
			list = append(list, words)
		}
		words = nil
	}
	script = strings.ReplaceAll(script, "\\\n", " ")
	script = captured.ReplaceAllString(script, "$1")
	for line := range strings.SplitSeq(script, "\n") {
		for _, w := range word.FindAllString(line, -1) {
			if strings.HasPrefix(w, "#") {
				break
			}
			switch w {
			case "&&", ";", "|":
				end()
			default:
				words = append(words, strings.ReplaceAll(strings.ReplaceAll(w, "'", ""), `"`, ""))
			}
		}
		end()
	}
	return list
}

// captured is what assigns a command's output.
var captured = regexp.MustCompile(`(?m)^[a-z]+=\$\((.*)\)$`)

var word = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)

// faults is what would make the commands fail for a reason that the repository is to blame
// for: a missing package, test, flag, target, file or setting.
func faults(t *testing.T, script string) []string {
	var list []string
	dir := "."
	for _, words := range commands(script) {
		for len(words) > 0 && assignment.MatchString(words[0]) {
			list = append(list, unknownSettings(t, words[:1])...)
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		args := words[1:]
		switch words[0] {
		case "export":
			list = append(list, unknownSettings(t, args)...)
		case "cd":
			dir = filepath.Join(dir, args[0])
			list = append(list, missing(dir)...)
		case "go":
			list = append(list, goFaults(t, args)...)
		case "make":
			list = append(list, missingTargets(t, args)...)
		case "mkdir", "touch", "chmod":
			list = append(list, outsideData(args)...)
		case "npm":
			list = append(list, missing(filepath.Join(dir, "package-lock.json"))...)
		case "docker":
			list = append(list, missing("docker-compose.yml", "Dockerfile")...)
		default:
			if !strings.Contains(words[0], "/") {
				list = append(list, "no rule says how to check "+words[0])
			}
			list = append(list, missing(words[0])...)
		}
	}
	return list
}

// outsideData are the arguments of a command that would leave a file where git does not ignore it.
func outsideData(args []string) []string {
	var list []string
	for _, a := range args {
		if plain := a == "-p" || a == "600" || strings.HasPrefix(a, "data/"); !plain {
			list = append(list, a+" is not below data/")
		}
	}
	return list
}

var assignment = regexp.MustCompile(`^[A-Z_]+=`)

func unknownSettings(t *testing.T, assigned []string) []string {
	var list []string
	for _, a := range assigned {
		if name, _, _ := strings.Cut(a, "="); !theCode(t).isSetting(name) {
			list = append(list, "nothing reads "+name)
		}
	}
	return list
}

func missing(files ...string) []string {
	var list []string
	for _, name := range files {
		if _, err := os.Stat(filepath.Join(top, name)); err != nil {
			list = append(list, "there is no "+name)
		}
	}
	return list
}

func goFaults(t *testing.T, args []string) []string {
	switch args[0] {
	case "build":
		return missing(args[len(args)-1])
	case "run":
		if tool, _, ok := strings.Cut(args[1], "@"); ok {
			return unpinned(t, tool, args[1])
		}
		return flagFaults(t, args[1], args[2:])
	case "test":
		return testFaults(t, args[1:])
	}
	return []string{"no rule says how to check go " + args[0]}
}

// unpinned reports a tool that CI does not run in the same version.
func unpinned(t *testing.T, tool, version string) []string {
	if !strings.Contains(read(t, ".ci/run").text, version+" ") {
		return []string{".ci/run does not run " + tool + " in that version"}
	}
	return nil
}

// flagFaults are the flags that a program's help does not list.
func flagFaults(t *testing.T, pkg string, args []string) []string {
	if faults := missing(pkg); faults != nil {
		return faults
	}
	n := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") })
	if n < 0 {
		n = len(args)
	}
	help, err := helpOf(t, pkg, args[:n])
	if err != nil {
		return []string{err.Error()}
	}
	return unlisted(help, args[n:])
}

func unlisted(help string, args []string) []string {
	var list []string
	for _, a := range args {
		name, _, _ := strings.Cut(a, "=")
		if strings.HasPrefix(a, "-") && !regexp.MustCompile(`(?m)(^|[\s,\[])`+regexp.QuoteMeta(name)+`($|[\s=,\]])`).MatchString(help) {
			list = append(list, "no help lists the flag "+name)
		}
	}
	return list
}

// testFaults are the packages and tests that a "go test" would not find.
func testFaults(t *testing.T, args []string) []string {
	var list, packages []string
	pattern := ""
	for i := 0; i < len(args); i++ {
		switch name := strings.TrimLeft(args[i], "-"); {
		case name == args[i]:
			packages = append(packages, args[i])
		case slices.Contains([]string{"run", "bench", "fuzz"}, name):
			i++
			pattern = args[i]
		case slices.Contains([]string{"timeout", "count", "fuzztime", "tags", "seeds", "seed", "volume", "write-old-data"}, name):
			i++
		case !slices.Contains([]string{"v", "race", "short"}, name) && !theCode(t).strings[name]:
			list = append(list, "no test has the flag "+args[i])
		}
	}
	for _, p := range packages {
		if p != "./..." && !strings.HasSuffix(p, "/...") {
			list = append(list, missing(p)...)
			list = append(list, untested(t, p, pattern)...)
		}
	}
	return list
}

func untested(t *testing.T, pkg, pattern string) []string {
	re, err := regexp.Compile(cmp.Or(pattern, "."))
	if err != nil {
		return []string{err.Error()}
	}
	for name, files := range theCode(t).declared {
		if theCode(t).tests[name] && re.MatchString(name) && slices.ContainsFunc(files, func(f string) bool { return path.Dir(f) == path.Clean(pkg) }) {
			return nil
		}
	}
	return []string{fmt.Sprintf("no test in %s matches %q", pkg, pattern)}
}

func missingTargets(t *testing.T, targets []string) []string {
	var list []string
	for _, name := range targets {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:`).MatchString(read(t, "Makefile").text) {
			list = append(list, "the Makefile has no target "+name)
		}
	}
	return list
}

// TestFaultsAreFound tells that the check of commands that are not run finds what is wrong.
func TestFaultsAreFound(t *testing.T) {
	for script, good := range map[string]bool{
		"go test ./...": true,
		"go test ./domain -run TestWalk -walk -v -timeout 30m":              true,
		"go test ./domain -run TestOfNoName":                                true && false,
		"go test ./nothing":                                                 false,
		"go test ./domain -run TestWalk -wander":                            false,
		"go run ./cmd/smokeball-sync history --status failed":               true,
		"go run ./cmd/smokeball-sync history --nothing":                     false,
		"go build -o x ./cmd/smokeball-sync":                                true,
		"go build ./cmd/nothing":                                            false,
		"go run example.com/tool@v1.0.0 x":                                  false,
		"digest=$(docker buildx x)\ndocker build .":                         true,
		"digest=$(rsync x)":                                                 false,
		"go run ./cmd/nothing":                                              false,
		"cd examples/publish-ts && npm ci":                                  true,
		"cd examples/nothing && npm ci":                                     false,
		"export ENGINE_LISTEN=x SMOKEBALL_API_KEY_FILE=y # ENGINE_NOTHING=": true,
		"export ENGINE_NOTHING=x":                                           false,
		"make help":                                                         true,
		"make nothing":                                                      false,
		"rsync a b":                                                         false,
		".ci/run":                                                           true,
	} {
		if got := faults(t, script); (len(got) == 0) != good {
			t.Errorf("%s: the faults are %q, want none: %v", script, got, good)
		}
	}
}

// TestCommandsInSentences tells that the commands that a sentence names exist, with their flags.
func TestCommandsInSentences(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, s := range d.spans() {
			words := strings.Fields(s)
			if len(words) > 1 && (words[0] == "make" && len(words) == 2 || words[0] == "go" && (words[1] == "test" || words[1] == "run")) {
				for _, fault := range faults(t, s) {
					t.Errorf("%s: %s: %s", d.path, s, fault)
				}
			}
			if len(words) < 2 || words[0] != "smokeball-sync" {
				continue
			}
			var sub []string
			for _, w := range words[1:] {
				if !regexp.MustCompile(`^[a-z-]+$`).MatchString(w) || strings.HasPrefix(w, "-") {
					break
				}
				sub = append(sub, w)
			}
			help, err := helpOf(t, "./cmd/smokeball-sync", sub)
			if err != nil {
				t.Errorf("%s: %s: %v", d.path, s, err)
			}
			for _, fault := range unlisted(help, strings.Fields(strings.NewReplacer("[", " ", "]", " ").Replace(s))) {
				t.Errorf("%s: %s: %s", d.path, s, fault)
			}
		}
	}
}
