package config

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestTheComposeFileKeepsTheBusOnThisMachine reads docker-compose.yml and Dockerfile as an
// engine that is started by them meets them.
func TestTheComposeFileKeepsTheBusOnThisMachine(t *testing.T) {
	text, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Environment map[string]string
			Image, User string
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	env := file.Services["engine"].Environment
	for _, name := range []string{"ENGINE_LISTEN", "ENGINE_NATS_LISTEN"} {
		if !strings.HasPrefix(env[name], "127.0.0.1:") || !knownSetting(name) {
			t.Errorf("%s is %q", name, env[name])
		}
	}
	for name := range env {
		if !knownSetting(name) {
			t.Errorf("the engine has no setting %s", name)
		}
	}
	image, err := os.ReadFile("../../Dockerfile")
	if err != nil || !strings.Contains(string(image), "\nUSER 10001") {
		t.Errorf("the image runs as root (%v)", err)
	}
}
