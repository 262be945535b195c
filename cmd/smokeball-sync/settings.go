package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// settingsFrom fills flags that the command line left out: from the environment
// variable that a flag's tag "setting" names, from the file that NAME_FILE names
// where the tag "secret" is set, else from the --config file.
func settingsFrom(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(c *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := flag.Tag.Get("setting")
		if name == "" {
			return nil, nil
		}
		if v := getenv(name); v != "" {
			return v, nil
		}
		if flag.Tag.Has("secret") {
			if path := getenv(name + "_FILE"); path != "" {
				return secretFile(name, path)
			}
		}
		file, err := configFile(configPath(c, getenv))
		if err != nil {
			return nil, err
		}
		if v, ok := file[name]; ok {
			return v, nil
		}
		return nil, nil
	})
}

func secretFile(name, path string) (any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s_FILE is %s: %w; name a file that holds the value", name, path, err)
	}
	return strings.TrimSpace(string(data)), nil
}

// configPath is the value of --config, or of ENGINE_CONFIG.
func configPath(c *kong.Context, getenv func(string) string) string {
	for i, arg := range c.Args {
		if v, ok := strings.CutPrefix(arg, "--config="); ok {
			return v
		}
		if arg == "--config" && i+1 < len(c.Args) {
			return c.Args[i+1]
		}
	}
	return getenv("ENGINE_CONFIG")
}

// configFile reads a YAML file of settings under the names of the environment.
func configFile(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--config is %s: %w", path, err)
	}
	values := map[string]string{}
	if err := yaml.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("--config is %s: %w; it needs lines like ENGINE_LISTEN: 127.0.0.1:8080", path, err)
	}
	for name := range values {
		if !knownSetting(name) {
			return nil, fmt.Errorf("--config is %s: it holds %s, which is no setting; see smokeball-sync serve --help", path, name)
		}
	}
	return values, nil
}
