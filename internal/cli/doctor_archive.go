package cli

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
)

// archive is what gather writes: ids, codes, counts and sizes. Names of people and firms, values
// of secrets, and what matters contain are not read for it.
type archive struct {
	Report   doctor.Report
	Settings []config.MaskedSetting
	Firms    []firmState
	Files    []fileState
	Metrics  []byte
	Secrets  []string // values that must not be in it, wherever they come from
}

// firmState is what the archive keeps of a firm's connection.
type firmState struct {
	Firm     string `json:"firm_id"`
	Status   string `json:"status"`
	Webhooks struct {
		Status   string `json:"status"`
		Received int    `json:"received"`
		Missed   *int   `json:"missed"`
	} `json:"webhooks"`
	LastError *struct {
		Code string `json:"code"`
	} `json:"last_error"`
	Queue struct {
		Waiting int `json:"waiting"`
		Running int `json:"running"`
		Stalled int `json:"stalled"`
	} `json:"queue"`
	Position uint64 `json:"position"`
}

// fileState is a file of the data directory, without its content.
type fileState struct {
	Path  string `json:"path"`
	Mode  string `json:"mode"`
	Bytes int64  `json:"bytes"`
}

// mostFiles is how many files are listed.
const mostFiles = 10_000

func filesIn(dir string) (list []fileState) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // what can't be read is in the findings
		if err != nil || len(list) == mostFiles {
			return nil
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			list = append(list, fileState{name, info.Mode().String(), info.Size()})
		}
		return nil
	})
	return list
}

const reportFile = "report.json"

// write makes the file, which only its owner may read.
func (a archive) write(file string) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return &failure{Code: codeFailed, Message: fmt.Sprintf("the archive can't be made: %v", err), Remedy: "Name a file that does not exist yet."}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	for _, part := range []struct {
		name string
		what any
	}{
		{reportFile, a.Report}, {"settings.json", a.Settings}, {"firms.json", a.Firms}, {"files.json", a.Files},
		{"system.json", map[string]string{"go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "cpus": fmt.Sprint(runtime.NumCPU())}},
	} {
		text, err := json.MarshalIndent(part.what, "", "  ")
		if err == nil {
			err = a.put(z, part.name, text)
		}
		if err != nil {
			return err
		}
	}
	if err := a.put(z, "metrics.txt", a.Metrics); err != nil {
		return err
	}
	return z.Close()
}

// address is an e-mail address.
var address = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)

// put writes one part, without secrets and e-mail addresses, should any have come in with the
// message of a fault.
func (a archive) put(z *zip.Writer, name string, text []byte) error {
	clean := address.ReplaceAllString(string(text), "[address]")
	for _, s := range a.Secrets {
		clean = strings.ReplaceAll(clean, s, "[secret]")
	}
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, clean)
	return err
}

// readArchive reads the report of an archive.
func readArchive(file string) (r doctor.Report, err error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return r, notAnArchive(file, err)
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	part, err := z.Open(reportFile)
	if err != nil {
		return r, notAnArchive(file, err)
	}
	defer part.Close()
	if err := json.NewDecoder(io.LimitReader(part, 64<<20)).Decode(&r); err != nil {
		return r, notAnArchive(file, err)
	}
	return r, nil
}

func notAnArchive(file string, err error) error {
	return &failure{Code: codeFailed, Message: fmt.Sprintf("%s can't be read as an archive of doctor: %v", file, err), Remedy: "Name a file that smokeball-sync doctor gather wrote."}
}
