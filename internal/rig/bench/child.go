package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// childCommand makes this program a process that is measured by itself: an engine, or
// JetStream alone. It lives until its standard input ends.
const childCommand = "_child"

// task says what a child process is.
type task struct {
	Settings config.Settings // of an engine
	Bus      string          // the folder of JetStream alone; "": it is an engine
}

// started is what a child process says when it is ready.
type started struct {
	Publishers string        `json:"publishers"`
	Took       time.Duration `json:"took"`
}

func runChild(ctx context.Context, spec string) error {
	var t task
	if err := json.Unmarshal([]byte(spec), &t); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if t.Bus != "" {
		return t.serveBus(ctx)
	}
	return t.serveEngine(ctx, stop)
}

func (t task) serveBus(ctx context.Context) error {
	began := time.Now()
	b, err := openBareBus(ctx, t.Bus)
	if err != nil {
		return err
	}
	defer b.close()
	say(started{Took: time.Since(began)})
	obey(map[string]func() error{"put": func() error { return putObject(ctx, b) }, "read": func() error { return readObject(ctx, b) }})
	return nil
}

// putObject puts an object of 100 MB.
func putObject(ctx context.Context, b *bareBus) error {
	store, err := b.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: shelfBucket})
	if err == nil {
		_, err = store.Put(ctx, jetstream.ObjectMeta{Name: "large"}, io.LimitReader(rand.NewChaCha8([32]byte{1}), largeDocument))
	}
	return err
}

// readObject reads the one object of the object store, chunk by chunk, and keeps nothing of it.
func readObject(ctx context.Context, b *bareBus) error {
	stream, err := b.js.Stream(ctx, "OBJ_"+shelfBucket)
	if err != nil {
		return err
	}
	for next := uint64(1); ; {
		m, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject("$O."+shelfBucket+".C.>"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		next = m.Sequence + 1
	}
}

func (t task) serveEngine(ctx context.Context, stop func()) error {
	began := time.Now()
	if err := t.Settings.Check(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", t.Settings.Listen)
	if err != nil {
		return err
	}
	e, err := engine.Open(ctx, t.Settings, engine.Options{Log: quiet(), Listener: listener})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	go func() { obey(nil); stop() }()
	return e.Serve(ctx, func() { say(started{Publishers: e.Publishers(), Took: time.Since(began)}) })
}

func say(s started) { _ = json.NewEncoder(os.Stdout).Encode(s) } // a parent that has gone hears nothing

// obey carries out what the lines of the standard input name, until it ends: collect returns
// memory that is not used.
func obey(orders map[string]func() error) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer := "done"
		if do := orders[lines.Text()]; do == nil {
			debug.FreeOSMemory()
		} else if err := do(); err != nil {
			answer = err.Error()
		}
		fmt.Println(answer)
	}
}

// child is such a process, as its parent sees it.
type child struct {
	command *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Scanner
	started started
}

// startChild starts a process and returns when it is ready.
func startChild(t task) (*child, error) {
	spec, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{command: exec.Command(self, childCommand, string(spec))}
	c.command.Stderr = os.Stderr
	if c.orders, err = c.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.answers = bufio.NewScanner(out)
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	if !c.answers.Scan() {
		return nil, errors.Join(errors.New("a process that is to be measured does not start"), c.stop())
	}
	return c, json.Unmarshal(c.answers.Bytes(), &c.started)
}

// collect lets the process return memory that it does not use.
func (c *child) collect() error { return c.order("collect") }

func (c *child) order(what string) error {
	if _, err := io.WriteString(c.orders, what+"\n"); err != nil {
		return err
	}
	if !c.answers.Scan() {
		return errors.New("a process that is measured has ended")
	}
	if answer := c.answers.Text(); answer != "done" {
		return fmt.Errorf("a process that is measured can't %s: %s", what, answer)
	}
	return nil
}

func (c *child) stop() error {
	err := c.orders.Close()
	return errors.Join(err, c.command.Wait())
}

// memory is what a process holds, in bytes.
type memory struct {
	own  float64 // heap, stacks: what nobody else can use
	file float64 // pages of mapped files, which the kernel takes back when it needs them
	peak float64 // most of both that it ever held, since the last reset
}

func (c *child) memory() memory {
	return memory{own: c.status("RssAnon"), file: c.status("RssFile"), peak: c.status("VmHWM")}
}

// status reads a size from the kernel's account of the process.
func (c *child) status(name string) float64 {
	value := field(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid), name)
	kb, _ := strconv.ParseFloat(strings.TrimSuffix(value, " kB"), 64) // 0 where the kernel does not tell
	return kb * 1024
}

// resetPeak lets the peak count from now on.
func (c *child) resetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", c.command.Process.Pid), []byte("5"), 0)
}

// cpu is the time that the process has used of all cores.
func (c *child) cpu() time.Duration { return processorTime(c.command.Process.Pid) }

// processorTime is the time that a process has used of all cores; 0 where the kernel does not tell.
func processorTime(pid int) time.Duration {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in hundredths
}

// mb writes bytes as people compare them.
func mb(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }
