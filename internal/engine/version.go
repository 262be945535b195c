package engine

import "runtime/debug"

// stamped is the version of a release; the linker sets it (-X), nothing else does.
var stamped string

// Version is the release's version, the module's, or the commit that the binary was built from.
func Version() string {
	if stamped != "" {
		return stamped
	}
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
