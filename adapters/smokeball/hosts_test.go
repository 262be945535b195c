package smokeball_test

import (
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
)

func TestHostsOfEveryPlace(t *testing.T) {
	for _, tc := range []struct{ region, environment, api, auth string }{
		{"", "", "https://api.smokeball.com", "https://auth.smokeball.com"},
		{"us", "production", "https://api.smokeball.com", "https://auth.smokeball.com"},
		{"au", "production", "https://api.smokeball.com.au", "https://auth.smokeball.com.au"},
		{"uk", "production", "https://api.smokeball.co.uk", "https://auth.smokeball.co.uk"},
		{"us", "staging", "https://stagingapi.smokeball.com", "https://datastaging-auth.smokeball.com"},
		{"au", "staging", "https://stagingapi.smokeball.com.au", "https://datastaging-auth.smokeball.com.au"},
		{"uk", "staging", "https://stagingapi.smokeball.co.uk", "https://datastaging-auth.smokeball.co.uk"},
	} {
		h, err := smokeball.HostsFor(tc.region, tc.environment, "", "")
		must(t, err)
		if h.API != tc.api || h.Auth != tc.auth {
			t.Errorf("%s %s: got %v", tc.region, tc.environment, h)
		}
	}
}

func TestHostsOverrides(t *testing.T) {
	for name, tc := range map[string]struct {
		region, environment, api, auth string
		wrong                          string // part of the error; "": none
	}{
		"simulator":           {"us", "", "http://127.0.0.1:9000/", "http://127.0.0.1:9000", ""},
		"proxy for one":       {"us", "", "https://proxy.example/smokeball", "", ""},
		"both of one place":   {"us", "", "https://api.smokeball.com.au", "https://auth.smokeball.com.au", ""},
		"two regions":         {"us", "", "https://api.smokeball.com.au", "", "au production"},
		"two environments":    {"us", "staging", "", "https://AUTH.smokeball.com:443", "us production"},
		"unknown region":      {"eu", "", "", "", `SMOKEBALL_REGION holds "eu"`},
		"unknown environment": {"us", "test", "", "", `SMOKEBALL_ENVIRONMENT holds "test"`},
		"not a URL":           {"us", "", "api.smokeball.com", "", "SMOKEBALL_API_URL holds"},
		"with a query":        {"us", "", "", "https://auth.smokeball.com?x=1", "SMOKEBALL_AUTH_URL holds"},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := smokeball.HostsFor(tc.region, tc.environment, tc.api, tc.auth)
			if tc.wrong == "" {
				must(t, err)
				if strings.HasSuffix(h.API, "/") {
					t.Errorf("the API host ends in a slash: %s", h.API)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.wrong) {
				t.Errorf("got %v, want an error with %q", err, tc.wrong)
			}
		})
	}
}

func TestHostsReportsEveryFaultAndNoSecret(t *testing.T) {
	_, err := smokeball.HostsFor("eu", "test", "https://me:hunter2@x.example", "ftp://x")
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"SMOKEBALL_REGION", "SMOKEBALL_ENVIRONMENT", "SMOKEBALL_API_URL", "SMOKEBALL_AUTH_URL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%q shows a password", err)
	}
}

func TestScopesAreTheOnesShown(t *testing.T) {
	want := "matters/read matters/write contacts/read contacts/write documents/read documents/write " +
		"mattertypes/read tasks/read events/read staff/read firm/read webhooks/read webhooks/write"
	if got := strings.Join(smokeball.ScopeNames(), " "); got != want {
		t.Errorf("got %s", got)
	}
	for _, p := range smokeball.Permissions() {
		if p.Name == "" || p.Why == "" {
			t.Errorf("%s lacks its name or its reason", p.Resource)
		}
	}
}
