package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/config"
)

// parse reads a command line as run does, and returns the configuration of serve.
func parse(t *testing.T, env map[string]string, args ...string) (config.Settings, error) {
	t.Helper()
	var cmds commands
	parser, err := newParser(&cmds, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{"serve"}, args...))
	return cmds.Serve.Settings, err
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	file := write(t, "ENGINE_LISTEN: file:1\nENGINE_DATA_DIR: file\nENGINE_NATS_LISTEN: off\nSMOKEBALL_RATE: 7\n")
	env := map[string]string{"ENGINE_LISTEN": "env:1", "ENGINE_DATA_DIR": "env"}
	for name, use := range map[string]func() (config.Settings, error){
		"--config FILE": func() (config.Settings, error) { return parse(t, env, "--config", file, "--listen", "flag:1") },
		"--config=FILE": func() (config.Settings, error) { return parse(t, env, "--config="+file, "--listen=flag:1") },
		"$ENGINE_CONFIG": func() (config.Settings, error) {
			env["ENGINE_CONFIG"] = file
			return parse(t, env, "--listen", "flag:1")
		},
	} {
		c, err := use()
		if err != nil {
			t.Fatal(err)
		}
		if c.Listen != "flag:1" || c.DataDir != "env" || c.NATSListen != "off" || c.Rate != "7" || c.Burst != "5" {
			t.Errorf("%s: listen %s, data %s, NATS %s, rate %s, burst %s", name, c.Listen, c.DataDir, c.NATSListen, c.Rate, c.Burst)
		}
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	secret := write(t, "from-a-file\n")
	file := write(t, "SMOKEBALL_CLIENT_ID: in-config\nSMOKEBALL_API_KEY_FILE: "+secret+"\nSMOKEBALL_CLIENT_SECRET: in-config\n")
	c, err := parse(t, map[string]string{"SMOKEBALL_CLIENT_SECRET_FILE": secret}, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if c.ClientID != "in-config" || c.APIKey != "from-a-file" || c.ClientSecret != "from-a-file" {
		t.Errorf("client id %s, key %s, secret %s", c.ClientID, c.APIKey, c.ClientSecret)
	}
	c, err = parse(t, map[string]string{"SMOKEBALL_CLIENT_SECRET_FILE": secret, "SMOKEBALL_CLIENT_SECRET": "in-env"})
	if err != nil || c.ClientSecret != "in-env" {
		t.Errorf("secret %s, %v; want the variable itself to win over its file", c.ClientSecret, err)
	}
}

// TestSettingsThatCannotBeRead names the file and the fault, and nothing that may be a
// secret.
func TestSettingsThatCannotBeRead(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		want []string
	}{
		{"unknown name", nil, []string{"--config", write(t, "ENGINE_LISTN: x\n")}, []string{"--config", "ENGINE_LISTN", "no setting"}},
		{"file of what is no secret", nil, []string{"--config", write(t, "ENGINE_LISTEN_FILE: x\n")}, []string{"--config", "ENGINE_LISTEN_FILE", "no setting"}},
		{"absent", nil, []string{"--config", absent}, []string{"--config", absent, "no such file"}},
		{"broken", nil, []string{"--config", write(t, "ENGINE_LISTEN: x\na: b: c\n")}, []string{"--config", "line 2"}},
		{"no list", nil, []string{"--config", write(t, appSecret+"\n")}, []string{"--config", "ENGINE_LISTEN: 127.0.0.1:8080"}},
		{"nested", nil, []string{"--config", write(t, "ENGINE_LISTEN: [1, "+appSecret+"]\n")}, []string{"--config", "it is not a list of settings"}},
		{"secret's file", map[string]string{"SMOKEBALL_API_KEY_FILE": absent}, nil, []string{"SMOKEBALL_API_KEY_FILE", absent, "name a file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := execute(t, c.env, append([]string{"serve"}, c.args...)...)
			if o.code != wrongUsage || !strings.HasPrefix(o.err, c.want[0]+" is ") {
				t.Errorf("exit %d: %s", o.code, o.err)
			}
			for _, want := range c.want {
				if !strings.Contains(o.err, want) {
					t.Errorf("%q lacks %q", o.err, want)
				}
			}
			if strings.Contains(o.err, appSecret[:7]) {
				t.Errorf("%q tells a secret", o.err)
			}
		})
	}
}
