package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// outcome is what a command did.
type outcome struct {
	code     int
	out, err string
}

// execute carries a command line out in this process.
func execute(t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, stderr bytes.Buffer
	code := Main(ctx, args, func(name string) string { return env[name] }, &out, &stderr)
	return outcome{code, out.String(), stderr.String()}
}

func TestWrongUsageExitsWith2(t *testing.T) {
	for _, args := range [][]string{
		{}, {"dance"}, {"serve", "--loudly"}, {"serve", "--listen"}, {"history", "a", "b"}, {"history", "--limit", "many"}, {"serve"},
		{"serve", "--config", "/no/such/file"},
	} {
		o := execute(t, nil, args...)
		if o.code != 2 || o.err == "" || o.out != "" {
			t.Errorf("%q: exit %d, stdout %q, stderr %q; want exit 2 and a reason on stderr", args, o.code, o.out, o.err)
		}
	}
}

func TestServeNamesAllThatIsMissing(t *testing.T) {
	o := execute(t, map[string]string{"SMOKEBALL_CLIENT_SECRET": appSecret, "ENGINE_LISTEN": "x"}, "serve")
	lines := strings.Split(strings.TrimSpace(o.err), "\n")
	if o.code != wrongUsage || len(lines) != 3 || strings.Contains(o.err, appSecret) {
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	for i, name := range []string{"ENGINE_LISTEN is x;", "SMOKEBALL_CLIENT_ID is empty;", "SMOKEBALL_API_KEY is empty;"} {
		if !strings.HasPrefix(lines[i], name) {
			t.Errorf("line %d is %q, want %s", i+1, lines[i], name)
		}
	}
}

func TestHelpExitsWith0(t *testing.T) {
	env := map[string]string{"SMOKEBALL_CLIENT_SECRET": appSecret, "SMOKEBALL_API_KEY": appKey}
	for command, want := range map[string]string{"": "Run the engine", "serve": "ENGINE_DATA_DIR", "demo": "--once", "history": "history show", "history list": "--matter", "status": "--json", "version": "--json"} {
		o := execute(t, env, append(strings.Fields(command), "--help")...)
		if o.code != done || !strings.Contains(o.out, want) {
			t.Errorf("%s --help: exit %d, %s%s", command, o.code, o.out, o.err)
		}
		if strings.Contains(o.out, appSecret) || strings.Contains(o.out, appKey) {
			t.Errorf("%s --help tells a secret", command)
		}
	}
}

func TestVersion(t *testing.T) {
	if o := execute(t, nil, "version"); o.code != done || o.out != "smokeball-sync "+engine.Version()+"\n" {
		t.Errorf("exit %d, %q", o.code, o.out)
	}
	o := execute(t, nil, "version", "--json")
	var v struct{ Version string }
	if err := json.Unmarshal([]byte(o.out), &v); err != nil || v.Version != engine.Version() || v.Version == "" {
		t.Errorf("exit %d, %q, %v", o.code, o.out, err)
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err    error
		code   int
		stderr string
	}{
		{nil, 0, ""},
		{errExit(0), 0, ""},
		{errors.New("broken"), 1, "smokeball-sync: broken\n"},
		{&config.UsageError{Err: errors.New("X is y")}, 2, "X is y\n"},
	} {
		var stderr strings.Builder
		if code := exitCode(&stderr, c.err); code != c.code || stderr.String() != c.stderr {
			t.Errorf("%v: exit %d and %q, want %d and %q", c.err, code, stderr.String(), c.code, c.stderr)
		}
	}
}

func TestProgramsGetWrongUsageAsJSON(t *testing.T) {
	o := execute(t, nil, "history", "--json", "--limit", "501", "--data-dir", t.TempDir())
	var told struct{ Error failure }
	if err := json.Unmarshal([]byte(o.out), &told); err != nil || o.code != wrongUsage || told.Error.Code != codeWrongUsage || !strings.Contains(told.Error.Message, "--limit") {
		t.Errorf("exit %d, %v, %s", o.code, err, o.out)
	}
}

// TestCompletionKnowsDefaultCommands: what may stand after a group of commands may stand after its default one.
func TestCompletionKnowsDefaultCommands(t *testing.T) {
	for line, want := range map[string][]string{
		"smokeball-sync doctor --":            {"--json", "--data-dir"},
		"smokeball-sync dead-letters --":      {"--limit", "--status"},
		"smokeball-sync dead-letters list --": {"--limit"},
		"smokeball-sync dead-":                {"dead-letters"},
		"smokeball-sync dead-letters ":        {"list", "discard"},
	} {
		t.Setenv("COMP_LINE", line)
		o := execute(t, nil)
		got := strings.Fields(o.out)
		for _, w := range want {
			if o.code != done || !slices.Contains(got, w) {
				t.Errorf("%q: exit %d, %q; want %q among them", line, o.code, got, w)
			}
		}
	}
}

func TestScriptsOfTheShells(t *testing.T) {
	for shell, want := range map[string]string{"bash": "complete -o default", "zsh": "bashcompinit", "fish": "complete -f -c smokeball-sync"} {
		if o := execute(t, nil, "completion", shell); o.code != done || !strings.Contains(o.out, want) || o.err != "" {
			t.Errorf("%s: exit %d, %s%s", shell, o.code, o.out, o.err)
		}
	}
	if o := execute(t, nil, "completion", "cmd.exe"); o.code != wrongUsage {
		t.Errorf("an unknown shell: exit %d", o.code)
	}
}

// TestWrongUsageNamesTheHelpOfItsCommand, and what people type by habit is understood.
func TestWrongUsageNamesTheHelpOfItsCommand(t *testing.T) {
	for args, want := range map[string]string{"history show": "see smokeball-sync history show --help", "status a b": "see smokeball-sync status --help", "erase": "see smokeball-sync erase --help", "nope": "see smokeball-sync --help"} {
		if o := execute(t, nil, strings.Fields(args)...); o.code != wrongUsage || !strings.Contains(o.err, want) {
			t.Errorf("%s: exit %d, %s; want %q", args, o.code, o.err, want)
		}
	}
	for args, want := range map[string]string{"help": "Commands:", "help history show": "Show one sync in full", "--version": "smokeball-sync ", "dead-letters --help": "(the default)"} {
		if o := execute(t, nil, strings.Fields(args)...); o.code != done || !strings.Contains(o.out, want) {
			t.Errorf("%s: exit %d, %s%s; want %q", args, o.code, o.out, o.err, want)
		}
	}
	for _, command := range []string{"dead-letters", "keys"} {
		if o := execute(t, nil, command, "--data-dir", t.TempDir()); o.code != Failed || !strings.Contains(o.err, "there is no ledger") {
			t.Errorf("%s alone does not list: exit %d, %s", command, o.code, o.err)
		}
	}
}
