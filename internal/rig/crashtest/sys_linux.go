package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unsafe"
)

func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// The kernel's numbers of what package syscall leaves out.
const (
	shutDown        = 0x8004587d // FS_IOC_SHUTDOWN
	withoutFlush    = 2          // … leave out even the journal
	noNewPrivileges = 38         // PR_SET_NO_NEW_PRIVS
	seccompFilter   = 2          // SECCOMP_MODE_FILTER
	doNothing       = 0x00050000 // SECCOMP_RET_ERRNO, error 0: it seems to have succeeded
	doIt            = 0x7fff0000 // SECCOMP_RET_ALLOW
	clockMonotonic  = 1          // CLOCK_MONOTONIC
)

// cutOff ends all writing to the file system at dir, as a power cut does: what is not on
// the disk by now never will be.
func cutOff(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	flags := uint32(withoutFlush)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutDown, uintptr(unsafe.Pointer(&flags))); errno != 0 {
		return fmt.Errorf("shut the file system %s down: %w", dir, errno)
	}
	return nil
}

// fill takes all space that is left on the file system at dir, and gives it back when free
// is called.
func fill(dir string) (free func() error, err error) {
	f, err := os.CreateTemp(dir, "ballast-*")
	if err != nil {
		return nil, err
	}
	free = func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	at := int64(0)
	for size := int64(1 << 28); size > 0; {
		switch err := syscall.Fallocate(int(f.Fd()), 0, at, size); {
		case err == nil:
			at += size
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case !errors.Is(err, syscall.EINTR):
			return nil, errors.Join(err, free())
		}
	}
	return free, nil
}

// monotonic is the time since the machine started, in nanoseconds: the same clock for all
// processes, which nobody sets.
func monotonic() int64 {
	var t syscall.Timespec
	_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0) // fails for an unknown clock only
	return t.Nano()
}

func stop(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }

// frozen reports whether every thread of a stopped process is stopped, or in a call to the
// kernel that it will be stopped at the end of.
func frozen(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	return err == nil && !slices.ContainsFunc(threads, func(path string) bool {
		stat, err := os.ReadFile(path)
		_, after, found := strings.Cut(string(stat), ") ") // the command's name before it is ours
		return err == nil && found && !strings.ContainsAny(after[:1], "TtDZX")
	})
}

// runUnsynced becomes the program args[0], for which fsync and its like seem to succeed
// and do nothing. It returns only where that fails.
func runUnsynced(args []string) error {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	runtime.LockOSThread() // the filter is this thread's, and exec leaves no other
	filter := []syscall.SockFilter{{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS}}
	for _, call := range []uint32{syscall.SYS_FSYNC, syscall.SYS_FDATASYNC, syscall.SYS_MSYNC, syscall.SYS_SYNC_FILE_RANGE} {
		filter = append(filter, syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: call},
			syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: doNothing})
	}
	filter = append(filter, syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: doIt})
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, noNewPrivileges, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("give up new privileges: %w", errno)
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_SECCOMP, seccompFilter, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return fmt.Errorf("filter calls to the kernel: %w", errno)
	}
	return syscall.Exec(path, args, os.Environ())
}
