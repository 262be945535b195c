package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// disk is an ext4 file system in a file, mounted through a loop device.
type disk struct{ image, dir string }

// newDisk makes and mounts a disk. It needs root and loop devices.
func newDisk(ctx context.Context, scratch string) (*disk, error) {
	at, err := os.MkdirTemp(scratch, "disk-")
	if err != nil {
		return nil, err
	}
	d := &disk{filepath.Join(at, "image"), filepath.Join(at, "mounted")}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		return nil, err
	}
	if err := errors.Join(os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, 1<<30)); err != nil {
		return nil, err
	}
	if err := command(ctx, "mkfs.ext4", "-q", "-F", d.image); err != nil {
		return nil, err
	}
	return d, d.mount(ctx)
}

// noDisks returns why there can be no disks here; nil: there can be.
func (t *trial) noDisks(ctx context.Context) error {
	probe, err := newDisk(ctx, t.dir)
	if err != nil {
		return err
	}
	return probe.remove()
}

// skip says that a campaign cannot be run here.
func (r *row) skip(what string, why error) {
	r.planned, r.uncounted = 0, true
	r.note("SKIPPED: %s need root, loop devices and e2fsprogs: %v", what, why)
}

func (d *disk) mount(ctx context.Context) error {
	return command(ctx, "mount", "-o", "loop", d.image, d.dir)
}

// replug mounts the disk again, as after a power cut: its journal is played back and the
// file system checked.
func (d *disk) replug(ctx context.Context) error {
	if err := d.unmount(ctx); err != nil {
		return err
	}
	if err := d.check(ctx); err != nil {
		return err
	}
	return d.mount(ctx)
}

// check lets e2fsck play the journal back and repair what it may; where it asks somebody to
// decide, as it does of files that were open without a name when the disk failed, it is told yes.
func (d *disk) check(ctx context.Context) error {
	err := d.fsck(ctx, "-p")
	if err != nil {
		err = d.fsck(ctx, "-y")
	}
	return err
}

// fsck runs e2fsck; 1 means that it has repaired something.
func (d *disk) fsck(ctx context.Context, how string) error {
	err := command(ctx, "e2fsck", how, d.image)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil
	}
	return err
}

// unmount waits until the dead engine has let go of the disk.
func (d *disk) unmount(ctx context.Context) error {
	var last error
	err := until(ctx, timeout/4, "unmount "+d.dir, func(ctx context.Context) bool {
		last = command(ctx, "umount", d.dir)
		return last == nil
	})
	if err != nil {
		return errors.Join(err, last)
	}
	return nil
}

// remove unmounts the disk, whatever happened to it, and deletes it; nil: there is none.
func (d *disk) remove() error {
	if d == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(d.unmount(ctx), os.RemoveAll(filepath.Dir(d.image)))
}

func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}

// device is the name of the loop device that holds the disk.
func (d *disk) device(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "findmnt", "-n", "-o", "SOURCE", d.dir).Output()
	if err != nil {
		return "", fmt.Errorf("find the device of %s: %w", d.dir, err)
	}
	return filepath.Base(strings.TrimSpace(string(out))), nil
}
