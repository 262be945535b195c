package smokeballsim_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// stateFile makes a state file with something in it and returns its path and content.
func stateFile(t testing.TB) (path string, content []byte) {
	t.Helper()
	c := config()
	c.StateFile = filepath.Join(t.TempDir(), "state")
	s, err := smokeballsim.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.AddContact(firm, []byte(someone)); err != nil {
		t.Fatal(err)
	}
	if content, err = os.ReadFile(c.StateFile); err != nil {
		t.Fatal(err)
	}
	return c.StateFile, content
}

func openAt(path string) error {
	c := config()
	c.StateFile = path
	s, err := smokeballsim.Open(c)
	if err != nil {
		return err
	}
	return s.Close()
}

func TestOtherFilesAreRefused(t *testing.T) {
	path, good := stateFile(t)
	half := len(good) / 2
	flipped := bytes.Clone(good)
	flipped[half] ^= 1
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"empty":   {nil, "no state file"},
		"foreign": {[]byte("{\"accounts\":[]}"), "no state file"},
		"newer":   {bytes.Replace(good, []byte("state 2 "), []byte("state 3 "), 1), "no state file"},
		"cut":     {good[:half], "damaged"},
		"header":  {good[:30], "damaged"},
		"flipped": {flipped, "damaged"},
		"longer":  {append(bytes.Clone(good), '\n'), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := openAt(path); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("open = %v, want it to say %q of %s", err, c.says, path)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.content) {
				t.Errorf("a refused file was changed (%v)", err)
			}
		})
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openAt(path); err != nil {
		t.Errorf("the good copy = %v", err)
	}
}

func TestPlacesWithoutAFileAreRefused(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{"folder": dir, "nowhere": filepath.Join(dir, "nowhere", "state")} {
		if err := openAt(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s = %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("New takes a state file that cannot be")
		}
	}()
	smokeballsim.New(smokeballsim.Config{StateFile: dir})
}

func TestStateFileIsPrivate(t *testing.T) {
	path, _ := stateFile(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("state file = %v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(path + ".new"); !os.IsNotExist(err) {
		t.Errorf("a part of it is left over: %v", err)
	}
}

// A right sum does not help a body that makes no sense.
func TestSensibleBodiesOnly(t *testing.T) {
	path, _ := stateFile(t)
	for _, body := range []string{
		``, `[]`, `{"Pending":[{"Kind":"Matter","Verb":"paint","Account":"` + firm + `"}]}`, `{"Colour":"red"}`,
	} {
		content := fmt.Sprintf("smokeball-sim state 2 %x\n%s", sha256.Sum256([]byte(body)), body)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := openAt(path); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s = %v", body, err)
		}
	}
}

func FuzzStateFile(f *testing.F) {
	path, good := stateFile(f)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte("smokeball-sim state 2 \n{}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, body, _ := bytes.Cut(content, []byte("\n"))
		sum := fmt.Appendf(nil, "smokeball-sim state 2 %x\n", sha256.Sum256(body))
		if err := openAt(path); err == nil && !bytes.HasPrefix(content, sum) {
			t.Errorf("a file with a wrong sum is taken: %q", content)
		}
	})
}
