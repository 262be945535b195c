package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
)

// look is how a check looks.
type look = func(context.Context) []doctor.Finding

// filesOf checks who may read and write what settings name.
func filesOf(cfg config.Settings) look {
	return func(context.Context) (list []doctor.Finding) {
		for _, path := range unwritable(cfg.DataDir) {
			list = append(list, failed(path, "the engine's user can't write it", "the engine does not start, or stops taking events in",
				"let the engine's user write it", "chmod -R u+rwX "+shellWord(cfg.DataDir)))
		}
		for _, path := range others(cfg.DataDir) {
			list = append(list, failed(path, "it belongs to another user than the ledger, as what a command makes that is run as root", "the engine does not start",
				"give it to the engine's user, and run commands as that user", "chown --reference="+shellWord(ledgerIn(cfg.DataDir))+" "+shellWord(path)))
		}
		for _, f := range cfg.LooseFiles() {
			list = append(list, warning(f.Path, fmt.Sprintf("others may read it (%s, mode %04o)", f.Setting, f.Mode), "other users of this machine may read secrets or personal data",
				"remove their permissions", "chmod go= "+shellWord(f.Path)))
		}
		return list
	}
}

// unwritable are the data directory and the files in it that this user may not write.
func unwritable(dir string) (list []string) {
	if info, err := os.Stat(dir); err == nil && !mayWrite(info) {
		return []string{dir}
	}
	for _, name := range []string{"ledger.db", "ledger.mark", "views.db", "nats", "spool", "master-key.json"} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !mayWrite(info) {
			list = append(list, path)
		}
	}
	return list
}

// others are the files in the data directory that belong to another user than the ledger does and that
// nobody else may write.
func others(dir string) (list []string) {
	ledger, err := os.Stat(ledgerIn(dir))
	if err != nil {
		return nil
	}
	for _, pattern := range []string{"ledger.*", "data-keys*", "local-keys*", "views.db", "nats", "nats/*.flush", "spool", "master-key.json", erasuresFile} {
		paths, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is a good one
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil && owner(info) != owner(ledger) && info.Mode().Perm()&0o022 == 0 {
				list = append(list, path)
			}
		}
	}
	return list
}

// ledgerIn is the file of the data directory that the engine's user has made: the ledger, or on a cluster its mark.
func ledgerIn(dir string) string {
	if _, err := os.Stat(ledgerPath(dir)); err == nil {
		return ledgerPath(dir)
	}
	return filepath.Join(dir, "ledger.mark")
}

// mayWrite reports whether the owner may. Asking the kernel would answer for root, who may all.
func mayWrite(info fs.FileInfo) bool { return info.Mode().Perm()&0o200 != 0 }

// Free space below which doctor warns and fails, in bytes.
const (
	lowRoom   = 1 << 30
	leastRoom = 256 << 20
)

// diskOf checks the free space of a folder's disk.
func diskOf(dir string) look {
	return func(context.Context) []doctor.Finding { return roomIn(dir, doctor.Free) }
}

func roomIn(dir string, free func(string) (uint64, error)) []doctor.Finding {
	n, err := free(dir)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrNotExist) {
		return []doctor.Finding{{Severity: doctor.Skipped, Found: "the free space is not known here"}}
	}
	if err != nil {
		return []doctor.Finding{failed(dir, "its disk can't be asked: "+err.Error(), "", "check that the disk is mounted", "df -h "+shellWord(dir))}
	}
	found := fmt.Sprintf("%d MiB are free", n>>20)
	means, do := "on a full disk no events are taken in; none is lost", "free space, or enlarge the disk"
	switch {
	case n < leastRoom:
		return []doctor.Finding{failed(dir, found, means, do, "df -h "+shellWord(dir))}
	case n < lowRoom:
		return []doctor.Finding{warning(dir, found, means, do, "df -h "+shellWord(dir))}
	}
	return []doctor.Finding{fine(found)}
}

// How far this machine's time may be from Smokeball's.
const (
	clockWarns = 30 * time.Second
	clockFails = 2 * time.Minute
)

// outsideWithin is how long a check waits for another machine.
const outsideWithin = 5 * time.Second

// outside asks other machines, and does not follow where they lead.
var outside = &http.Client{Timeout: outsideWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// clockOf compares this machine's time with that of Smokeball's answers. Whether Smokeball
// answers is another check.
func clockOf(cfg config.Settings, now func() time.Time) look {
	return func(ctx context.Context) []doctor.Finding {
		date, ok := timeAt(ctx, cfg.Parsed.Hosts.API+"/")
		if !ok {
			return []doctor.Finding{{Severity: doctor.Skipped, Found: "Smokeball’s time is not known", Because: []doctor.Code{doctor.Smokeball}}}
		}
		off := now().Sub(date).Abs().Truncate(time.Second)
		found, means := fmt.Sprintf("%s apart from Smokeball’s", off), "tokens look expired or not yet valid, and times in the history are wrong"
		do, command := "have this machine's clock set by NTP", "timedatectl set-ntp true"
		switch {
		case off > clockFails:
			return []doctor.Finding{failed("", found, means, do, command)}
		case off > clockWarns:
			return []doctor.Finding{warning("", found, means, do, command)}
		}
		return []doctor.Finding{fine(found)}
	}
}

// timeAt is the time that a host's answer names.
func timeAt(ctx context.Context, url string) (time.Time, bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return time.Time{}, false
	}
	resp, err := outside.Do(req)
	if err != nil {
		return time.Time{}, false
	}
	defer resp.Body.Close()
	date, err := http.ParseTime(resp.Header.Get("Date"))
	return date, err == nil
}

// shellWord quotes a word for a shell where it has to be.
func shellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-:") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
