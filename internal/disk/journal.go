// Package disk tells whether a file system has kept what it reported as flushed.
//
// Linux reports a flush as done that is under way while the file system stops writing, although
// what was to be flushed is lost. An ext4 file system stops when it finds a fault of its own and
// has errors=remount-ro, and any file system when it is shut down. The flush waits for the pages
// to be written; meanwhile the journal is aborted, and with it the transaction that says where the
// pages are; then the flush finds no transaction to wait for and returns without an error. The
// journal stays aborted as long as the file system is mounted. So a change that requires the
// journal and is made after the flush fails, and only where it succeeds the flush is to be believed.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Journal checks the journal of one file system. It is safe for concurrent use.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	size int64
	once sync.Once
	err  error // what Close returned
}

// largest is the size at which the file becomes small again.
const largest = 1 << 20

// ending is what the name of the journal's file ends in.
const ending = ".flush"

// OpenJournal opens the journal of the file system that has, or is to have, the file or folder at
// path. Beside it stands a file without bytes on the disk, of which only the size changes. It has a
// name, although nobody reads it: a file without one is an orphan to e2fsck, which does not repair
// a list of orphans that a failing disk has kept in part unless people decide.
func OpenJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path+ending, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, unopened(path+ending, err)
	}
	return &Journal{file: f}, nil
}

// unopened says why a journal's file can't be opened, and what to do.
func unopened(path string, err error) error {
	if _, gone := os.Lstat(path); gone != nil || !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("no file can be made to check the disk: %w; let the engine's user write the folder", err)
	}
	return fmt.Errorf("%w: another user made it, as a command does that is run as root; delete it, or give it to the engine's user with chown: it says nothing", err)
}

// Check returns an error where the file system writes nothing any more: what was flushed before
// may be lost then, whatever the flush returned. It costs some microseconds, because nothing waits
// for the disk: only a change of a file's size is begun. Times and bytes of a file do not serve,
// since ext4 ignores it when it cannot write the former, and writes the latter without the journal.
func (j *Journal) Check() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	next := j.size%largest + 1
	if err := j.file.Truncate(next); err != nil {
		return fmt.Errorf("the file system writes nothing any more, and may have lost what it reported as flushed: %w", err)
	}
	j.size = next
	return nil
}

// Close leaves the file for the next one. Closing again changes nothing.
func (j *Journal) Close() error {
	j.once.Do(func() { j.err = j.file.Close() })
	return j.err
}
