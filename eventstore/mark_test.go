package eventstore

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestAMarkIsWrittenWhileTheLedgerIsOpen, and again where it could not be: an engine that is killed
// closes nothing.
func TestAMarkIsWrittenWhileTheLedgerIsOpen(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		path := filepath.Join(folder, "ledger.mark")
		m := startMark(path, 0, 0, slog.New(slog.NewTextHandler(&log, nil)))
		marked := func() string {
			time.Sleep(markEvery)
			synctest.Wait()
			text, _ := os.ReadFile(path)
			return string(text)
		}
		m.note(5)
		if text := marked(); text != "" || !strings.Contains(log.String(), "not written") {
			t.Errorf("without its folder it holds %q; the log says %q", text, log.String())
		}
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if text := marked(); text != "5\n" {
			t.Errorf("with its folder it holds %q", text)
		}
		m.note(3) // of another writer, late
		m.note(7)
		if text := marked(); text != "7\n" {
			t.Errorf("moved on, it holds %q", text)
		}
		if err := m.close(); err != nil {
			t.Error(err)
		}
	})
}

// TestAMarkThatCannotBeWrittenIsSaid when the ledger is closed.
func TestAMarkThatCannotBeWrittenIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.mark")
	if err := os.Mkdir(path, 0o700); err != nil { // no file takes its name
		t.Fatal(err)
	}
	m := startMark(path, 0, 5, slog.New(slog.DiscardHandler))
	if err := m.close(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("closed: %v", err)
	}
}
