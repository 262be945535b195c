//go:build unix

package engine

import (
	"io/fs"
	"syscall"
)

// owner is the number of the user to whom a file belongs.
func owner(info fs.FileInfo) uint32 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Uid
	}
	return 0
}
