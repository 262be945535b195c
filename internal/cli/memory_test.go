package cli

import (
	"testing"
	"testing/fstest"
)

func TestTheLeastLimitOfMemoryCounts(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	const v2, v1, total = "sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes", "proc/meminfo"
	for name, tt := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"a machine":                 {fstest.MapFS{total: file("MemTotal:  1024 kB\nMemFree: 1 kB\n")}, 1 << 20},
		"a container":               {fstest.MapFS{total: file("MemTotal:  1024 kB\n"), v2: file("524288\n")}, 512 << 10},
		"an older container":        {fstest.MapFS{total: file("MemTotal:  1024 kB\n"), v1: file("262144\n")}, 256 << 10},
		"a container without limit": {fstest.MapFS{total: file("MemTotal:  1024 kB\n"), v2: file("max\n"), v1: file("9223372036854771712\n")}, 1 << 20},
		"another system":            {fstest.MapFS{}, 0},
		"damaged":                   {fstest.MapFS{total: file("MemTotal: much\n")}, 0},
	} {
		if got := memoryOf(tt.files); got != tt.want {
			t.Errorf("%s: %d bytes, want %d", name, got, tt.want)
		}
	}
	if got := limitMemory(fstest.MapFS{total: file("MemTotal:  1024 kB\n")}, func(string) string { return "1GiB" }); got != 0 {
		t.Errorf("GOMEMLIMIT is overruled with %d", got)
	}
}
