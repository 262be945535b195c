package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// daysCampaign is the name of the campaign.
const daysCampaign = "days"

// curedWithin is how long an engine may take until it takes work again after a cure.
const curedWithin = 10 * time.Second

// day is something that goes wrong around an engine at work, and ends.
type day struct {
	name   string
	disk   bool   // the disk fails; the cure needs a new start, as a service manager makes it
	kills  bool   // the kernel may kill the engine, which a service manager starts again
	says   string // in the engine's log or in /readyz meanwhile
	strike func(context.Context, *badDays, *world, *disk) (cure func(context.Context) error, err error)
}

// days are all of them. Full disks, power cuts and partitions have campaigns of their own; clocks
// that are set are tried in simulated time (TestAClockThatIsSetBackHoldsNothingUp in internal/syncing).
func days() []day {
	return []day{
		{"no file descriptor left", false, false, "too many open files", takeDescriptors},
		{"ten thousand connections that ask nothing", false, false, "", openConnections},
		{"a name that leads to somebody else, who answers everything with a page", false, false, "", lieAboutSmokeball},
		{"a file system that has become read-only", true, false, "read-only file system", readOnly},
		{"a disk that answers each call with an input/output error", true, false, "input/output error", failDisk},
		{"a limit of memory that the engine meets", false, true, "", limitMemory},
	}
}

// badDays is the campaign under way.
type badDays struct {
	*trial
	liar    *liar
	longest map[string]time.Duration
	flushed flushes
	killed  int // engines, by the kernel
}

// spoilDays lets one thing after the other go wrong under load. The engine must say what is wrong,
// keep what it acknowledges, and take work again soon after the cure.
func spoilDays(ctx context.Context, t *trial) error {
	if missing := t.noDisks(ctx); missing != nil {
		t.skip("bad days", missing)
		return nil
	}
	b := &badDays{trial: t, longest: map[string]time.Duration{}}
	err := t.onDisks(ctx, b.one)
	t.note("beside the engines a program wrote and flushed %d records until the disk failed: %d of them are lost, and %d of those that were checked after the flush", b.flushed.told, b.flushed.lost, b.flushed.checkedLost)
	t.note("for want of memory the kernel killed %d engines", b.killed)
	for _, d := range days() {
		if took, tried := b.longest[d.name]; tried {
			t.note("%s: work was taken again at most %s after the cure; %s are promised", d.name, took.Round(10*time.Millisecond), curedWithin)
		}
	}
	return err
}

func (b *badDays) one(ctx context.Context, w *world, d *disk) error {
	it := days()[(b.cycles-1)%len(days())]
	if err := b.lie(w); err != nil {
		return err
	}
	if err := w.launch(b.engine); err != nil {
		return err
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	if err := b.worksOn(ctx, w); err != nil {
		return err
	}
	said, err := b.spoil(ctx, w, d, it)
	if err != nil {
		return fmt.Errorf("%s: %w", it.name, err)
	}
	began := time.Now()
	if !said {
		b.fault("%s: the engine says nothing of %q", it.name, it.says)
	}
	if err := b.worksAgain(ctx, w, it); err != nil {
		b.fault("%s: after the cure: %v; it logged %s", it.name, err, lastLine(w.log()))
	}
	took := time.Since(began)
	b.longest[it.name] = max(b.longest[it.name], took)
	if took > curedWithin && !b.short { // in the short form all campaigns run at once
		b.fault("%s: the engine took no work for %s after the cure", it.name, took.Round(10*time.Millisecond))
	}
	w.engine.kill()
	return nil
}

// worksAgain waits until the engine takes work after the cure. After a day of the disk it is
// started; where it may end, it is started again, as a service manager does.
func (b *badDays) worksAgain(ctx context.Context, w *world, it day) error {
	if it.disk {
		if err := w.launch(b.engine); err != nil {
			return err
		}
	}
	for range 3 {
		if err := b.worksOn(ctx, w); !errors.Is(err, errEnded) || !it.disk && !it.kills {
			return err
		}
		if it.kills {
			b.killed++
		}
		if err := w.launch(b.engine); err != nil {
			return err
		}
	}
	return b.worksOn(ctx, w)
}

// spoil lets it be the day, and ends it. It reports whether the engine said what is wrong.
func (b *badDays) spoil(ctx context.Context, w *world, d *disk, it day) (said bool, err error) {
	from, err := size(w.log())
	if err != nil {
		return false, err
	}
	var beside *flusher
	if it.disk {
		if beside, err = startFlusher(ctx, w, d); err != nil {
			return false, err
		}
	}
	cure, err := it.strike(ctx, b, w, d)
	if err != nil {
		return false, err
	}
	said = b.hears(ctx, w, it, from)
	if it.disk {
		w.engine.kill()
		beside.kill()
	}
	if err := cure(ctx); err != nil {
		return false, fmt.Errorf("the cure: %w", err)
	}
	if it.disk {
		err = b.countFlushes(beside)
	}
	return said, err
}

// worksOn waits until the engine has acknowledged more than was under way.
func (b *badDays) worksOn(ctx context.Context, w *world) error {
	before := w.load.acknowledged()
	return w.engine.answers(ctx, "the engine takes work", w.log(), func(context.Context) bool { return w.load.acknowledged() > before+services })
}

// spoiled is how long something is wrong.
const spoiled = 5 * time.Second

// hears waits until the time is over or the engine has ended, and reports whether it said what is
// wrong.
func (b *badDays) hears(ctx context.Context, w *world, it day, from int64) bool {
	said := it.says == ""
	end := time.Now().Add(spoiled)
	for time.Now().Before(end) && ctx.Err() == nil {
		if !said {
			said = b.says(ctx, w, it.says, from)
		}
		if w.engine.endsWithin(ctx, 100*time.Millisecond) {
			break
		}
	}
	return said || b.says(ctx, w, it.says, from)
}

func (b *badDays) says(ctx context.Context, w *world, what string, from int64) bool {
	if err := w.api.call(ctx, http.MethodGet, "/readyz", nil, nil); err != nil && strings.Contains(err.Error(), what) {
		return true
	}
	logged, err := os.ReadFile(w.log())
	return err == nil && strings.Contains(string(logged[from:]), what)
}

func size(path string) (int64, error) {
	f, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return f.Size(), nil
}

// readOnly lets ext4 find a fault of its own, after which it writes nothing any more.
func readOnly(ctx context.Context, _ *badDays, _ *world, d *disk) (func(context.Context) error, error) {
	loop, err := d.device(ctx)
	if err != nil {
		return nil, err
	}
	if err := command(ctx, "mount", "-o", "remount,errors=remount-ro", d.dir); err != nil {
		return nil, err
	}
	return d.replug, os.WriteFile(filepath.Join("/sys/fs/ext4", loop, "trigger_fs_error"), []byte("crashtest"), 0o200)
}

// failDisk shuts the file system down: whoever uses it is answered EIO.
func failDisk(_ context.Context, _ *badDays, _ *world, d *disk) (func(context.Context) error, error) {
	return d.replug, cutOff(d.dir)
}

// fewDescriptors are less than an engine has that works.
const fewDescriptors = 10

// takeDescriptors lets the engine keep those that it has, and open no other one.
func takeDescriptors(ctx context.Context, _ *badDays, w *world, _ *disk) (func(context.Context) error, error) {
	pid := fmt.Sprint(w.engine.command.Process.Pid)
	limit := func(n int) error { return command(ctx, "prlimit", "--pid", pid, fmt.Sprintf("--nofile=%d:", n)) }
	return func(context.Context) error { return limit(20_000) }, limit(fewDescriptors)
}

const manyConnections = 10_000

// openConnections connects to the engine; half of them begin a request that they never end.
func openConnections(ctx context.Context, _ *badDays, w *world, _ *disk) (func(context.Context) error, error) {
	address := strings.TrimPrefix(w.api.base, "http://")
	var list []net.Conn
	for n := range manyConnections {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err != nil {
			break // the engine takes no more, as it may
		}
		list = append(list, c)
		if n%2 == 0 {
			_, _ = io.WriteString(c, "GET /readyz HTTP/1.1\r\nHost: ") // the engine may hang up on this one
		}
	}
	if len(list) < 1000 {
		return nil, fmt.Errorf("only %d connections could be opened", len(list))
	}
	return func(context.Context) error {
		for _, c := range list {
			_ = c.Close() // nothing was to come
		}
		return nil
	}, nil
}

// liar is the way to Smokeball, or to somebody else.
type liar struct {
	*httptest.Server
	lies atomic.Bool
}

// lie leads the world's engines to Smokeball through somebody who may answer instead.
func (b *badDays) lie(w *world) error {
	to, err := url.Parse(w.smokeball.base)
	if err != nil {
		return err
	}
	l := &liar{}
	proxy := &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	l.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if l.lies.Load() {
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(rw, "<!doctype html><title>Welcome to the hotel</title>Please sign in to use the network.") // the engine may have gone
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	w.onClose(l.Close)
	b.liar = l
	w.settings["SMOKEBALL_API_URL"], w.settings["SMOKEBALL_AUTH_URL"] = l.URL, l.URL
	return nil
}

func lieAboutSmokeball(_ context.Context, b *badDays, _ *world, _ *disk) (func(context.Context) error, error) {
	b.liar.lies.Store(true)
	return func(context.Context) error { b.liar.lies.Store(false); return nil }, nil
}
