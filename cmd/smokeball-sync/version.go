package main

import (
	"fmt"
	"runtime/debug"
)

// versionCmd prints the version.
type versionCmd struct {
	JSON bool `name:"json" help:"For programs."`
}

// Run prints it.
func (c *versionCmd) Run(t *terminal) error {
	if c.JSON {
		_, err := fmt.Fprintf(t.out, "{\"version\":%q}\n", version())
		return err
	}
	_, err := fmt.Fprintln(t.out, "smokeball-sync", version())
	return err
}

// version is the module's version, or the commit that the binary was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "development"
}
