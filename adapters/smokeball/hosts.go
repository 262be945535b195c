package smokeball

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Hosts are the two base URLs of one Smokeball region and environment, without a
// slash at the end.
type Hosts struct {
	API  string // such as https://api.smokeball.com
	Auth string // such as https://auth.smokeball.com
}

// place is one region and environment of Smokeball.
type place struct{ region, environment string }

func (p place) String() string { return p.region + " " + p.environment }

// HostsFor chooses the hosts of a region (us, au, uk; empty: us) and an environment
// (production, staging; empty: production). apiURL and authURL, where not empty,
// override them. The error names every setting that is wrong, what it holds and what
// it needs; hosts of two different Smokeball places are refused.
func HostsFor(region, environment, apiURL, authURL string) (Hosts, error) {
	h, err := hostsOf(place{cmp.Or(region, "us"), cmp.Or(environment, "production")})
	var apiErr, authErr error
	if apiURL != "" {
		h.API, apiErr = baseURL("SMOKEBALL_API_URL", apiURL)
	}
	if authURL != "" {
		h.Auth, authErr = baseURL("SMOKEBALL_AUTH_URL", authURL)
	}
	if err := errors.Join(err, apiErr, authErr); err != nil {
		return Hosts{}, err
	}
	if err := h.unmixed(); err != nil {
		return Hosts{}, err
	}
	return h, nil
}

func hostsOf(p place) (Hosts, error) {
	ending, regionErr := endingOf(p.region)
	api, auth, environmentErr := prefixesOf(p.environment)
	if err := errors.Join(regionErr, environmentErr); err != nil {
		return Hosts{}, err
	}
	return Hosts{
		API:  "https://" + api + ".smokeball" + ending,
		Auth: "https://" + auth + ".smokeball" + ending,
	}, nil
}

func endingOf(region string) (string, error) {
	switch region {
	case "us":
		return ".com", nil
	case "au":
		return ".com.au", nil
	case "uk":
		return ".co.uk", nil
	}
	return "", fmt.Errorf("SMOKEBALL_REGION holds %q: it needs us, au or uk", region)
}

func prefixesOf(environment string) (api, auth string, err error) {
	switch environment {
	case "production":
		return "api", "auth", nil
	case "staging":
		return "stagingapi", "datastaging-auth", nil
	}
	return "", "", fmt.Errorf("SMOKEBALL_ENVIRONMENT holds %q: it needs production or staging", environment)
}

// places are all that Smokeball runs.
func places() []place {
	var all []place
	for _, region := range []string{"us", "au", "uk"} {
		for _, environment := range []string{"production", "staging"} {
			all = append(all, place{region, environment})
		}
	}
	return all
}

// baseURL checks an override and brings it into the form of Hosts.
func baseURL(name, value string) (string, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "", fmt.Errorf("%s holds %q: it needs the URL of a host, such as https://api.smokeball.com", name, shown(value))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%s holds %q: it needs a host and a path only, without user, query and fragment", name, shown(value))
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// shown is a URL as errors may show it: what may be a password or a key is left out.
func shown(value string) string {
	value, _, _ = strings.Cut(value, "?")
	if before, after, found := strings.Cut(value, "@"); found {
		scheme, _, _ := strings.Cut(before, "//")
		return scheme + "//[set]@" + after
	}
	return value
}

// unmixed refuses an API and a sign-in host of two different Smokeball places. Hosts
// that are not Smokeball's (a simulator, a proxy) go with any.
func (h Hosts) unmixed() error {
	api, apiKnown := placeOf(h.API, func(h Hosts) string { return h.API })
	auth, authKnown := placeOf(h.Auth, func(h Hosts) string { return h.Auth })
	if !apiKnown || !authKnown || api == auth {
		return nil
	}
	return fmt.Errorf("the API host %s belongs to Smokeball's %s, the sign-in host %s to %s: "+
		"set SMOKEBALL_REGION, SMOKEBALL_ENVIRONMENT, SMOKEBALL_API_URL and SMOKEBALL_AUTH_URL to one place",
		h.API, api, h.Auth, auth)
}

func placeOf(base string, part func(Hosts) string) (place, bool) {
	for _, p := range places() {
		h, err := hostsOf(p)
		if err == nil && hostname(part(h)) == hostname(base) {
			return p, true
		}
	}
	return place{}, false
}

func hostname(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}
