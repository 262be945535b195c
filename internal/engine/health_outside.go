package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// largestAnswer is how much of an answer is read.
const largestAnswer = 1 << 20

// fetch reads JSON from an address.
func fetchJSON(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := outside.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, largestAnswer)).Decode(into); err != nil {
		return fmt.Errorf("%s answers something else: %w", address, err)
	}
	return nil
}

// signInOf checks CaseHug's key set. A demo vouches for its own users.
func signInOf(cfg config.Settings, vouched bool) look {
	return func(ctx context.Context) []doctor.Finding {
		if cfg.JWKSURL == "" {
			if vouched {
				return nil
			}
			return []doctor.Finding{warning("ENGINE_JWKS_URL", "it is empty", "nobody can sign in, and every API call is refused", "set it to the address of CaseHug's key set", "")}
		}
		var set struct {
			Keys []json.RawMessage `json:"keys"`
		}
		err := fetchJSON(ctx, cfg.JWKSURL, &set)
		if err == nil && len(set.Keys) == 0 {
			err = fmt.Errorf("%s has no keys", cfg.JWKSURL)
		}
		if err != nil {
			return []doctor.Finding{failed("ENGINE_JWKS_URL", err.Error(), "nobody can sign in once the keys in memory are too old", "make CaseHug's key set reachable from here", "curl -i "+shellWord(cfg.JWKSURL))}
		}
		return []doctor.Finding{fine(words.Plural(len(set.Keys), "key"))}
	}
}

// smokeballOf asks Smokeball's hosts what costs nothing of the allowance.
func smokeballOf(c *smokeball.Client) look {
	return func(ctx context.Context) (list []doctor.Finding) {
		fault := func(subject string, err error) {
			if err != nil {
				message, remedy := wording.Error(err)
				list = append(list, failed(subject, message, "no firm can sync", remedy, ""))
			}
		}
		fault("", c.TryHost(ctx))
		if len(list) == 0 {
			fault("", c.OAuth().TryCredentials(ctx))
		}
		if len(list) > 0 {
			return list
		}
		for f, err := range c.TryOwn(ctx) {
			fault(string(f), err)
		}
		return list
	}
}

// publicURLOf asks the engine at its public address.
func publicURLOf(cfg config.Settings) look {
	return func(ctx context.Context) []doctor.Finding {
		var body struct {
			Status string `json:"status"`
		}
		err := fetchJSON(ctx, cfg.PublicURL+"/healthz", &body)
		if err == nil && body.Status != "ok" {
			err = fmt.Errorf("%s is not this engine", cfg.PublicURL)
		}
		if err != nil {
			return []doctor.Finding{failed("ENGINE_PUBLIC_URL", err.Error(), "webhooks do not arrive, and browsers do not come back from Smokeball's sign-in",
				"let the proxy pass "+cfg.PublicURL+" to "+cfg.Listen, "curl -i "+shellWord(cfg.PublicURL+"/healthz"))}
		}
		if isLoopback(cfg.PublicURL) && !isLoopback(cfg.Parsed.Hosts.API) {
			return []doctor.Finding{warning("ENGINE_PUBLIC_URL", "it leads to this machine only", "Smokeball can't reach the engine: changes there are seen by sweeps, minutes later",
				"set it to an https address that Smokeball reaches", "")}
		}
		return []doctor.Finding{fine("/healthz answers there")}
	}
}

func isLoopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && config.IsLoopback(u.Hostname())
}

// allowanceOf looks at the shared rate limit.
func allowanceOf(c *smokeball.Client) look {
	return func(context.Context) []doctor.Finding {
		a := c.Allowance("")
		found := fmt.Sprintf("%s in the last minute of %.0f; waiting: %d", words.Plural(a.UsedLastMinute, "call"), a.PerSecond*time.Minute.Seconds(), a.Waiting)
		if a.PausedFor > 0 {
			return []doctor.Finding{warning("", found+"; Smokeball asked for a pause", "syncs take longer; nothing is lost", "wait "+a.PausedFor.Truncate(time.Second).String(), "")}
		}
		return []doctor.Finding{fine(found)}
	}
}
