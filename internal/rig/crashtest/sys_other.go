//go:build !linux

package main

import (
	"errors"
	"syscall"
	"time"
)

var errLinuxOnly = errors.New("power cuts need Linux")

func dieWithParent() *syscall.SysProcAttr { return nil }

func cutOff(string) error { return errLinuxOnly }

func fill(string) (func() error, error) { return nil, errLinuxOnly }

// monotonic is the machine's clock, in nanoseconds. It must not be set while a campaign runs.
func monotonic() int64 { return time.Now().UnixNano() }

func stop(int) error { return errLinuxOnly }

func frozen(int) bool { return false }

func runUnsynced([]string) error { return errLinuxOnly }
