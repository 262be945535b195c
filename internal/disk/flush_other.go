//go:build !linux

package disk

import "os"

// Flush returns when the bytes of a file, and its size, are on the disk.
func Flush(f *os.File) error { return f.Sync() }
