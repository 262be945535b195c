package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// keysCmd looks after the keys that seal secrets.
type keysCmd struct {
	List   keysListCmd   `cmd:"" help:"List the keys and how many secrets each has sealed."`
	Rotate keysRotateCmd `cmd:"" help:"Make a key that seals what is sealed from now on; older ones still open what they sealed."`
	Rewrap keysRewrapCmd `cmd:"" help:"Seal with the newest key what older ones sealed."`
	Retire keysRetireCmd `cmd:"" help:"Remove a key from the master key file; refused while anything is sealed with it."`
	Forget keysForgetCmd `cmd:"" help:"Destroy the secrets that no key opens any more, where the master key file is lost for good: their firms connect again."`
}

// keysAt names the keys' engine, and what opens its secrets where it does not run.
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
		return printKeys(t.out, keys)
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
		return c.say(t, err, map[string]any{"secrets": n}, fmt.Sprintf("%d secrets were sealed with the newest key.", n))
	})
}

// Run forgets. No engine runs beside secrets that it can't open.
func (c *keysForgetCmd) Run(t *terminal) (err error) {
	if _, runs, err := runningEngine(t.ctx, c.DataDir); err != nil || runs {
		return errors.Join(err, errRuns)
	}
	keys, err := c.open(t.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	n, err := keys.Forget(t.ctx)
	return c.say(t, err, map[string]any{"secrets": n}, fmt.Sprintf("%d secrets that no key opens were destroyed.", n))
}

var errRuns = errors.New("an engine runs on this data: it opens all of its secrets, and there is nothing to forget")

// Run retires a key.
func (c *keysRetireCmd) Run(t *terminal) error {
	return c.with(t, func(k api.Keys) error {
		return c.say(t, k.RetireKey(t.ctx, c.ID), map[string]any{"id": c.ID}, "Key "+c.ID+" is removed from the master key file.")
	})
}

// say prints what was done, for people or for programs.
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

func printKeys(w io.Writer, keys []api.SealingKey) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tSEALS NEW SECRETS\tSECRETS")
	for _, k := range keys {
		newest := "no"
		switch {
		case k.Primary:
			newest = "yes"
		case !k.Known:
			newest = "not in the master key file"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\n", k.ID, newest, k.Secrets)
	}
	return table.Flush()
}

// with lets f use the keys: those of the running engine, else those of its data.
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
	return engine.OpenKeyring(ctx, config.Settings{DataDir: c.DataDir, NATSURL: c.NATSURL, NATSCreds: c.NATSCreds, NATSCA: c.NATSCA,
		MasterKeyFile: c.MasterKeyFile, Parsed: config.Parsed{Replicas: c.Replicas}})
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
