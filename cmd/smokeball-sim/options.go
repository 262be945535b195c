package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// options are the flags. Each has an environment variable too: SIM_ and the flag's name
// in capitals, as in SIM_CLIENT_ID. A flag wins over the variable.
type options struct {
	Listen          string        `default:"127.0.0.1:8090" help:"Where to listen: host and port, port 0 for a free one."`
	URL             string        `help:"How others reach it, where that differs from --listen."`
	ClientID        string        `default:"sim-client" help:"The app's OAuth client id."`
	ClientSecret    string        `default:"sim-secret" help:"The app's OAuth client secret."`
	APIKey          string        `name:"api-key" default:"sim-key" help:"What x-api-key must carry."`
	RedirectURI     []string      `name:"redirect-uri" sep:"none" help:"A registered redirect URI, repeatable. None: any https or localhost one."`
	Account         []string      `sep:"none" placeholder:"ID=NAME" help:"A law firm, repeatable; in the environment separated by semicolons. None: one firm, Brown LLC."`
	PrivateApp      []string      `name:"private-app" sep:"none" placeholder:"ID:SECRET:KEY:ACCOUNT" help:"An app of one firm's own, with client credentials, repeatable; in the environment separated by semicolons."`
	Location        string        `default:"IL" help:"Where the firms are: IL, NY or NSW."`
	StateFile       string        `placeholder:"FILE" help:"Keep what the firms have in this file over restarts and kills; it holds tokens. None: keep nothing."`
	Seed            uint64        `default:"1" help:"Ids, delays and chances are drawn from it."`
	VisibleAfter    span          `default:"300ms..1.5s" help:"How long a write stays invisible: a duration or a range."`
	Rate            float64       `default:"5" help:"Calls a second for all firms together; below 0: no limit."`
	Burst           int           `default:"5" help:"Size of the token bucket."`
	AutoConsent     string        `help:"Id of the account that signs in without a consent page."`
	TypesChange     bool          `help:"Let PATCH give a matter another type. Default: it is refused, as Smokeball's guide says."`
	TokenLifetime   time.Duration `default:"1h" help:"How long an access token lives."`
	RefreshLifetime time.Duration `default:"720h" help:"How long a refresh token lives, from its issue."`
}

// errUsage marks what the caller got wrong on the command line.
var errUsage = errors.New("see smokeball-sim --help")

func exitCode(err error) int {
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// parse reads flags and environment. It reports whether help was asked for, and shown.
func parse(args []string, getenv func(string) string, stdout io.Writer) (o options, help bool, err error) {
	k, err := kong.New(&o,
		kong.Name("smokeball-sim"),
		kong.Description("A Smokeball of our own for development, demos and tests. "+
			"Each flag may also be set as an environment variable: SIM_ and its name, as in SIM_CLIENT_ID."),
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { help = true }),
		kong.Resolvers(environment(getenv)),
	)
	if err != nil {
		return o, false, fmt.Errorf("describe the flags: %w", err)
	}
	if _, err := k.Parse(args); err != nil && !help {
		return o, false, fmt.Errorf("%w; %w", err, errUsage)
	}
	return o, help, nil
}

// environment finds the value of a flag in its variable. Lists are separated by
// semicolons there.
func environment(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		v := getenv("SIM_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
		switch {
		case v == "":
			return nil, nil
		case f.IsSlice():
			return list(v), nil
		}
		return v, nil
	})
}

func list(text string) []any {
	var out []any
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// span is a range of time, written 300ms..1.5s or 1s.
type span smokeballsim.Delay

// UnmarshalText reads the range and refuses one that runs backwards.
func (s *span) UnmarshalText(text []byte) error {
	from, to, ranged := strings.Cut(string(text), "..")
	if !ranged {
		to = from
	}
	shortest, err := time.ParseDuration(from)
	if err != nil {
		return fmt.Errorf("%q is no range of time: write it as 300ms..1.5s", text)
	}
	longest, err := time.ParseDuration(to)
	if err != nil || shortest < 0 || longest < shortest {
		return fmt.Errorf("%q is no range of time: write it as 300ms..1.5s", text)
	}
	*s = span{Min: shortest, Max: max(longest, time.Nanosecond)}
	return nil
}

func (o options) config() (smokeballsim.Config, error) {
	accounts, err := o.accounts()
	apps, appsErr := o.privateApps(accounts)
	return smokeballsim.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret, APIKey: o.APIKey, RedirectURIs: o.RedirectURI,
		Accounts: accounts, AutoConsent: o.AutoConsent, URL: strings.TrimSuffix(o.URL, "/"), Seed: o.Seed,
		StateFile: o.StateFile, TypesChange: o.TypesChange,
		VisibleAfter: smokeballsim.Delay(o.VisibleAfter), Rate: o.Rate, Burst: o.Burst,
		AccessLifetime: o.TokenLifetime, RefreshLifetime: o.RefreshLifetime, PrivateApps: apps,
	}, errors.Join(err, appsErr)
}

// privateApps reads ID:SECRET:KEY:ACCOUNT. A fault names the app, not its secrets.
func (o options) privateApps(accounts []smokeballsim.Account) ([]smokeballsim.PrivateApp, error) {
	var out []smokeballsim.PrivateApp
	for i, text := range o.PrivateApp {
		part := strings.Split(text, ":")
		if len(part) != 4 || slices.Contains(part, "") {
			return nil, fmt.Errorf("--private-app number %d is not ID:SECRET:KEY:ACCOUNT; %w", i+1, errUsage)
		}
		if !slices.ContainsFunc(accounts, func(a smokeballsim.Account) bool { return a.ID == part[3] }) {
			return nil, fmt.Errorf("--private-app %s is of account %q: name one of the --account ids; %w", part[0], part[3], errUsage)
		}
		out = append(out, smokeballsim.PrivateApp{ClientID: part[0], ClientSecret: part[1], APIKey: part[2], Account: part[3]})
	}
	return out, nil
}

// accounts reads ID=NAME, where the name may be left out.
func (o options) accounts() ([]smokeballsim.Account, error) {
	var out []smokeballsim.Account
	for _, text := range o.Account {
		id, name, _ := strings.Cut(text, "=")
		if id = strings.TrimSpace(id); id == "" {
			return nil, fmt.Errorf("--account %q has no id: write ID=NAME; %w", text, errUsage)
		}
		out = append(out, smokeballsim.Account{ID: id, Name: strings.TrimSpace(name), Location: o.Location})
	}
	if len(out) == 0 {
		out = []smokeballsim.Account{{ID: "f4ff1eff-b7fe-4d46-8e46-01d985838d76", Name: "Brown LLC", Location: o.Location}}
	}
	return out, o.checkConsent(out)
}

func (o options) checkConsent(accounts []smokeballsim.Account) error {
	if o.AutoConsent == "" {
		return nil
	}
	for _, a := range accounts {
		if a.ID == o.AutoConsent {
			return nil
		}
	}
	return fmt.Errorf("--auto-consent %q is no account: name one of the --account ids; %w", o.AutoConsent, errUsage)
}
