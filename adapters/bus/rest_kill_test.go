package bus_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/atrest"
)

const convertedBy = "BUS_TEST_CONVERT"

// TestConvertInAProcess is the process that TestAKillDuringTheConversionLosesNothing kills.
func TestConvertInAProcess(t *testing.T) {
	dir := os.Getenv(convertedBy)
	if dir == "" {
		t.Skip("it is started by another test")
	}
	encrypt, err := strconv.ParseBool(os.Getenv(convertedBy + "_TO"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := atrest.Prepare(filepath.Join(dir, "nats"), busKey, encrypt); err != nil {
		t.Fatal(err)
	}
}

func TestAKillDuringTheConversionLosesNothing(t *testing.T) {
	kills := 10
	if os.Getenv("CI") != "true" { // go test ./... has five minutes on two processors
		kills = 4
	}
	dir := t.TempDir()
	b := open(t, plainly(dir))
	fillBus(t, b, 0, 50)
	for range 6 {
		fillBus(t, b, 50, 51) // and its document
	}
	ackSome(t, b, 7)
	was := contentOf(t, b)
	shut(t, b)
	began := time.Now()
	convert(t, copied(t, dir), true, time.Minute)
	whole := time.Since(began)
	for i := range kills {
		at := copied(t, dir)
		for range 1 + i%2 { // a conversion that was broken off is also broken off again
			convert(t, at, true, time.Duration(rand.Int64N(int64(whole))))
		}
		b := open(t, encrypted(at))
		if is := contentOf(t, b); !maps.Equal(was, is) {
			t.Fatalf("after kill %d the bus has %d messages, want %d; intake %s, want %s", i, len(is), len(was), is["intake"], was["intake"])
		}
		if found := filesWith(t, at, secret); found != nil {
			t.Fatalf("after kill %d these hold the name: %q", i, found)
		}
		shut(t, b)
		convert(t, at, false, time.Duration(rand.Int64N(int64(whole))))
		b = open(t, encrypted(at), func(c *bus.Config) { c.Plain = true })
		if is := contentOf(t, b); !maps.Equal(was, is) {
			t.Fatalf("after kill %d on the way back the bus has %d messages, want %d", i, len(is), len(was))
		}
		shut(t, b)
	}
}

// convert starts the conversion in a process of its own, and kills it after some time.
func convert(t *testing.T, dir string, encrypt bool, after time.Duration) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestConvertInAProcess$")
	c.Env = append(os.Environ(), convertedBy+"="+dir, convertedBy+"_TO="+strconv.FormatBool(encrypt))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	if err := c.Wait(); err != nil && after == time.Minute {
		t.Fatal(err)
	}
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestAKillBetweenTheTwoFolders is a kill that is too rare to meet by chance.
func TestAKillBetweenTheTwoFolders(t *testing.T) {
	dir := t.TempDir()
	b := open(t, plainly(dir))
	fillBus(t, b, 0, 5)
	was := contentOf(t, b)
	shut(t, b)
	done := copied(t, dir)
	shut(t, open(t, encrypted(done)))
	store := filepath.Join(dir, "nats")
	if err := os.Rename(store, store+".replaced"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(done, "nats"), store+".converted"); err != nil {
		t.Fatal(err)
	}
	if is := contentOf(t, open(t, encrypted(dir))); !maps.Equal(was, is) {
		t.Errorf("the bus has %d messages, want %d", len(is), len(was))
	}
	if found := filesWith(t, dir, secret); found != nil {
		t.Errorf("these hold the name: %q", found)
	}
}

// TestAFolderThatCantBeConverted: the engine works as before, and does not stop for it.
func TestAFolderThatCantBeConverted(t *testing.T) {
	dir := t.TempDir()
	b := open(t, plainly(dir))
	fillBus(t, b, 0, 5)
	was := contentOf(t, b)
	shut(t, b)
	sum := filepath.Join(dir, "nats/jetstream/ENGINE/streams", bus.Outbox, "meta.sum")
	if err := os.WriteFile(sum, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	b = open(t, encrypted(dir))
	if is := contentOf(t, b); !maps.Equal(was, is) {
		t.Errorf("the bus has %d messages, want %d", len(is), len(was))
	}
	shut(t, b)
	left, err := filepath.Glob(filepath.Join(dir, "nats.[cr]*"))
	if err != nil || left != nil {
		t.Errorf("the conversion has left %q, %v", left, err)
	}
}
