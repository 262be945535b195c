package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/internal/vault"
	"github.com/casehug/smokeball-sync/projections"
)

// folder is the data directory of an engine that does not run. Its checks open what they need
// in the registry's order, and write nothing there.
type folder struct {
	cfg     config.Settings
	fault   error // of the settings
	ledger  *eventstore.Bolt
	views   *projections.Views
	vault   *vault.Vault
	closers closers
}

// Examine runs all checks on an engine that does not run: its settings, and its folder as it is.
func Examine(ctx context.Context, cfg config.Settings) (doctor.Report, error) {
	f := &folder{cfg: cfg}
	f.fault = f.cfg.Check()
	if f.cfg.MasterKeyFile == "" {
		f.cfg.MasterKeyFile = filepath.Join(cfg.DataDir, "master-key.json")
	}
	r := doctor.Report{Version: Version(), At: time.Now().UTC()}
	r.Findings = append([]doctor.Finding{}, f.registry().Run(ctx, doctor.Deep)...)
	return r, f.closers.close()
}

func (f *folder) registry() doctor.Registry {
	ledger := func() eventstore.Store { return f.ledger }
	list := doctor.Registry{
		{Code: doctor.Engine, Look: f.isFree},
		{Code: doctor.Configuration, Look: f.settings},
		{Code: doctor.Files, Look: filesOf(f.cfg)},
		{Code: doctor.Disk, Look: diskOf(f.cfg.DataDir)},
	}
	if f.cfg.NATSURL == "" { // the embedded server starts with the engine
		list = append(list, doctor.Check{Code: doctor.Bus, After: []doctor.Code{doctor.Engine}, Look: f.busFiles})
	} else {
		list = append(list, doctor.Check{Code: doctor.Bus, After: []doctor.Code{doctor.Configuration}, Look: f.busAnswers},
			doctor.Check{Code: doctor.Streams, After: []doctor.Code{doctor.Bus}, Look: f.clusterStreams})
	}
	list = append(list, doctor.Registry{
		{Code: doctor.Keys, After: []doctor.Code{doctor.Engine, doctor.Bus}, Look: f.openKeys},
		{Code: doctor.Messages, After: []doctor.Code{doctor.Engine, doctor.Bus, doctor.Streams, doctor.Keys}, Look: messagesOf(f.messages)},
		{Code: doctor.Ledger, After: []doctor.Code{doctor.Engine, doctor.Keys}, Look: f.readLedger},
		{Code: doctor.Signature, After: []doctor.Code{doctor.Ledger, doctor.Keys}, Look: signatureOf(ledger, f.signer)},
		{Code: doctor.Views, After: []doctor.Code{doctor.Ledger}, Look: f.foldViews},
		{Code: doctor.Erasures, After: []doctor.Code{doctor.Views, doctor.Keys}, Look: f.erasures},
	}...)
	return append(list, f.outsideRegistry()...)
}

// outsideRegistry are the checks of other machines and of firms.
func (f *folder) outsideRegistry() doctor.Registry {
	return doctor.Registry{
		{Code: doctor.Clock, After: []doctor.Code{doctor.Configuration}, Look: func(ctx context.Context) []doctor.Finding { return clockOf(f.cfg, time.Now)(ctx) }},
		{Code: doctor.SignIn, After: []doctor.Code{doctor.Configuration}, Look: signInOf(f.cfg, false)},
		{Code: doctor.Smokeball, After: []doctor.Code{doctor.Configuration}, Look: f.smokeballAnswers},
		{Code: doctor.Connection, After: []doctor.Code{doctor.Views}, Look: connectionsOf(f.statuses)},
		{Code: doctor.Webhooks, After: []doctor.Code{doctor.Views, doctor.Smokeball, doctor.Connection}, Look: webhooksOf(f.statuses)},
		{Code: doctor.DeadLetters, After: []doctor.Code{doctor.Views}, Look: func(ctx context.Context) []doctor.Finding { return deadLettersOf(f.views)(ctx) }},
	}
}

// isFree fails where a process holds the ledger that answered nobody.
func (f *folder) isFree(context.Context) []doctor.Finding {
	l, err := eventstore.OpenBoltDamaged(ledgerPath(f.cfg.DataDir), eventstore.BoltOptions{})
	if err == nil {
		err = l.Close()
	}
	if errors.Is(err, eventstore.ErrHeld) {
		return []doctor.Finding{failed("", "a process holds the ledger and does not answer", "commands can't read the engine's data", "read the engine's log; end that process by its id and start it again", "fuser "+shellWord(ledgerPath(f.cfg.DataDir)))}
	}
	return []doctor.Finding{fine("no engine runs on " + f.cfg.DataDir + "; its folder was read")}
}

func (f *folder) settings(context.Context) (list []doctor.Finding) {
	if f.fault == nil {
		return nil
	}
	for line := range strings.SplitSeq(f.fault.Error(), "\n") {
		name, _, _ := strings.Cut(line, " ")
		list = append(list, failed(name, line, "the engine does not start", "correct the variable; if the engine has it, run this with the engine’s own settings: its environment or --config", "smokeball-sync serve --help"))
	}
	return asWhole(list)
}

// asWhole lets the first of several failures stand for all, so that what depends on it is skipped.
func asWhole(list []doctor.Finding) []doctor.Finding {
	if len(list) > 0 {
		list[0].Subject = ""
	}
	return list
}

// busFiles looks whether an embedded server would start. No server is started before, not on a copy either.
func (f *folder) busFiles(context.Context) (list []doctor.Finding) {
	if _, err := os.Stat(filepath.Join(f.cfg.DataDir, "nats")); err != nil {
		return []doctor.Finding{fine("no server has worked here")}
	}
	key, err := f.busKey()
	if err != nil {
		return []doctor.Finding{fine("its files are not looked at, because the key to them does not open")} // the check of the keys says why
	}
	damaged, err := bus.Config{DataDir: f.cfg.DataDir, Key: key}.Misnumbered()
	if err != nil {
		return []doctor.Finding{failed("", "its files can't be read: "+err.Error(), "the engine may not start", "restore a backup", "smokeball-sync restore BACKUP --data-dir NEW")}
	}
	for _, d := range damaged {
		list = append(list, failed(d.Block, fmt.Sprintf("the number of a message is damaged: it is %d now", d.Number), "the engine does not start: the NATS server fills the row up to that number, for hours",
			"keep a copy of the folder nats of ENGINE_DATA_DIR, remove the index with the command, and start the engine: it reads this file up to the damaged message. Then "+publishAgain+"; connect the firms again that doctor names",
			"rm "+shellWord(filepath.Join(filepath.Dir(d.Block), "index.db"))))
	}
	if len(list) == 0 {
		return []doctor.Finding{fine("the files of its server can be read")}
	}
	return asWhole(list)
}

// busAnswers connects to the cluster.
func (f *folder) busAnswers(context.Context) []doctor.Finding {
	b, err := f.look()
	if err != nil {
		return []doctor.Finding{failed("", err.Error(), "the engine does not start", "check the servers of ENGINE_NATS_URL", "")}
	}
	if err := (messaging{bus: b}).close(); err != nil {
		return []doctor.Finding{failed("", err.Error(), "the engine does not start", "check the servers of ENGINE_NATS_URL", "")}
	}
	return []doctor.Finding{fine("the cluster answers")}
}

func (f *folder) look() (*bus.Bus, error) {
	return bus.Look(bus.Config{URL: f.cfg.NATSURL, Creds: f.cfg.NATSCreds, CA: f.cfg.NATSCA, Logger: slog.New(slog.DiscardHandler)})
}

func (f *folder) clusterStreams(ctx context.Context) []doctor.Finding {
	b, err := f.look()
	if err != nil {
		return []doctor.Finding{failed("", err.Error(), "the engine does not start", "check the servers of ENGINE_NATS_URL", "")}
	}
	defer func() { _ = messaging{bus: b}.close() }() // nothing was written
	return streamsOf(b)(ctx)
}

// openKeys opens what is sealed, if an engine has worked here.
func (f *folder) openKeys(ctx context.Context) []doctor.Finding {
	if _, err := os.Stat(ledgerPath(f.cfg.DataDir)); f.cfg.NATSURL == "" && errors.Is(err, fs.ErrNotExist) {
		return []doctor.Finding{fine("nothing is sealed yet")}
	}
	return keysOf(f.cfg, f.secrets, f.lostKeys)(ctx)
}

// lostKeys reads the data keys of a stopped engine: the file, or the cluster's stream.
func (f *folder) lostKeys(ctx context.Context) (lost int, ok bool, err error) {
	if f.cfg.NATSURL != "" {
		b, err := f.look()
		if err != nil {
			return 0, false, err
		}
		defer func() { _ = messaging{bus: b}.close() }() // nothing was written
		return sealing.LostOnCluster(ctx, b.JetStream(), f.vault)
	}
	if _, err := os.Stat(sealing.Path(f.cfg.DataDir)); errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	keys, err := sealing.OpenKeysReadOnly(sealing.Path(f.cfg.DataDir), f.vault)
	if err != nil {
		return 0, false, err
	}
	lost, err = keys.Lost()
	return lost, true, errors.Join(err, keys.Close())
}

// readLedger opens and reads the ledger. That of a cluster is read by a running engine.
func (f *folder) readLedger(ctx context.Context) []doctor.Finding {
	if f.cfg.NATSURL != "" {
		return []doctor.Finding{{Severity: doctor.Skipped, Found: "on a cluster a running engine reads it: run doctor beside one", Because: []doctor.Code{doctor.Engine}}}
	}
	path := ledgerPath(f.cfg.DataDir)
	if err := checkRestored(f.cfg.DataDir); err != nil {
		return []doctor.Finding{failed("", err.Error(), "the engine does not start", "run the restore into the directory again", "smokeball-sync restore BACKUP --data-dir "+shellWord(f.cfg.DataDir))}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return []doctor.Finding{failed("", path+" does not exist", "no engine has worked here", "name the engine's data directory with --data-dir, or start the engine", "smokeball-sync serve --data-dir "+shellWord(f.cfg.DataDir))}
	}
	pages, endless, err := damagedPages(path)
	if err != nil {
		return []doctor.Finding{damagedLedger(err)}
	}
	saying := func(first string, lines ...string) []doctor.Finding {
		return []doctor.Finding{damagedLedger(errors.New(strings.Join(append([]string{first}, lines...), "\n")))}
	}
	if endless {
		return saying("pages of "+path+" are damaged, and the events can't be read", pages...)
	}
	list := f.readEvents(ctx)
	if doctor.Count(list, doctor.Failed) > 0 {
		return saying(list[0].Found, append(pages, lostEvents(ctx, f.cfg.DataDir, f.cfg.MasterKeyFile)...)...)
	}
	if len(pages) > 0 {
		return saying("pages of "+path+" are damaged, and no event is missing", pages...)
	}
	return list
}

func (f *folder) readEvents(ctx context.Context) []doctor.Finding {
	ledger, err := sealing.OpenLedger(f.cfg.DataDir, f.cfg.MasterKeyFile)
	if err != nil {
		return []doctor.Finding{damagedLedger(err)}
	}
	f.ledger = ledger
	f.closers.add(ledger.Close)
	return ledgerOf(func() eventstore.Store { return ledger }, time.Now)(ctx)
}

// foldViews folds the ledger into views of its own, and compares them with those of the engine, which
// are left alone.
func (f *folder) foldViews(ctx context.Context) (list []doctor.Finding) {
	tmp, err := os.MkdirTemp("", "smokeball-sync-views-*")
	if err == nil {
		f.closers.add(func() error { return os.RemoveAll(tmp) })
		f.views, err = projections.Open(filepath.Join(tmp, "views.db"), &projections.MemoryKeys{})
	}
	if err == nil {
		f.closers.add(f.views.Close)
		list, err = storedViews(ctx, f.cfg.DataDir, f.cfg.MasterKeyFile, f.views, f.ledger)
	}
	if err == nil {
		err = catchUp(ctx, f.views, f.ledger)
	}
	if err != nil {
		return []doctor.Finding{failed("", "the ledger can't be folded: "+err.Error(), "pages and answers can't be made", "run a binary that is not older than the one that wrote the ledger", "smokeball-sync version")}
	}
	return append(list, fine("the ledger can be folded"))
}

func (f *folder) statuses() ([]projections.ConnectionBody, error) {
	return connectionsIn(f.views, projections.ConnectionReader{Rows: currentRowsOf(f.views), Usage: unused{}.Usage, Region: f.cfg.Region, Now: time.Now})
}

func (f *folder) smokeballAnswers(ctx context.Context) []doctor.Finding {
	client, err := smokeball.New(smokeball.Config{Hosts: f.cfg.Parsed.Hosts, ClientID: f.cfg.ClientID, ClientSecret: f.cfg.ClientSecret, APIKey: f.cfg.APIKey,
		Rate: f.cfg.Parsed.Rate, Burst: f.cfg.Parsed.Burst, PrivateApps: f.cfg.Parsed.Private, Store: noTokens{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return []doctor.Finding{failed("", err.Error(), "no firm can sync", "correct the settings", "")}
	}
	defer client.Close()
	return smokeballOf(client)(ctx)
}

// signer is the master key, which the check of keys has opened.
func (f *folder) signer() eventstore.Signer { return f.vault }

// secrets opens what is sealed: in the cluster's bucket, or in a copy of the embedded server's
// files, since a server writes into the folder that it starts on.
func (f *folder) secrets(ctx context.Context) (*secrets.Bucket, error) {
	v, err := vault.Open(f.cfg.MasterKeyFile)
	if err != nil {
		return nil, err
	}
	f.vault = v
	open := func(context.Context) (*bus.Bus, error) { return f.look() }
	if f.cfg.NATSURL == "" {
		open = f.copied
	}
	b, err := open(ctx)
	if err != nil {
		return nil, err
	}
	f.closers.add(func() error { return messaging{bus: b}.close() })
	kv, err := b.KeyValue(ctx, bus.Tokens)
	if err != nil {
		return nil, err
	}
	return secrets.New(v, kv), nil
}

// copied starts a server on a copy of the bucket's files.
func (f *folder) copied(ctx context.Context) (*bus.Bus, error) {
	tmp, err := os.MkdirTemp("", "smokeball-sync-keys-*")
	if err != nil {
		return nil, err
	}
	f.closers.add(func() error { return os.RemoveAll(tmp) })
	key, err := f.busKey()
	if err != nil {
		return nil, err
	}
	if err := bus.CopyBucket(f.cfg.DataDir, tmp, bus.Tokens); err != nil {
		return nil, err
	}
	b, err := bus.Open(ctx, bus.Config{Listen: "off", DataDir: tmp, Key: key, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, copyFault{err, tmp, f.cfg.DataDir}
	}
	return b, nil
}

// copyFault is a fault of a copy, which names the folder that was copied: nobody knows the other one.
type copyFault struct {
	error
	copied, from string
}

func (e copyFault) Error() string { return strings.ReplaceAll(e.error.Error(), e.copied, e.from) }

func (e copyFault) Unwrap() error { return e.error }

// noTokens are the tokens of checks that call for no firm.
type noTokens struct{}

func (noTokens) Load(context.Context, domain.FirmID) (smokeball.Tokens, uint64, error) {
	return smokeball.Tokens{}, 0, smokeball.ErrNoTokens
}

func (noTokens) Save(context.Context, domain.FirmID, smokeball.Tokens, uint64) (uint64, error) {
	return 0, smokeball.ErrNoTokens
}
