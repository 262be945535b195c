package cli

import (
	"bufio"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// heapShare is the runtime's memory limit in percent of the machine's memory. The rest is for the
// embedded bus's buffers and mapped files.
const heapShare = 75

// limitMemory sets the runtime's memory limit from that of the machine or the container, unless
// GOMEMLIMIT is set. It returns the limit; 0: none was set.
func limitMemory(system fs.FS, getenv func(string) string) int64 {
	if getenv("GOMEMLIMIT") != "" {
		return 0
	}
	limit := memoryOf(system) / 100 * heapShare
	if limit > 0 {
		debug.SetMemoryLimit(limit)
	}
	return limit
}

// memoryOf returns the memory that this process may use: the lowest limit of the container and the
// machine; 0: neither is known.
func memoryOf(system fs.FS) int64 {
	least := int64(0)
	for _, n := range []int64{numberIn(system, "sys/fs/cgroup/memory.max"), numberIn(system, "sys/fs/cgroup/memory/memory.limit_in_bytes"), totalIn(system)} {
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// numberIn returns the number in a file; 0: there is none.
func numberIn(system fs.FS, name string) int64 {
	data, err := fs.ReadFile(system, name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0 // such as max
	}
	return n
}

// totalIn returns the machine's memory from Linux' /proc/meminfo.
func totalIn(system fs.FS) int64 {
	f, err := system.Open("proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "MemTotal:" {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}

// machine is the file system with Linux' figures.
func machine() fs.FS { return os.DirFS("/") }
