package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// keysCmd manages the keys that seal secrets.
type keysCmd struct {
	List   keysListCmd   `cmd:"" default:"withargs" help:"List the keys and how many secrets each has sealed (the default)."`
	Rotate keysRotateCmd `cmd:"" help:"Make a key that seals all new secrets; older keys still open what they sealed."`
	Rewrap keysRewrapCmd `cmd:"" help:"Seal with the newest key the secrets that older keys sealed."`
	Retire keysRetireCmd `cmd:"" help:"Remove a key from the master key file; refused while anything is sealed with it."`
	Forget keysForgetCmd `cmd:"" help:"Destroy the secrets that no key opens any more, if the master key file is lost for good. Their firms must connect again, and what waits in an encrypted bus is lost."`
}

// keysAt names the engine, and the settings with which its secrets are opened if it does not run.
type keysAt struct {
	where         `embed:""`
	MasterKeyFile string `name:"master-key-file" setting:"ENGINE_MASTER_KEY_FILE" help:"The master key file; by default in the data directory ($$ENGINE_MASTER_KEY_FILE)." placeholder:"FILE"`
	NATSURL       string `name:"nats-url" setting:"ENGINE_NATS_URL" help:"URLs of the NATS cluster, if any ($$ENGINE_NATS_URL)."`
	NATSCreds     string `name:"nats-creds" setting:"ENGINE_NATS_CREDS" help:"Credentials for the cluster ($$ENGINE_NATS_CREDS)." placeholder:"FILE"`
	NATSCA        string `name:"nats-ca" setting:"ENGINE_NATS_CA" help:"CA certificates for the cluster ($$ENGINE_NATS_CA)." placeholder:"FILE"`
	Replicas      int    `name:"replicas" setting:"ENGINE_REPLICAS" default:"1" help:"JetStream replicas; 3 on a cluster ($$ENGINE_REPLICAS)."`
}

type keysListCmd struct {
	keysAt `embed:""`
}

type keysRotateCmd struct {
	keysAt `embed:""`
}

type keysRewrapCmd struct {
	keysAt `embed:""`
}

type keysForgetCmd struct {
	keysAt `embed:""`
}

type keysRetireCmd struct {
	keysAt `embed:""`
	ID     string `arg:"" help:"The key's id, as keys list shows it."`
}

// Run prints the keys.
func (c *keysListCmd) Run(t *terminal) error {
	return c.with(t, func(k api.Keys) error {
		keys, err := k.SealingKeys(t.ctx)
		switch {
		case err != nil:
			return err
		case c.JSON:
			return printJSON(t.out, keys)
		}
		return printKeys(t, keys)
	})
}

// Run rotates.
func (c *keysRotateCmd) Run(t *terminal) error {
	return c.with(t, func(k api.Keys) error {
		id, err := k.RotateKey(t.ctx)
		return c.say(t, err, map[string]any{"id": id},
			"Key "+id+" seals from now on. Back up the master key file. “keys rewrap” seals older secrets with it.")
	})
}

// Run rewraps.
func (c *keysRewrapCmd) Run(t *terminal) error {
	return c.with(t, func(k api.Keys) error {
		n, err := k.RewrapSecrets(t.ctx)
		return c.say(t, err, map[string]any{"secrets": n}, "Sealed with the newest key: "+words.Plural(n, "secret")+".")
	})
}

// Run destroys the lost secrets. An engine does not start if it can't open its secrets, so a
// running one has none.
func (c *keysForgetCmd) Run(t *terminal) (err error) {
	if _, runs, err := runningEngine(t.ctx, c.DataDir); err != nil || runs {
		return errors.Join(err, errRuns)
	}
	keys, err := engine.OpenKeyringToForget(t.ctx, c.settings())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	n, err := keys.Forget(t.ctx)
	return c.say(t, err, map[string]any{"secrets": n}, "Destroyed, because no key opens them: "+words.Plural(n, "secret")+".")
}

var errRuns = errors.New("an engine runs on this data: it opens all of its secrets, and there is nothing to forget")

// Run retires a key.
func (c *keysRetireCmd) Run(t *terminal) error {
	return c.with(t, func(k api.Keys) error {
		return c.say(t, k.RetireKey(t.ctx, c.ID), map[string]any{"id": c.ID}, "Key "+c.ID+" is removed from the master key file.")
	})
}

// say prints the result, for people or for programs.
func (c *keysAt) say(t *terminal, err error, program map[string]any, people string) error {
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, program)
	}
	_, err = fmt.Fprintln(t.out, people)
	return err
}

func printKeys(t *terminal, keys []api.SealingKey) error {
	rows := columns{header: []string{"KEY", "SEALS NEW SECRETS", "SECRETS"}}
	for _, k := range keys {
		newest := "no"
		switch {
		case k.Primary:
			newest = "yes"
		case !k.Known:
			newest = "not in the master key file"
		}
		rows.row(k.ID, newest, strconv.Itoa(k.Secrets))
	}
	return rows.print(t.out, t.width)
}

// with calls f with the keys of the running engine, or else with those of its data.
func (c *keysAt) with(t *terminal, f func(api.Keys) error) (err error) {
	engine, runs, err := runningEngine(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	if runs {
		return f(remoteKeys{engine})
	}
	keys, err := c.open(t.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	return f(keys)
}

// open opens the keys of an engine that does not run.
func (c *keysAt) open(ctx context.Context) (*engine.Keyring, error) {
	return engine.OpenKeyring(ctx, c.settings())
}

func (c *keysAt) settings() config.Settings {
	return config.Settings{DataDir: c.DataDir, NATSURL: c.NATSURL, NATSCreds: c.NATSCreds, NATSCA: c.NATSCA,
		MasterKeyFile: c.MasterKeyFile, Parsed: config.Parsed{Replicas: c.Replicas}}
}

// remoteKeys are the keys of a running engine.
type remoteKeys struct{ client }

const keysPath = "/v1/operator/keys"

func (r remoteKeys) SealingKeys(ctx context.Context) ([]api.SealingKey, error) {
	var page struct {
		Items []api.SealingKey `json:"items"`
	}
	err := r.get(ctx, keysPath, &page)
	return page.Items, err
}

func (r remoteKeys) RotateKey(ctx context.Context) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	err := r.do(ctx, http.MethodPost, keysPath, &made)
	return made.ID, err
}

func (r remoteKeys) RewrapSecrets(ctx context.Context) (int, error) {
	var done struct {
		Secrets int `json:"secrets"`
	}
	err := r.do(ctx, http.MethodPost, keysPath+"/rewrap", &done)
	return done.Secrets, err
}

func (r remoteKeys) RetireKey(ctx context.Context, id string) error {
	return r.do(ctx, http.MethodDelete, keysPath+"/"+url.PathEscape(id), nil)
}
