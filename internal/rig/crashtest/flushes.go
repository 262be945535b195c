package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	fsdisk "github.com/casehug/smokeball-sync/internal/disk"
)

// flusherCommand makes this program write and flush records in a folder until it is killed.
const flusherCommand = "flusher"

// flusher is a program that does on the engine's disk what the engine's parts do, and nothing else:
// it appends a record, flushes it, checks the file system and then reports. It shows what a
// flush is worth on a disk that fails, whatever the engine makes of it.
type flusher struct {
	*process
	dir string
	log string // its reports, on another disk
}

// flushes are what flushers reported.
type flushes struct{ told, lost, checkedLost int }

const (
	recordSize = 650 // bytes, about those of an event
	writers    = 3   // each with a file of its own
)

// startFlusher returns when the flusher has reported something.
func startFlusher(ctx context.Context, w *world, d *disk) (*flusher, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &flusher{dir: filepath.Join(d.dir, "flushes"), log: filepath.Join(w.dir, "flushes.log")}
	if err := errors.Join(os.RemoveAll(f.dir), os.Mkdir(f.dir, 0o700), os.RemoveAll(f.log)); err != nil {
		return nil, err
	}
	if f.process, err = start(f.log, nil, self, flusherCommand, f.dir); err != nil {
		return nil, err
	}
	w.beside = append(w.beside, f.process)
	return f, f.answers(ctx, "records are flushed", f.log, func(context.Context) bool { n, err := size(f.log); return err == nil && n > 0 })
}

// report is what is written of a flushed record: its writer, its number, and whether the check after
// the flush passed.
const report = "%d %d %t\n"

// runFlusher reports on out each record that is flushed. It goes on when the disk fails, as an
// engine does, and ends only where it cannot begin.
func runFlusher(dir string, out io.Writer) error {
	journal, err := fsdisk.OpenJournal(filepath.Join(dir, "records"))
	if err != nil {
		return err
	}
	var files []*os.File
	for n := range writers {
		f, err := os.Create(recordsOf(dir, n))
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	reports := make(chan string)
	for n, f := range files {
		go func() {
			for i := 0; ; i++ {
				if _, err := f.WriteAt(bytesOf(i), int64(i)*recordSize); err != nil {
					return
				}
				if f.Sync() == nil {
					reports <- fmt.Sprintf(report, n, i, journal.Check() == nil)
				}
			}
		}()
	}
	for text := range reports {
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	return nil
}

func recordsOf(dir string, writer int) string { return filepath.Join(dir, fmt.Sprint(writer)) }

// bytesOf is the i-th record; none is zeros, which a file system shows where it has nothing.
func bytesOf(i int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%09d.", i), recordSize/10)
}

// countFlushes compares the reports of a dead flusher with what the disk has after its cure. What
// was reported after the check must be there.
func (b *badDays) countFlushes(f *flusher) error {
	log, err := os.Open(f.log)
	if err != nil {
		return err
	}
	defer log.Close()
	files := map[int][]byte{}
	for n := range writers {
		if files[n], err = os.ReadFile(recordsOf(f.dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var n, i int
		var checked bool
		if _, err := fmt.Sscanf(lines.Text()+"\n", report, &n, &i, &checked); err != nil {
			continue // it was killed while it wrote
		}
		b.flushed.told++
		if keptRecord(files[n], i) {
			continue
		}
		b.flushed.lost++
		if checked {
			b.flushed.checkedLost++
			b.fault("a record that was flushed and then checked is lost: writer %d, record %d", n, i)
		}
	}
	return nil
}

func keptRecord(file []byte, i int) bool {
	from := i * recordSize
	return len(file) >= from+recordSize && bytes.Equal(file[from:from+recordSize], bytesOf(i))
}
