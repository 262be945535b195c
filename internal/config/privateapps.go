package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

const privateAppsSetting = "SMOKEBALL_PRIVATE_APPS_FILE"

// privateEntry is one firm's own Smokeball app in the file of private apps.
type privateEntry struct {
	Firm             string `yaml:"firm"`
	ClientID         string `yaml:"client_id"`
	ClientSecret     string `yaml:"client_secret"`
	ClientSecretFile string `yaml:"client_secret_file"`
	APIKey           string `yaml:"api_key"`
	APIKeyFile       string `yaml:"api_key_file"`
	Rate             string `yaml:"rate"`
	Burst            string `yaml:"burst"`
}

// readPrivateApps reads the file of private apps. shared is the client id of the app that
// all other firms use. The error has a line for each fault, with the firm and the field and
// without secrets.
func readPrivateApps(path, shared string) ([]smokeball.PrivateApp, error) {
	if path == "" {
		return nil, nil
	}
	entries, err := privateEntries(path)
	if err != nil {
		return nil, fmt.Errorf("%s is %s: %w", privateAppsSetting, path, err)
	}
	var apps []smokeball.PrivateApp
	var faults []error
	seen := map[string]bool{"client_id" + shared: true}
	for i, e := range entries {
		about := fmt.Sprintf("%s is %s: firm %s", privateAppsSetting, path, e.Firm)
		if !domain.ValidID(e.Firm) {
			about = fmt.Sprintf("%s is %s: entry %d", privateAppsSetting, path, i+1)
		}
		fault := func(field, holds, needs string) {
			faults = append(faults, fmt.Errorf("%s: %s is %s; it needs %s", about, field, holds, needs))
		}
		apps = append(apps, e.app(fault))
		for field, value := range map[string]string{"firm": e.Firm, "client_id": e.ClientID} {
			if value != "" && seen[field+value] {
				fault(field, "used twice", "a value of its own: a private app belongs to one firm")
			}
			seen[field+value] = true
		}
	}
	return apps, errors.Join(faults...)
}

// privateEntries reads the list. It refuses a file that others than its owner may read.
func privateEntries(path string) ([]privateEntry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w; name a file that can be read", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("mode is %04o, others may read it; run: chmod 600 %s", mode, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parsePrivateApps(data)
}

// parsePrivateApps reads a YAML list. Its errors quote nothing of the data.
func parsePrivateApps(data []byte) ([]privateEntry, error) {
	var list []privateEntry
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		const needs = "a list of apps with firm, client_id, client_secret or client_secret_file, api_key or api_key_file, rate, burst"
		if lines := yamlLine.FindAllString(err.Error(), -1); len(lines) > 0 {
			return nil, fmt.Errorf("%s can't be read; it needs %s", strings.Join(lines, ", "), needs)
		}
		return nil, errors.New("it can't be read; it needs " + needs)
	}
	return list, nil
}

var yamlLine = regexp.MustCompile(`\bline [0-9]+`)

// app checks the entry and reads the files that it names.
func (e privateEntry) app(fault func(field, holds, needs string)) smokeball.PrivateApp {
	p := smokeball.PrivateApp{Firm: domain.FirmID(e.Firm), ClientID: e.ClientID, Rate: 5, Burst: 5}
	if !domain.ValidID(e.Firm) {
		fault("firm", quotedOrEmpty(e.Firm), "the firm's id in CaseHug")
	}
	if e.ClientID == "" {
		fault("client_id", "empty", "the client id that Smokeball gave the firm's app")
	}
	p.ClientSecret = secretOf("client_secret", e.ClientSecret, e.ClientSecretFile, fault)
	p.APIKey = secretOf("api_key", e.APIKey, e.APIKeyFile, fault)
	var err error
	if e.Rate != "" {
		if p.Rate, err = strconv.ParseFloat(e.Rate, 64); err != nil || !(p.Rate > 0 && p.Rate <= 1000) {
			fault("rate", strconv.Quote(e.Rate), "calls a second, more than 0 and at most 1000")
		}
	}
	if e.Burst != "" {
		if p.Burst, err = strconv.Atoi(e.Burst); err != nil || p.Burst < 1 {
			fault("burst", strconv.Quote(e.Burst), "a number of calls, at least 1")
		}
	}
	return p
}

func quotedOrEmpty(s string) string {
	if s == "" {
		return "empty"
	}
	return strconv.Quote(s)
}

// secretOf returns a secret, or the content of the file that is named instead.
func secretOf(field, value, path string, fault func(field, holds, needs string)) string {
	if path != "" && value != "" {
		fault(field, "[set], and so is "+field+"_file", "one of the two")
	}
	if path == "" {
		if value == "" {
			fault(field, "empty", "the value that Smokeball gave the firm's app, here or in the file that "+field+"_file names")
		}
		return value
	}
	data, err := os.ReadFile(path)
	value = strings.TrimSpace(string(data))
	if err != nil || value == "" {
		fault(field+"_file", path, "a file that can be read and holds the value")
	}
	return value
}
