package config

import (
	"os"
	"strings"
	"testing"
)

func TestPrivateAppsAreRead(t *testing.T) {
	path := write(t, "- {firm: f_1, client_id: a, client_secret: b, api_key: c, rate: 2.5, burst: 9}\n- {firm: f_2, client_id: d, client_secret: e, api_key_file: "+write(t, "k\n")+"}\n")
	apps, err := readPrivateApps(path, "shared")
	if err != nil || len(apps) != 2 {
		t.Fatalf("%d apps, %v", len(apps), err)
	}
	if a := apps[0]; a.Firm != "f_1" || a.ClientID != "a" || a.ClientSecret != "b" || a.APIKey != "c" || a.Rate != 2.5 || a.Burst != 9 {
		t.Errorf("the first is %v", a)
	}
	if a := apps[1]; a.Firm != "f_2" || a.APIKey != "k" || a.Rate != 5 || a.Burst != 5 {
		t.Errorf("the second is %v", a)
	}
}

func TestFaultsOfPrivateAppsNameFirmAndField(t *testing.T) {
	open := write(t, "[]")
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	const good = "client_id: a, client_secret: " + ownSecret + ", api_key: " + ownKey
	for name, c := range map[string]struct {
		path string
		want []string
	}{
		"absent":       {"/no/apps", []string{"no such file"}},
		"open":         {open, []string{"mode is 0644, others may read it; run: chmod 600"}},
		"no list":      {write(t, ownSecret), []string{"line 1", "a list of apps with firm"}},
		"unknown":      {write(t, "- {firm: f_1, "+good+", secret: "+ownSecret+"}"), []string{"line 1"}},
		"nested":       {write(t, "- firm: f_1\n  client_secret: ["+ownSecret+"]"), []string{"line 2"}},
		"broken":       {write(t, "- firm: f_1\n\tx"), []string{"can't be read"}},
		"no firm":      {write(t, "- {"+good+"}"), []string{"entry 1: firm is empty"}},
		"bad firm":     {write(t, "- {firm: a b, "+good+"}"), []string{`entry 1: firm is "a b"`}},
		"nothing else": {write(t, "- firm: f_1"), []string{"firm f_1: client_id is empty", "firm f_1: client_secret is empty", "firm f_1: api_key is empty", "client_secret_file names"}},
		"two secrets":  {write(t, "- {firm: f_1, client_id: a, client_secret: "+ownSecret+", client_secret_file: /x, api_key: k}"), []string{"firm f_1: client_secret is [set]", "one of the two", "client_secret_file is /x"}},
		"no such file": {write(t, "- {firm: f_1, client_id: a, client_secret: b, api_key_file: /no/key}"), []string{"firm f_1: api_key_file is /no/key; it needs a file"}},
		"rate":         {write(t, "- {firm: f_1, "+good+", rate: fast, burst: 0}"), []string{`firm f_1: rate is "fast"`, `firm f_1: burst is "0"`}},
		"same firm":    {write(t, "- {firm: f_1, "+good+"}\n- {firm: f_1, client_id: b, client_secret: x, api_key: y}"), []string{"firm f_1: firm is used twice"}},
		"same app":     {write(t, "- {firm: f_1, client_id: shared, client_secret: x, api_key: y}"), []string{"firm f_1: client_id is used twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readPrivateApps(c.path, "shared")
			if err == nil {
				t.Fatal("no fault")
			}
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "SMOKEBALL_PRIVATE_APPS_FILE is "+c.path+": ") {
					t.Errorf("the line is %q", line)
				}
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			for _, secret := range []string{ownSecret, ownKey} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q tells a secret", err)
				}
			}
		})
	}
}

func FuzzPrivateApps(f *testing.F) {
	f.Add([]byte("- {firm: f_1, client_id: a, client_secret: b, api_key: c, rate: 5, burst: 5}"))
	f.Add([]byte("- firm: f_1\n  rate: [1]\n"))
	f.Add([]byte("secret-4711"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := parsePrivateApps(append([]byte("x: secret-4711\n"), data...))
		if err != nil && strings.Contains(err.Error(), "secret-4711") {
			t.Fatalf("%q tells what the file holds", err)
		}
		_, _ = parsePrivateApps(data)
	})
}
