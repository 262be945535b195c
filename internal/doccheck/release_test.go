package doccheck_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inRelease is the first line of a block that runs in the folder of a release.
const inRelease = "# in the folder of a release"

// TestAReleaseIsSignedAndChecked signs a folder as ops/release does, with a key made here, and runs the commands of
// docs/compatibility.md that check it: they take it as it is, and nothing that was changed.
func TestAReleaseIsSignedAndChecked(t *testing.T) {
	for _, tool := range []string{"ssh-keygen", "bash", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") != "true" {
			t.Skipf("there is no %s here", tool)
		}
	}
	var check string
	_, fences := read(t, "docs/compatibility.md").split()
	for _, f := range fences {
		if strings.HasPrefix(f.text, inRelease+"\n") {
			check = f.text
		}
	}
	if check == "" {
		t.Fatal("docs/compatibility.md does not say how to check a release")
	}
	dir := t.TempDir()
	release := signedRelease(t, dir, "release@casehug.example")
	verify := func() (string, error) {
		cmd := exec.Command("sh", "-eu", "-c", check)
		cmd.Dir = release
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := verify(); err != nil || !strings.Contains(out, `Good "smokeball-sync" signature`) || strings.Count(out, ": OK") != 2 {
		t.Fatalf("the release as it was signed: %v\n%s", err, out)
	}
	for _, name := range []string{"smokeball-sync-1.0.0-linux-amd64", "SHA256SUMS", "SHA256SUMS.sig", "allowed_signers"} {
		path := filepath.Join(release, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bad := []byte(strings.Replace(string(good), string(good[len(good)/2]), string(good[len(good)/2]^1), 1))
		keepFile(t, path, bad)
		if out, err := verify(); err == nil {
			t.Errorf("with another byte in %s it passes:\n%s", name, out)
		}
		keepFile(t, path, good)
	}
	stranger := signedRelease(t, t.TempDir(), "release@casehug.example")
	signers, err := os.ReadFile(filepath.Join(release, "allowed_signers"))
	if err != nil {
		t.Fatal(err)
	}
	keepFile(t, filepath.Join(stranger, "allowed_signers"), signers)
	release = stranger
	if out, err := verify(); err == nil {
		t.Errorf("what another key signed passes:\n%s", out)
	}
}

// signedRelease is a folder with two binaries that ops/sign has signed, and the signer's line.
func signedRelease(t *testing.T, dir, signer string) string {
	t.Helper()
	release, key := filepath.Join(dir, "release"), filepath.Join(dir, "key")
	if err := os.Mkdir(release, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"smokeball-sync", "smokeball-sim"} {
		keepFile(t, filepath.Join(release, name+"-1.0.0-linux-amd64"), []byte("the program "+name))
	}
	runIn(t, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	runIn(t, "RELEASE_KEY="+key, "bash", "ops/sign", release)
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	keepFile(t, filepath.Join(release, "allowed_signers"), append([]byte(signer+" "), public...))
	return release
}

func runIn(t *testing.T, env, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = top, append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func keepFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
