//go:build linux || darwin

package doctor

import "syscall"

// Free is the space that this user may still fill on a folder's disk, in bytes.
func Free(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
