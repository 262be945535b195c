package config

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// secretFileEnding is the suffix of a secret's name when the setting names a file with the
// secret.
const secretFileEnding = "_FILE"

// settingsFrom fills flags that are not on the command line: from the environment variable in a
// flag's tag "setting", or else from the --config file. If a flag has the tag "secret", either may
// name a file instead, as NAME_FILE. settingsFrom calls opened for each file that it reads.
func Resolver(getenv func(string) string, opened func(setting, path string)) kong.Resolver {
	return kong.ResolverFunc(func(c *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := flag.Tag.Get("setting")
		if name == "" {
			return nil, nil
		}
		path := configPath(c, getenv)
		file, err := configFile(path)
		if err != nil {
			return nil, &UsageError{err}
		}
		opened("ENGINE_CONFIG", path)
		for _, source := range []func(string) string{getenv, func(n string) string { return file[n] }} {
			if v := source(name); v != "" {
				return v, nil
			}
			if path := source(name + secretFileEnding); path != "" && flag.Tag.Has("secret") {
				opened(name+secretFileEnding, path)
				return secretFile(name, path)
			}
		}
		return nil, nil
	})
}

func secretFile(name, path string) (any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &UsageError{fmt.Errorf("%s_FILE is %s: %w; name a file that holds the value", name, path, err)}
	}
	return strings.TrimSpace(string(data)), nil
}

// configPath returns the value of --config, or of ENGINE_CONFIG.
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

// configFile reads a YAML file of settings under the names of the environment variables.
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
		return nil, fmt.Errorf("--config is %s: %w; it needs lines like ENGINE_LISTEN: 127.0.0.1:8080", path, withoutValues(err))
	}
	for name := range values {
		if !knownSetting(name) {
			return nil, fmt.Errorf("--config is %s: it holds %s, which is no setting; see smokeball-sync serve --help", path, name)
		}
	}
	return values, nil
}

var errNotLines = errors.New("it is not a list of settings")

// withoutValues returns the error of a YAML file. It replaces one that quotes the file's content,
// because that may be a secret.
func withoutValues(err error) error {
	var quoting *yaml.TypeError
	if errors.As(err, &quoting) {
		return errNotLines
	}
	return err
}
