//go:build !linux

package main

import (
	"errors"
	"syscall"
)

var errLinuxOnly = errors.New("power cuts need Linux")

func dieWithParent() *syscall.SysProcAttr { return nil }

func cutOff(string) error { return errLinuxOnly }

func fill(string) (func() error, error) { return nil, errLinuxOnly }

func stop(int) error { return errLinuxOnly }

func frozen(int) bool { return false }

func runUnsynced([]string) error { return errLinuxOnly }
