package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/backup"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Copied is a ledger that was copied with all that belongs to it, and compared.
type Copied struct {
	Statement eventstore.SealedLedger
	Ledger    eventstore.Verified
	Proof     eventstore.Proof
	Messages  map[string]uint64 // of each stream of the bus
}

// copyLog says nothing: a command prints what came of it.
func copyLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// clusterOf is the cluster of the settings.
func clusterOf(cfg config.Settings) bus.Config {
	return bus.Config{URL: cfg.NATSURL, Creds: cfg.NATSCreds, CA: cfg.NATSCA, Logger: copyLog()}
}

// CopyToCluster copies what an engine that does not run keeps in its data directory to the NATS cluster
// of the settings, which must have none of an engine's streams. If it is broken off, no engine starts on
// the cluster, and it goes on when it is called again.
func CopyToCluster(ctx context.Context, cfg config.Settings, replicas int) (c Copied, err error) {
	cluster := clusterOf(cfg)
	cfg.NATSURL = ""
	e, err := openQuiet(ctx, cfg)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	key, err := vault.Open(e.cfg.MasterKeyFile)
	if err != nil {
		return c, err
	}
	erased, err := finishedErasures(ctx, e.store.bolt)
	if err != nil {
		return c, err
	}
	b, err := bus.Look(cluster)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, messaging{bus: b}.close()) }()
	if err := claimCluster(ctx, b, replicas); err != nil {
		return c, err
	}
	from, to := bus.SnapshotsOf(e.msg.bus), bus.SnapshotsOf(b).WithReplicas(replicas)
	if err := copyStreams(ctx, from, to, cfg.DataDir); err != nil {
		return c, err
	}
	keys, err := sealing.OpenShared(ctx, b.JetStream(), key, replicas)
	if err != nil {
		return c, err
	}
	err = c.fillCluster(ctx, e.store.bolt, &sealing.Sealer{Keys: keys.Keys}, key, b, ends{from, to})
	if err == nil {
		err = keys.Destroy(erased...)
	}
	if err = errors.Join(err, keys.Close()); err != nil {
		return c, err
	}
	return c, eventstore.FinishCopy(ctx, b.JetStream())
}

// fillCluster copies the ledger into the cluster's and compares everything.
func (c *Copied) fillCluster(ctx context.Context, from *eventstore.Bolt, seals eventstore.Sealer, key *vault.Vault, b *bus.Bus, of ends) (err error) {
	if c.Statement, err = eventstore.CopyToJetStream(ctx, from, b.JetStream(), seals, key, time.Now()); err != nil {
		return err
	}
	copied, err := eventstore.OpenJetStreamReadOnly(ctx, b.JetStream(), seals)
	if err != nil {
		return err
	}
	return c.compare(ctx, ledgers{from, copied}, key, of)
}

// claimCluster begins a copy on a cluster that has no engine's streams, or goes on with one.
func claimCluster(ctx context.Context, b *bus.Bus, replicas int) error {
	begun, err := eventstore.IsCopying(ctx, b.JetStream())
	if err != nil || begun {
		return err
	}
	there, err := bus.SnapshotsOf(b).Present(ctx)
	if err != nil {
		return err
	}
	if _, err := b.JetStream().Stream(ctx, sealing.KeyStream); err == nil {
		there = append(there, sealing.KeyStream)
	}
	if len(there) > 0 {
		return fmt.Errorf("the cluster has %s already: copy to one on which no engine has run; %w", strings.Join(there, ", "), eventstore.ErrNotEmpty)
	}
	return eventstore.BeginCopy(ctx, b.JetStream(), replicas)
}

// CopyFromCluster copies what engines keep on the NATS cluster of the settings, none of which may run, to a
// data directory that is empty or does not exist. All that its ledger says of persons is sealed. If it is
// broken off, no engine starts on the directory, and it begins again when it is called again.
func CopyFromCluster(ctx context.Context, cfg config.Settings) (c Copied, err error) {
	if _, err := os.Stat(cfg.MasterKeyFile); err != nil {
		return c, fmt.Errorf("ENGINE_MASTER_KEY_FILE: %w; it needs the file that the engines of the cluster share", err)
	}
	key, err := vault.Open(cfg.MasterKeyFile)
	if err != nil {
		return c, err
	}
	b, err := bus.Look(clusterOf(cfg))
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, messaging{bus: b}.close()) }()
	source, err := stoppedCluster(ctx, b, cfg.MasterKeyFile)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	erased, err := finishedErasures(ctx, source)
	if err != nil {
		return c, err
	}
	target, err := backup.Begin(cfg.DataDir)
	if err != nil {
		return c, err
	}
	if err := c.fill(ctx, cfg, key, b, source); err != nil {
		return c, fmt.Errorf("copy into %s: %w", cfg.DataDir, err)
	}
	if err := endKeys(cfg.DataDir, key, erased); err != nil {
		return c, err
	}
	return c, target.Finish()
}

// stoppedCluster opens the ledger of a cluster on which no engine runs.
func stoppedCluster(ctx context.Context, b *bus.Bus, masterKey string) (l sealing.ClusterLedger, err error) {
	begun, err := eventstore.IsCopying(ctx, b.JetStream())
	if err != nil {
		return l, err
	}
	if begun {
		return l, fmt.Errorf("the cluster's ledger is half a copy: %w", eventstore.ErrUnfinishedCopy)
	}
	working, err := bus.SnapshotsOf(b).Working(ctx)
	if err != nil {
		return l, err
	}
	if len(working) > 0 {
		return l, errors.New("an engine runs on the cluster: stop all engines there, and run the command again; one that was killed counts for six seconds")
	}
	return sealing.OpenClusterLedger(ctx, b.JetStream(), masterKey)
}

// fill copies everything into the data directory and compares it.
func (c *Copied) fill(ctx context.Context, cfg config.Settings, key *vault.Vault, b *bus.Bus, source sealing.ClusterLedger) (err error) {
	keys, err := sealing.OpenKeys(sealing.Path(cfg.DataDir), key)
	if err != nil {
		return err
	}
	c.Statement, err = eventstore.CopyToFile(ctx, source, ledgerPath(cfg.DataDir), &sealing.Sealer{Keys: keys}, key, time.Now())
	if err = errors.Join(err, keys.Close()); err != nil {
		return err
	}
	if err := keepProof(cfg.DataDir, c.Statement); err != nil {
		return err
	}
	one, err := bus.OpenBare(ctx, bus.Config{Listen: "off", DataDir: cfg.DataDir, Logger: copyLog()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, messaging{bus: one}.close()) }()
	from, to := bus.SnapshotsOf(b), bus.SnapshotsOf(one).WithReplicas(1)
	if err := copyStreams(ctx, from, to, cfg.DataDir); err != nil {
		return err
	}
	ledger, err := sealing.OpenLedger(cfg.DataDir, cfg.MasterKeyFile)
	if err != nil {
		return err
	}
	return errors.Join(c.compare(ctx, ledgers{source, ledger}, key, ends{from, to}), ledger.Close())
}

// copyStreams copies the streams of the bus, those of an earlier copy that was broken off again, and what
// of them was taken in. dir is where a snapshot may stand for a moment, in a file without a name.
func copyStreams(ctx context.Context, from, to bus.Snapshots, dir string) error {
	old, err := to.Present(ctx)
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := to.Remove(ctx, name); err != nil {
			return err
		}
	}
	floors, err := from.Floors(ctx)
	if err != nil {
		return err
	}
	for _, name := range bus.Moved() {
		if err := copyStream(ctx, from, to, name, dir); err != nil {
			return err
		}
	}
	return to.DeliverAfter(ctx, floors)
}

func copyStream(ctx context.Context, from, to bus.Snapshots, name, dir string) (err error) {
	f, err := os.CreateTemp(dir, "copy-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	if err := from.Take(ctx, name, f); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return to.Restore(ctx, name, f)
}

// ledgers are one that is copied and its copy.
type ledgers struct{ was, is eventstore.Source }

// ends are the buses from which and to which streams are copied.
type ends struct{ from, to bus.Snapshots }

// compare reads both sides.
func (c *Copied) compare(ctx context.Context, l ledgers, key eventstore.Signer, of ends) (err error) {
	if c.Ledger, c.Proof, err = eventstore.Compare(ctx, l.was, l.is, key); err != nil {
		return err
	}
	c.Messages = map[string]uint64{}
	for _, name := range bus.Moved() {
		if c.Messages[name], err = of.from.Same(ctx, of.to, name); err != nil {
			return err
		}
	}
	return nil
}

// finishedErasures are the streams whose keys erasures have destroyed. It fails if an erasure is not done.
func finishedErasures(ctx context.Context, ledger eventstore.Source) (streams []string, err error) {
	last, err := ledger.Last(ctx)
	if err != nil || last == 0 {
		return nil, err
	}
	all := map[domain.Stream]domain.Erasure{}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for env, err := range ledger.Tail(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if env.Stream.Kind == domain.KindErasure {
			all[env.Stream] = all[env.Stream].Apply(env.Event, env.At)
		}
		if env.Seq >= last {
			break
		}
	}
	for s, e := range all {
		if e.Next() != "" {
			return nil, fmt.Errorf("erasure %s is not done: start the engine, wait until “erase show” says that it is, and stop it again", s)
		}
		streams = append(streams, e.Found.Keys(s.Firm)...)
	}
	return streams, ctx.Err()
}

// endKeys makes what was erased unreadable in the copy, also what a cluster whose ledger is not sealed was
// told of it later.
func endKeys(dir string, key *vault.Vault, erased []string) error {
	if len(erased) == 0 {
		return nil
	}
	keys, err := sealing.OpenKeys(sealing.Path(dir), key)
	if err != nil {
		return err
	}
	return errors.Join(keys.Destroy(erased...), keys.Close())
}

// CopySettings are the settings of a copy, with the defaults of serve.
func CopySettings(dir, masterKey, url, creds, ca string) config.Settings {
	return config.Settings{DataDir: dir, MasterKeyFile: cmp.Or(masterKey, filepath.Join(dir, masterKeyFile)), NATSURL: url, NATSCreds: creds, NATSCA: ca}
}
