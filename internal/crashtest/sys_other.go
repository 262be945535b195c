//go:build !linux

package main

import (
	"errors"
	"syscall"
)

var errLinuxOnly = errors.New("power cuts need Linux")

func dieWithParent() *syscall.SysProcAttr { return nil }

func cutOff(string) error { return errLinuxOnly }

func runUnsynced([]string) error { return errLinuxOnly }
