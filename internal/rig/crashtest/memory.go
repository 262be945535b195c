package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// moreMemory is how many bytes an engine may take beside what it has, while memory is limited: less
// than it requires under load.
const moreMemory = 4 << 20

// memoryGroup is a control group that limits what the processes in it take of memory from then on.
type memoryGroup struct {
	dir   string
	limit string // the file of the limit
	none  string // what the file of the limit says where there is none
	met   func(dir string) (int, error)
}

// memoryGroups are the two kinds that Linux has: version 2, and version 1.
var memoryGroups = []memoryGroup{
	{"/sys/fs/cgroup", "memory.max", "max", metInEvents},
	{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "-1", metInCount},
}

// newMemoryGroup makes a group with the limit.
func newMemoryGroup(name string, limit int) (memoryGroup, error) {
	var why error
	for _, kind := range memoryGroups {
		g := kind
		g.dir = filepath.Join(kind.dir, name)
		if err := os.Mkdir(g.dir, 0o755); err != nil {
			why = errors.Join(why, err)
			continue
		}
		if err := g.write(g.limit, strconv.Itoa(limit)); err != nil { // this kind does not have the memory
			why = errors.Join(why, err, os.Remove(g.dir))
			continue
		}
		return g, nil
	}
	return memoryGroup{}, fmt.Errorf("no control group limits memory here: %w", why)
}

func (g memoryGroup) write(file, text string) error {
	return tell(filepath.Join(g.dir, file), text)
}

// tell writes to a file of a control group. It makes none: where no group is, one would hold nothing back.
func tell(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// end lifts the limit, gives the group's processes back to the group above, and removes it.
func (g memoryGroup) end() error {
	if err := g.write(g.limit, g.none); err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join(g.dir, "cgroup.procs"))
	if err != nil {
		return err
	}
	for _, pid := range strings.Fields(string(list)) {
		if err := tell(filepath.Join(filepath.Dir(g.dir), "cgroup.procs"), pid); err != nil {
			return err
		}
	}
	return os.Remove(g.dir)
}

// metInEvents is how often the limit of a group of version 2 was met.
func metInEvents(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "memory.events"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if n, is := strings.CutPrefix(strings.TrimSpace(line), "max "); is {
			return strconv.Atoi(n)
		}
	}
	return 0, fmt.Errorf("%s/memory.events has no count of the limit", dir)
}

// metInCount is how often the limit of a group of version 1 was met.
func metInCount(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "memory.failcnt"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// limitMemory lets the engine take little more memory than it has. The kernel takes its file pages
// back first, and then kills it.
func limitMemory(_ context.Context, b *badDays, w *world, _ *disk) (func(context.Context) error, error) {
	g, err := newMemoryGroup(fmt.Sprintf("crashtest-%d-%d", os.Getpid(), b.cycles), moreMemory)
	if err != nil {
		return nil, err
	}
	if err := g.write("cgroup.procs", strconv.Itoa(w.engine.command.Process.Pid)); err != nil {
		return nil, errors.Join(err, g.end())
	}
	return func(context.Context) error {
		met, err := g.met(g.dir)
		if err == nil && met == 0 {
			b.fault("the engine never took so much memory that its limit was met")
		}
		return errors.Join(err, g.end())
	}, nil
}
