package eventstore

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// markEvery is the shortest time between two writes of the mark.
const markEvery = time.Second

// mark is the high-water mark: a small file beside a ledger with a position that the log has
// reached. It may lag behind the log but is never ahead of it: a log that ends before its mark has
// lost events.
type mark struct {
	path    string
	log     *slog.Logger
	reached atomic.Uint64
	saved   Seq           // owned by the goroutine until it has ended
	moved   chan struct{} // holds one element while reached may be ahead of saved
	quit    chan struct{}
	ended   chan struct{}
	once    sync.Once
}

// checkMark returns the position in the mark at path; 0: there is no file. It fails with
// ErrDamaged if last, the end of the log, is before that position.
func checkMark(path string, last Seq) (Seq, error) {
	marked, err := readMark(path)
	if err != nil {
		return 0, err
	}
	if last < marked {
		return 0, behind(last, marked, "the mark "+path)
	}
	return marked, nil
}

func readMark(path string) (Seq, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the ledger's mark: %w", err)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the ledger's mark %s is not a number: %w; check the ledger, then remove the file", path, ErrDamaged)
	}
	return Seq(n), nil
}

// startMark updates the mark at path, which holds saved, until close.
func startMark(path string, saved, last Seq, log *slog.Logger) *mark {
	m := &mark{path: path, log: log, saved: saved, moved: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	m.note(last)
	go m.run()
	return m
}

// note records that the log is on disk up to seq.
func (m *mark) note(seq Seq) {
	for {
		was := m.reached.Load()
		if uint64(seq) <= was {
			return
		}
		if m.reached.CompareAndSwap(was, uint64(seq)) {
			break
		}
	}
	m.tell()
}

func (m *mark) tell() {
	select {
	case m.moved <- struct{}{}:
	default: // a signal is pending
	}
}

// run writes the mark at the latest markEvery after it has moved.
func (m *mark) run() {
	defer close(m.ended)
	for {
		select {
		case <-m.quit:
			return
		case <-m.moved:
		}
		select {
		case <-m.quit:
			return
		case <-time.After(markEvery):
		}
		if err := m.save(); err != nil {
			m.log.Warn("ledger mark not written", "path", m.path, "err", err)
			m.tell()
		}
	}
}

// save writes and syncs a new file before it renames it, so that the file is always complete.
func (m *mark) save() error {
	reached := Seq(m.reached.Load())
	if reached == m.saved {
		return nil
	}
	if err := writeSynced(m.path+".new", strconv.FormatUint(uint64(reached), 10)+"\n"); err != nil {
		return err
	}
	if err := os.Rename(m.path+".new", m.path); err != nil {
		return err
	}
	m.saved = reached
	return nil
}

// close writes the mark a last time.
func (m *mark) close() error {
	m.once.Do(func() { close(m.quit) })
	<-m.ended
	return m.save()
}

func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
