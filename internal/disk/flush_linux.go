package disk

import (
	"os"
	"syscall"
)

// Flush returns when the bytes of a file, and its size, are on the disk. Unlike os.File's Sync it does not
// wait for the times of the file, which would have the whole file system's journal written each time.
func Flush(f *os.File) error {
	if err := syscall.Fdatasync(int(f.Fd())); err != nil {
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	return nil
}
